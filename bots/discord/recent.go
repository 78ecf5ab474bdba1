package discord

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
)

// The channels where the bot was asked lately are remembered, so that a new
// process knows where to look for what was said while there was none.

const (
	recentTenant = "discord/gateway"
	recentLife   = 24 * time.Hour
	recentMost   = catchChannels
)

func recentKey(shard int) string { return "recent/" + strconv.Itoa(shard) }

// shardOf is the shard that hears a guild; direct messages are heard by the
// first. https://discord.com/developers/docs/events/gateway#sharding, read 2026-11-23.
func (a *Adapter) shardOf(guildID string) int {
	a.shards.mu.Lock()
	defer a.shards.mu.Unlock()
	return shardOf(guildID, a.shards.total)
}

func shardOf(guildID string, total int) int {
	n, _ := strconv.ParseUint(guildID, 10, 64)
	return int((n >> 22) % uint64(max(total, 1)))
}

// asked notes a channel. Only a channel that is new to the list is written,
// since its place in the list matters little.
func (a *Adapter) asked(ctx context.Context, channelID, guildID string) {
	_, known := a.recent.get(channelID)
	a.recent.put(channelID, guildID)
	if known {
		return
	}
	shard := a.shardOf(guildID)
	list := map[string]string{}
	for _, id := range a.recent.keys() {
		if g, ok := a.recent.get(id); ok && a.shardOf(g) == shard && len(list) < recentMost {
			list[id] = g
		}
	}
	b, err := json.Marshal(list)
	if err == nil {
		err = a.memory.Remember(ctx, recentTenant, recentKey(shard), b, recentLife)
	}
	if err != nil {
		a.log.Warn("discord: a channel in use was not remembered", "err", err)
	}
}

// recall fills in the channels that an earlier holder of the shard remembered.
func (a *Adapter) recall(ctx context.Context, shard int) {
	b, ok, err := a.memory.Recall(ctx, recentTenant, recentKey(shard))
	var list map[string]string
	if err != nil || !ok || json.Unmarshal(b, &list) != nil {
		return
	}
	for id, guildID := range list {
		if _, known := a.recent.get(id); !known {
			a.recent.put(id, guildID)
		}
	}
}
