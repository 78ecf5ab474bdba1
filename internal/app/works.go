package app

import (
	"context"
	"errors"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/schedule"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// works are the periodic jobs; each runs once per period over all replicas.
func (h *House) works() []schedule.Work {
	works := []schedule.Work{{
		Name: "sweep", Period: schedule.Every(10 * time.Second), Keep: time.Minute, Limit: 30 * time.Second, Do: h.sweep,
	}, {
		Name: "tend", Period: schedule.Daily, Keep: 48 * time.Hour, Limit: 10 * time.Minute, Do: h.tend,
	}}
	if h.keep > 0 {
		works = append(works, schedule.Work{Name: "close-months", Period: schedule.Daily, Keep: 48 * time.Hour, Limit: time.Hour, Do: h.closeMonths})
	}
	return works
}

// sweep closes holds that nobody will close any more.
func (h *House) sweep(ctx context.Context) error {
	s, err := h.store.Sweep(ctx)
	if s.Uncertain > 0 {
		h.log.Warn("calls of unknown outcome were booked at their estimate", "calls", s.Uncertain)
	}
	return err
}

// tend ends the rest of workspaces that left long ago.
func (h *House) tend(ctx context.Context) error {
	purged, err := h.leaver.Tend(ctx)
	for _, tenant := range purged {
		h.log.Info("the books of a removed workspace were purged after their rest", "workspace", tenant)
	}
	return err
}

// closeMonths exports and seals months that are older than the policy keeps.
func (h *House) closeMonths(ctx context.Context) error {
	tenants, err := h.store.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		s, settingsErr := h.Settings.Resolve(ctx, chat.PlaceOf(t), chat.Channel{}, "")
		if settingsErr != nil {
			err = errors.Join(err, settingsErr)
			continue
		}
		closed, closeErr := h.archive.Retain(ctx, h.store, turn.Calendar(&s), t, usage.Retention{Months: h.keep, Dir: h.files})
		err = errors.Join(err, closeErr)
		for _, c := range closed {
			h.log.Info("a month was closed", "workspace", t, "month", c.Month, "entries", c.Entries)
		}
	}
	return err
}
