package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/llm"
)

// A test binary started with this variable is not a test but a bot: it serves
// events it is given over a socket until it is killed. The variable holds a
// victim.
const victimEnv = "KILL_TEST_VICTIM"

// victim says how a bot that is to be killed is set up.
type victim struct {
	Dir     string // of the embedded store
	Redis   string // or the URL of a shared one
	Outside string // socket of the platform and provider
	Socket  string // where it takes events
}

// quickPace finds the jobs of a dead worker soon, so that a test of many kills
// ends.
func quickPace() intake.Pace {
	return intake.Pace{Slots: 16, Lease: 1500 * time.Millisecond, Beat: 250 * time.Millisecond, Wait: 100 * time.Millisecond, Deliveries: 40, Grace: 5 * time.Second, Close: 5 * time.Second}
}

func victimMain(setup string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var v victim
	err := json.Unmarshal([]byte(setup), &v)
	if err == nil {
		err = v.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "victim:", err)
		os.Exit(3)
	}
}

// openStore opens the store that the victim works on.
func (v victim) openStore(ctx context.Context, log *slog.Logger) (app.Store, error) {
	return app.OpenStore(ctx, config.Config{DataDir: v.Dir, RedisURL: config.NewSecret(v.Redis)}, app.Where{}, log)
}

func (v victim) run(ctx context.Context) (err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 4}))
	store, err := v.openStore(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	out := dial(v.Outside)
	h, err := build(store, caller{slow(out)}, out, clock.System{}, quickPace(), log)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(v.Socket); err != nil {
		return err
	}
	l, err := net.Listen("unix", v.Socket)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: door(h, store)}
	go func() { _ = server.Serve(l) }() // ends with Close
	defer server.Close()                //nolint:errcheck // the process ends
	fmt.Println("ready")
	h.Run(ctx)
	return nil
}

// door takes events over HTTP and says how much work there is.
func door(h *app.House, store app.Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /event", func(w http.ResponseWriter, r *http.Request) {
		var e chat.Event
		err := json.NewDecoder(r.Body).Decode(&e)
		if err == nil {
			err = h.Door.Accept(r.Context(), e)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("POST /backlog", func(w http.ResponseWriter, r *http.Request) {
		b, err := store.Backlog(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(b) // the asker may be gone
	})
	return mux
}

// slow is the simulated engine with a provider's delay, which tells the world
// outside of every call it begins to answer.
func slow(out wire) llm.Client {
	engine := simulated()
	return clientFunc(func(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
		return func(yield func(llm.Chunk, error) bool) {
			if _, err := out.post(ctx, "/call", struct{}{}, nil); err != nil {
				yield(llm.Chunk{}, fmt.Errorf("%w: %w", llm.ErrUnavailable, err))
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(1+rand.IntN(25)) * time.Millisecond):
			}
			engine.Stream(ctx, r)(yield)
		}
	})
}

// bot is a running victim.
type bot struct {
	victim
	cmd  *exec.Cmd
	door wire
}

// start starts a bot and waits until it takes events.
func start(t *testing.T, v victim) *bot {
	t.Helper()
	setup, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+string(setup))
	cmd.Stderr = os.Stderr
	ready, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := ready.Read(make([]byte, 16)); err != nil {
		_ = cmd.Wait() // why it ended is on stderr
		t.Fatalf("the bot did not start: %v", err)
	}
	return &bot{v, cmd, dial(v.Socket)}
}

// end sends a signal and waits for the end; a bot that ended by itself before
// is a failure.
func (b *bot) end(t *testing.T, sig syscall.Signal) {
	t.Helper()
	_ = b.cmd.Process.Signal(sig) // that it was there shows in the state
	_ = b.cmd.Wait()
	if state := b.cmd.ProcessState; sig == syscall.SIGKILL && state.Exited() || sig != syscall.SIGKILL && !state.Success() {
		t.Errorf("the bot ended by itself: %v", state)
	}
	b.door.CloseIdleConnections()
}

func socketIn(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("door-%d", n)) }
