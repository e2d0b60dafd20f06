package console_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/people"
)

// sse reads server-sent events.
type sse struct {
	t   *testing.T
	in  *bufio.Scanner
	end func()
}

func (b *browser) events(path string, header map[string]string) *sse {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	req, _ := http.NewRequestWithContext(ctx, "GET", b.url+path, nil)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := *b.http
	client.Timeout = 0
	res, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %d", path, res.StatusCode)
	}
	s := &sse{b.t, bufio.NewScanner(res.Body), func() { cancel(); res.Body.Close() }}
	b.t.Cleanup(s.end)
	return s
}

// next returns the next event's name and data, "" at the end of the stream.
func (s *sse) next() (name, data string) {
	for s.in.Scan() {
		switch line := s.in.Text(); {
		case strings.HasPrefix(line, "event: "):
			name = line[7:]
		case strings.HasPrefix(line, "data: "):
			data = line[6:]
		case line == "" && name != "":
			return name, data
		}
	}
	return "", ""
}

func TestEventsReachTheirReadersOnly(t *testing.T) {
	r := newRig(t)
	a, b, op := r.as("anna", people.Merchant, "shop-a"), r.as("bert", people.Merchant, "shop-b"), r.as("boss", people.Operator)
	r.c.Tell(console.Event{Kind: console.Ringing, Call: "early", Line: "shop-a", At: time.Now(), Verdict: alarm()})
	streams := map[string]*sse{"anna": a.events("/v1/events", nil), "bert": b.events("/v1/events", nil), "boss": op.events("/v1/events?line=shop-b", nil)}
	for who, s := range streams {
		name, data := s.next()
		var l console.LiveList
		unmarshal(t, data, &l)
		if want := map[string]int{"anna": 1}[who]; name != "snapshot" || len(l.Items) != want {
			t.Errorf("%s: %s %s", who, name, data)
		}
	}
	at := time.Now()
	for _, line := range []string{"shop-a", "shop-b"} {
		for _, kind := range []console.Kind{console.Judged, console.Ringing, console.Answered, console.Warned, console.Ended} {
			r.c.Tell(console.Event{Kind: kind, Call: "of-" + line, Line: line, At: at, Verdict: alarm(), Outcome: map[bool]string{true: "answered"}[kind == console.Ended]})
		}
	}
	for who, line := range map[string]string{"anna": "shop-a", "bert": "shop-b", "boss": "shop-b"} {
		for _, want := range []string{"started", "verdict", "ringing", "answered", "warning", "ended"} {
			name, data := streams[who].next()
			var e console.LiveEvent
			unmarshal(t, data, &e)
			if name != want || string(e.Kind) != want || e.Call.Line != line {
				t.Fatalf("%s: got %s %s, want %s of %s", who, name, data, want, line)
			}
			if want == "ended" && (e.Call.Outcome != "answered" || e.Call.Warnings != 1) {
				t.Errorf("%+v", e.Call)
			}
		}
	}
	// Logged out: the next event is not handed over, the stream ends.
	if got := a.post("/logout", a.csrf("/account"), map[string][]string{}); got.status != http.StatusSeeOther {
		t.Fatal(got.status)
	}
	r.c.Tell(console.Event{Kind: console.Judged, Call: "late", Line: "shop-a", At: at, Verdict: alarm()})
	if name, data := streams["anna"].next(); name != "" {
		t.Errorf("after logout: %s %s", name, data)
	}
}

func TestStreamsOfOneUserAreBounded(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	for range 8 {
		b.events("/v1/events", nil).next()
	}
	if got := b.get("/v1/events"); got.status != http.StatusTooManyRequests {
		t.Errorf("the ninth: %d", got.status)
	}
}
