package httpd

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestHealthSaysWhyAndTheServerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	addr, done := make(chan net.Addr, 1), make(chan error, 1)
	broken := make(chan error, 1)
	go func() {
		done <- Serve(ctx, "127.0.0.1:0", Health(func(context.Context) error {
			select {
			case err := <-broken:
				return err
			default:
				return nil
			}
		}), func(a net.Addr) { addr <- a })
	}()
	base := "http://" + (<-addr).String()
	if code, body := get(t, base+"/healthz"); code != 200 || body != "ok\n" {
		t.Errorf("healthz %d %q", code, body)
	}
	if code, _ := get(t, base+"/readyz"); code != 200 {
		t.Errorf("readyz %d", code)
	}
	broken <- errors.New("the store does not answer")
	if code, body := get(t, base+"/readyz"); code != 503 || !strings.Contains(body, "the store does not answer") {
		t.Errorf("readyz %d %q", code, body)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

func TestABusyPortIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := Serve(context.Background(), l.Addr().String(), http.NotFoundHandler(), nil); err == nil {
		t.Error("no error")
	}
}
