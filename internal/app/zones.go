package app

import (
	"context"
	"time"
)

// adoptZones brings the policy's time zone into force in every workspace that
// set none of its own, once in the life of a process: its policy may be another
// one than that of the process before. It goes on trying while the store cannot
// be reached; until then the zones that were in force go on to hold.
func (h *House) adoptZones(ctx context.Context) {
	done := map[string]bool{}
	for {
		err := h.adoptZonesOf(ctx, done)
		if err == nil || ctx.Err() != nil {
			return
		}
		h.log.Warn("the policy's time zone is not in force everywhere", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Second):
		}
	}
}

func (h *House) adoptZonesOf(ctx context.Context, done map[string]bool) error {
	tenants, err := h.store.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		if done[t] {
			continue
		}
		if err := h.Settings.AdoptZone(ctx, t); err != nil {
			return err
		}
		done[t] = true
	}
	return nil
}
