package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/httpd"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// slackSide answers the adapter's few look-ups in memory: everybody and every
// channel it is asked about is there.
type slackSide struct{}

// RoundTrip implements http.RoundTripper.
func (slackSide) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	body := `{"ok":false,"error":"unknown_method"}`
	switch r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] {
	case "auth.test":
		body = `{"ok":true,"team_id":"T1","user_id":"UBOT","url":"https://acme.slack.com/"}`
	case "users.info":
		body = fmt.Sprintf(`{"ok":true,"user":{"id":%q,"team_id":"T1","name":"ana"}}`, r.Form.Get("user"))
	case "conversations.info":
		body = fmt.Sprintf(`{"ok":true,"channel":{"id":%q,"name":"general","is_member":true,"is_ext_shared":false,"num_members":20}}`, r.Form.Get("channel"))
	case "usergroups.list":
		body = `{"ok":true,"usergroups":[]}`
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// slackDoor puts the Slack adapter's HTTP door before a house and returns where
// it listens.
func slackDoor(b *testing.B, h *House) (url string) {
	b.Helper()
	a, err := slack.New(slack.Config{
		Door: h.Door, Owned: h.Assistant.Owned, FollowUps: h.followUps, BotToken: config.NewSecret("xoxb-bench"),
		SigningSecret: config.NewSecret(slacktest.SigningSecret), Transport: slackSide{},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	at, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- httpd.Serve(ctx, "127.0.0.1:0", a.Handler(), func(a net.Addr) { at <- a }) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	select {
	case a := <-at:
		return "http://" + a.String() + "/slack/events"
	case err := <-ended:
		b.Fatal(err)
		return ""
	}
}

// slackNames is how many people and channels mention us: few enough for Slack's
// own limit of look-ups, which the adapter keeps, and which a day spreads out.
const slackNames = 40

// slackMention is the n-th question as Slack sends it, signed now.
func slackMention(url string, run, n int) (*http.Request, error) {
	e := question(n)
	channel, person := "C"+strconv.Itoa(n%slackNames), "U"+strconv.Itoa(n%slackNames)
	id := strconv.Itoa(run) + "." + strconv.Itoa(n)
	body := fmt.Sprintf(`{"token":"t","team_id":"T1","api_app_id":"A1","type":"event_callback","event_id":"Ev%s","event_time":1795510800,`+
		`"authorizations":[{"team_id":"T1","user_id":"UBOT","is_bot":true}],`+
		`"event":{"type":"app_mention","channel":%q,"user":%q,"ts":"%d.%06d","text":"<@UBOT> %s"}}`,
		id, channel, person, 1_795_510_800+run, n, e.Text)
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Slack-Request-Timestamp", at)
	req.Header.Set("X-Slack-Signature", slacktest.Sign(slacktest.SigningSecret, at, []byte(body)))
	return req, nil
}

// BenchmarkSlack sends mentions to the HTTP door, 500 a second whatever comes
// back, and measures from the request to the 200, which comes when the event is
// durable. With the house at work it measures as well when the first sign of an
// answer stands on the platform, and how much later than the provider's first
// words the person reads them. The PINGs are sent beside the load, so that both
// meet the same machine.
func BenchmarkSlack(b *testing.B) {
	for _, fsync := range []string{redistest.EverySec, redistest.Always} {
		for _, work := range []bool{false, true} {
			b.Run(fmt.Sprintf("fsync=%s/turns=%v", fsync, work), func(b *testing.B) {
				server := redistest.Start(b, fsync)
				p := &provider{first: 20 * time.Millisecond, between: 15 * time.Millisecond}
				r := newRig(b, server.TCP(), p, intake.DefaultPace())
				url := slackDoor(b, r.House)
				if work {
					r.begin()
				}
				client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}}
				defer client.CloseIdleConnections()
				var f figures
				run := 0
				for b.Loop() {
					run++
					f.add(r.knock(b, client, url, server.Addr, run, work))
				}
				f.report(b, work, fsync)
			})
		}
	}
}

// figures are what one or more runs measured.
type figures struct{ acks, pings, signs, tokens, late []time.Duration }

func (f *figures) add(g figures) {
	f.acks, f.pings, f.late = append(f.acks, g.acks...), append(f.pings, g.pings...), append(f.late, g.late...)
	f.signs, f.tokens = append(f.signs, g.signs...), append(f.tokens, g.tokens...)
}

// knock is one run of the load.
func (r *rig) knock(b *testing.B, client *http.Client, url, redis string, run int, work bool) figures {
	l := usualLoad()
	m := r.watch(l.total())
	pings := ping(b, redis)
	late := l.run(func(n int) {
		req, err := slackMention(url, run, n)
		if err != nil {
			b.Error(err)
			return
		}
		m.see(sent, n)
		resp, err := client.Do(req)
		if err != nil {
			b.Error(err)
			return
		}
		m.see(acked, n)
		_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Errorf("status %d", resp.StatusCode)
		}
	})
	f := figures{pings: pings.end(), late: []time.Duration{late}}
	if work {
		m.wait(b)
		f.signs, f.tokens = m.between(l.warm, sent, signed), m.between(l.warm, spoke, shown)
	}
	f.acks = m.between(l.warm, sent, acked)
	return f
}

// report prints the figures, with the bars where the design sets one.
func (f *figures) report(b *testing.B, work bool, fsync string) {
	bar := func(s string) string {
		if fsync == redistest.Always {
			return ""
		}
		return s
	}
	p50, ping := quantile(f.acks, 50), quantile(f.pings, 50)
	report(b, millis(p50), "ack-p50-ms", "")
	report(b, millis(quantile(f.acks, 99)), "ack-p99-ms", bar("≤25"))
	report(b, micros(ping), "ping-p50-µs", "")
	report(b, float64(p50)/float64(max(ping, 1)), "ack-p50-x-ping", bar("≤8"))
	report(b, millis(quantile(f.late, 100)), "late-p99-ms", "")
	b.ReportMetric(0, "ns/op")
	if !work {
		return
	}
	report(b, millis(quantile(f.signs, 99)), "sign-p99-ms", bar("≤1000"))
	report(b, millis(quantile(f.tokens, 50)), "token-p50-ms", "")
	report(b, millis(quantile(f.tokens, 99)), "token-p99-ms", bar("≤50"))
	report(b, float64(len(f.tokens)), "streamed", "")
}
