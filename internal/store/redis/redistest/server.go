// Package redistest runs a private redis-server for a test: on a unix socket and
// a free loopback port, in a directory of its own, with the fsync mode the test chose. It can be stopped,
// killed as by kill -9, and started again over the same data. Tests skip, and
// say so, where no redis-server is installed. It is for tests only and never
// touches a server it did not start.
package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The fsync modes of a server. Off writes no append-only file at all.
const (
	Always   = "always"
	EverySec = "everysec"
	Off      = "off"
)

// Server is a redis-server that a test owns.
type Server struct {
	Socket string // path of its unix socket
	Addr   string // host:port on the loopback interface
	dir    string
	args   []string
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start starts a server with an empty data directory and stops it when the test
// ends. More lines of configuration may follow, as "--key", "value".
func Start(tb testing.TB, fsync string, more ...string) *Server {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		tb.Skip("redis-server is not installed; apt-get install redis-server runs this test")
	}
	// Not tb.TempDir: the path of a unix socket must be shorter than 108 bytes.
	dir, err := os.MkdirTemp("", "tw-redis-")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{dir: dir, Socket: filepath.Join(dir, "s"), Addr: freeAddr(tb)}
	_, port, _ := net.SplitHostPort(s.Addr) // freeAddr made it
	s.args = []string{"--bind", "127.0.0.1", "--port", port, "--unixsocket", s.Socket, "--dir", dir, "--save", "", "--repl-diskless-sync-delay", "0", "--loglevel", "warning", "--logfile", filepath.Join(dir, "log")}
	if fsync != Off {
		// A half-written transaction at the end must be cut off whole. Only
		// redis-check-aof does that, so Run calls it and the server must not try.
		s.args = append(s.args, "--appendonly", "yes", "--appendfsync", fsync, "--aof-load-truncated", "no")
	}
	s.args = append(s.args, more...)
	tb.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(dir); err != nil {
			tb.Log(err)
		}
	})
	if err := s.Run(); err != nil {
		tb.Fatal(err)
	}
	return s
}

// Replica starts a replica of a server, without a log of its own, and waits
// until it has copied everything.
func (s *Server) Replica(tb testing.TB) *Server {
	tb.Helper()
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		tb.Fatal(err)
	}
	r := Start(tb, Off, "--replicaof", host, port)
	for deadline := time.Now().Add(30 * time.Second); ; {
		line, err := s.say("WAIT 1 1000")
		if err == nil && line == ":1\r\n" {
			return r
		}
		if time.Now().After(deadline) {
			tb.Fatalf("redistest: the replica does not follow: %q, %v", line, err)
		}
	}
}

// freeAddr finds a port that nobody listens on now.
func freeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// URL is where the server is, for redis.Open.
func (s *Server) URL() string { return "unix://" + s.Socket }

// TCP is the same server over the loopback interface.
func (s *Server) TCP() string { return "redis://" + s.Addr }

// Run starts the server again over the same data, as an operator should: after
// redis-check-aof has cut off what the last write left half done. It waits until
// the server answers.
func (s *Server) Run() error {
	if err := s.fix(); err != nil {
		return err
	}
	return s.RunAsIs()
}

// fix cuts a half-written end off the append-only file, if there is one.
func (s *Server) fix() error {
	manifest := filepath.Join(s.dir, logDir, "appendonly.aof.manifest")
	if _, err := os.Stat(manifest); err != nil {
		return nil // nothing was written yet
	}
	check := exec.Command("redis-check-aof", "--fix", manifest)
	check.Stdin = strings.NewReader("y\n")
	if out, err := check.CombinedOutput(); err != nil {
		return fmt.Errorf("redistest: redis-check-aof: %w: %s", err, out)
	}
	return nil
}

// Log is the file that grows with every write, for tests that damage it.
func (s *Server) Log(tb testing.TB) string {
	tb.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, logDir, "*.incr.aof"))
	if err != nil || len(found) != 1 {
		tb.Fatalf("redistest: append-only files %v, %v", found, err)
	}
	return found[0]
}

// logDir is where a server keeps its append-only files.
const logDir = "appendonlydir"

// Copy copies what is on disk now, as a backup does, and returns where it is.
func (s *Server) Copy(tb testing.TB) string {
	tb.Helper()
	to := filepath.Join(tb.TempDir(), logDir)
	for deadline := time.Now().Add(30 * time.Second); ; {
		before := s.manifest(tb)
		err := errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(filepath.Join(s.dir, logDir))))
		if err == nil && before == s.manifest(tb) {
			return to
		}
		if time.Now().After(deadline) { // the log is rewritten all the time
			tb.Fatalf("redistest: copy: %v", err)
		}
	}
}

func (s *Server) manifest(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, logDir, "appendonly.aof.manifest"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// PutBack puts a copy in the place of the data of a server that is not running.
func (s *Server) PutBack(tb testing.TB, from string) {
	tb.Helper()
	data := filepath.Join(s.dir, logDir)
	if err := errors.Join(os.RemoveAll(data), os.CopyFS(data, os.DirFS(from))); err != nil {
		tb.Fatal(err)
	}
}

// RunAsIs is Run without redis-check-aof.
func (s *Server) RunAsIs() error {
	s.cmd = exec.Command("redis-server", s.args...)
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("redistest: start: %w", err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // a killed server reports the signal
		close(exited)
	}(s.cmd)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for !s.ready() {
		select {
		case <-exited:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("redistest: redis-server ended at once: %s", log)
		case <-ctx.Done():
			return errors.New("redistest: redis-server does not answer")
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// ready reports whether the server answers a PING, which it does when its data
// is loaded.
func (s *Server) ready() bool {
	line, err := s.say("PING")
	return err == nil && line == "+PONG\r\n"
}

// Kill ends the server as kill -9 does and waits until it is gone. A server
// that is not running is left alone.
func (s *Server) Kill() { s.signal(syscall.SIGKILL) }

// Stop ends the server as an operator would.
func (s *Server) Stop() { s.signal(syscall.SIGTERM) }

func (s *Server) signal(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig) // gone already is as good
	<-s.exited
	s.cmd = nil
}

// Flush empties the server.
func (s *Server) Flush(tb testing.TB) {
	tb.Helper()
	if line, err := s.say("FLUSHALL"); err != nil || line != "+OK\r\n" {
		tb.Fatalf("redistest: flush: %q, %v", line, err)
	}
}

// Cluster gives all slots to a server that was started with --cluster-enabled
// yes, and waits until it serves them.
func (s *Server) Cluster(tb testing.TB) {
	tb.Helper()
	if line, err := s.say("CLUSTER ADDSLOTSRANGE 0 16383"); err != nil || line != "+OK\r\n" {
		tb.Fatalf("redistest: cluster: %q, %v", line, err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		line, err := s.say("EXISTS k")
		if err == nil && line == ":0\r\n" {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("redistest: the cluster does not serve: %q, %v", line, err)
		}
	}
}

// say sends one command over a connection of its own and returns the first line
// of the answer.
func (s *Server) say(command string) (string, error) {
	c, err := net.DialTimeout("unix", s.Socket, time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}
