package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/store/sqlite"
)

// A bot that still writes into the data directory keeps its store from being
// copied: what it writes meanwhile would be missing in the copy.
func TestMigrateRefusesARunningWriter(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	cfg := config.Config{
		RedisURL: config.NewSecret(server.URL()), SecretKey: config.NewSecret("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
		DataDir: t.TempDir(), WorkspaceList: "*",
	}
	running, err := sqlite.Open(t.Context(), file(cfg, false), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Migrate(context.Background(), cfg, slog.New(slog.DiscardHandler))
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Misconfigured || !strings.Contains(f.Say, "another tierwise is running") {
		t.Errorf("beside a running bot: %v", err)
	}
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Migrate(context.Background(), cfg, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("after it was stopped: %v", err)
	}
}
