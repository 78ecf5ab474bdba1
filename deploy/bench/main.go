// Command bench starts the binary as an operator does and prints how long it is
// until it says that it is ready, what memory it has when nothing happens, and
// how large it is, each beside its bar. It starts the bot on the embedded store
// with a Slack that is never asked anything, in a folder that is gone afterwards,
// and stops it as an operator would. It changes nothing else and reaches nothing
// but the loopback interface.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// starts is how often the bot is started; the median is printed.
const starts = 5

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bench BINARY")
		os.Exit(2)
	}
	if err := measure(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(1)
	}
}

func measure(binary string) error {
	file, err := os.Stat(binary)
	if err != nil {
		return err
	}
	var ready []time.Duration
	var idle []int64
	for range starts {
		d, kib, err := start(binary)
		if err != nil {
			return err
		}
		ready, idle = append(ready, d), append(idle, kib)
	}
	slices.Sort(ready)
	slices.Sort(idle)
	fmt.Printf("start to ready   %6d ms   (bar 500)\n", ready[starts/2].Milliseconds())
	fmt.Printf("idle, resident   %6.1f MB   (bar 60)\n", float64(idle[starts/2])*1024/1e6)
	fmt.Printf("binary           %6.1f MB   (bar 50)\n", float64(file.Size())/1e6)
	return nil
}

// start runs the bot until it is ready and quiet, and returns how long the first
// took and how much memory is resident then, in KiB.
func start(binary string) (ready time.Duration, resident int64, err error) {
	dir, err := os.MkdirTemp("", "tierwise-bench-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's temporary ones
	webhooks, err := free()
	if err != nil {
		return 0, 0, err
	}
	health, err := free()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.Command(binary, "serve")
	cmd.Env = []string{
		"HOME=" + dir, "TZ=UTC", "TIERWISE_DATA_DIR=" + dir, "TIERWISE_ADDR=" + webhooks, "TIERWISE_METRICS_ADDR=" + health,
		"SLACK_BOT_TOKEN=xoxb-bench", "SLACK_SIGNING_SECRET=bench", "SLACK_API_URL=http://127.0.0.1:1/api/",
	}
	var said strings.Builder
	cmd.Stderr = &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		stopped := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
		if err == nil && stopped != nil {
			err = fmt.Errorf("it did not end well: %w\n%s", stopped, said.String())
		}
	}()
	if err := untilReady("http://" + health + "/readyz"); err != nil {
		return 0, 0, fmt.Errorf("%w\n%s", err, said.String())
	}
	ready = time.Since(begun)
	time.Sleep(time.Second) // what a start leaves behind is given back
	resident, err = memoryOf(cmd.Process.Pid)
	return ready, resident, err
}

// free is an address of the loopback interface that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// untilReady asks until the answer is yes.
func untilReady(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.New("it was not ready within 20 s")
}

// memoryOf is what the system counts as resident of a process, in KiB.
func memoryOf(pid int) (int64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(status), "VmRSS:")
	if !found {
		return 0, errors.New("the system does not tell the resident memory")
	}
	return strconv.ParseInt(strings.Fields(after)[0], 10, 64)
}
