package calllog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/calllog"
)

var epoch = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// sample is a whole record; n makes it one of many.
func sample(n int) calllog.Record {
	start := epoch.Add(time.Duration(n) * time.Second)
	return calllog.Record{
		Summary: calllog.Summary{ID: fmt.Sprintf("call-%06d", n), Trunk: "carrier", Line: fmt.Sprintf("+86105555%04d", n%7),
			Caller: fmt.Sprintf("+8613800%06d", n%100), CallerName: "银联客服", Start: start, Answered: start.Add(3 * time.Second),
			End: start.Add(time.Minute), Level: calllog.Level(n % 5), Action: "announce", Outcome: "answered", Status: 200,
			EndedBy: "merchant"},
		CallerRaw: fmt.Sprintf("0138-00%06d", n%100), Called: "+861055550000", Screened: true, Institution: "unionpay",
		Reasons:      []calllog.Reason{{Rule: "number.imitation", ZH: "号码模仿 95516", EN: "number imitates 95516"}},
		IndexVersion: "idx-9", RulesVersion: "rules-3",
		Events: []calllog.Event{
			{At: 2 * time.Millisecond, Kind: "verdict", Level: calllog.Warning, Reasons: []calllog.Reason{{Rule: "number.imitation"}}},
			{At: 3100 * time.Millisecond, Kind: "warning", Detail: "announce.imitation"},
			{At: 5 * time.Second, Kind: "key", Detail: "1"},
			{At: time.Minute, Kind: "end", Detail: "200"},
		},
		Media: calllog.Media{Codec: "PCMA", FromCaller: 2800, FromMerchant: 2790, Lost: 3, CallerJitter: 1500 * time.Microsecond},
	}
}

func open(t testing.TB, o calllog.Options) *calllog.Log {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "calls.db")
	}
	if o.Now == nil {
		o.Now = func() time.Time { return epoch }
	}
	l, err := calllog.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// filled is a log with n samples written.
func filled(t testing.TB, n int) *calllog.Log {
	t.Helper()
	path := filepath.Join(t.TempDir(), "calls.db")
	l := open(t, calllog.Options{Path: path, Buffer: n})
	for i := range n {
		l.Keep(sample(i))
	}
	shut(t, l)
	l = open(t, calllog.Options{Path: path})
	t.Cleanup(func() { shut(t, l) })
	return l
}

func shut(t testing.TB, l *calllog.Log) {
	t.Helper()
	// Patience, not speed: instrumented and on a busy machine, writing takes long.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestKeepAndGet(t *testing.T) {
	l := filled(t, 3)
	got, err := l.Get(t.Context(), "call-000001")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(1), got); d != "" {
		t.Errorf("want - got +:\n%s", d)
	}
	if _, err := l.Get(t.Context(), "call-9"); !errors.Is(err, calllog.ErrNotFound) {
		t.Errorf("got %v, want %v", err, calllog.ErrNotFound)
	}
}

func TestSameIDReplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, calllog.Options{})
		go l.Run(t.Context())
		begun := sample(1)
		begun.End, begun.Outcome = time.Time{}, ""
		l.Keep(begun)
		synctest.Wait()
		if got, err := l.Get(t.Context(), begun.ID); err != nil || !got.End.IsZero() {
			t.Errorf("got %+v, %v", got, err)
		}
		l.Keep(sample(1))
		synctest.Wait()
		p, err := l.List(t.Context(), calllog.Filter{})
		if err != nil || len(p.Calls) != 1 || p.Calls[0] != sample(1).Summary {
			t.Errorf("got %+v, %v", p, err)
		}
		shut(t, l)
	})
}

func TestList(t *testing.T) {
	l := filled(t, 210)
	at := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }
	tests := []struct {
		name   string
		filter calllog.Filter
		keep   func(n int) bool
	}{
		{"all", calllog.Filter{}, func(int) bool { return true }},
		{"line", calllog.Filter{Lines: []string{"+861055550003"}}, func(n int) bool { return n%7 == 3 }},
		{"two lines", calllog.Filter{Lines: []string{"+861055550003", "+861055550004", "+1"}}, func(n int) bool { return n%7 == 3 || n%7 == 4 }},
		{"caller", calllog.Filter{Caller: "+8613800000042"}, func(n int) bool { return n%100 == 42 }},
		{"period", calllog.Filter{Since: at(100), Until: at(200)}, func(n int) bool { return n >= 100 && n < 200 }},
		{"clear or more", calllog.Filter{AtLeast: calllog.Clear}, func(n int) bool { return n%5 >= 1 }},
		{"notice or more", calllog.Filter{AtLeast: calllog.Notice}, func(n int) bool { return n%5 >= 2 }},
		{"alarm", calllog.Filter{AtLeast: calllog.Alarm}, func(n int) bool { return n%5 == 4 }},
		{"everything at once", calllog.Filter{Lines: []string{"+861055550003"}, AtLeast: calllog.Warning, Since: at(50), Until: at(200),
			Caller: "+8613800000059"}, func(n int) bool { return n%7 == 3 && n%5 >= 3 && n >= 50 && n < 200 && n%100 == 59 }},
		{"none", calllog.Filter{Caller: "' OR 1=1 --"}, func(int) bool { return false }},
	}
	for _, tt := range tests {
		for _, limit := range []int{0, 7, 5000} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, limit), func(t *testing.T) {
				want := []calllog.Summary{}
				for n := 209; n >= 0; n-- {
					if tt.keep(n) {
						want = append(want, sample(n).Summary)
					}
				}
				f := tt.filter
				f.Limit = limit
				got := []calllog.Summary{}
				for range 1 + len(want) {
					p, err := l.List(t.Context(), f)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, p.Calls...)
					if f.Cursor = p.Next; f.Cursor == "" {
						break
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("want - got +:\n%s", d)
				}
			})
		}
	}
}

// TestNoQueryReadsEverything: what lists select by has an index, and the order needs no sorting.
func TestNoQueryReadsEverything(t *testing.T) {
	l := filled(t, 10)
	for index, f := range map[string]calllog.Filter{
		"calls_start":  {Since: epoch},
		"calls_line":   {Lines: []string{"+861055550003"}},
		"calls_caller": {Caller: "+8613800000042"},
		"calls_doubt":  {AtLeast: calllog.Alarm},
	} {
		plan := l.Plan(t, f)
		if !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%+v: want %s, got plan %s", f, index, plan)
		}
	}
}

func TestListRefuses(t *testing.T) {
	l := filled(t, 1)
	for _, cursor := range []string{"x", "1", "1.", ".1", "1.2.3", "-.-", "'.'", strings.Repeat("z", 99) + ".1"} {
		if _, err := l.List(t.Context(), calllog.Filter{Cursor: cursor}); !errors.Is(err, calllog.ErrCursor) {
			t.Errorf("%q: got %v, want %v", cursor, err, calllog.ErrCursor)
		}
	}
	if _, err := l.List(t.Context(), calllog.Filter{Lines: make([]string, 501)}); err == nil {
		t.Error("got no error for 501 lines")
	}
}

func TestStats(t *testing.T) {
	l := filled(t, 100)
	got, err := l.Stats(t.Context(), calllog.Filter{Until: epoch.Add(50 * time.Second)})
	want := calllog.Stats{Calls: 50, ByLevel: map[calllog.Level]int{0: 10, 1: 10, 2: 10, 3: 10, 4: 10},
		ByAction: map[string]int{"announce": 50}, ByOutcome: map[string]int{"answered": 50}}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v, want - got +:\n%s", err, d)
	}
}

func TestExport(t *testing.T) {
	l := filled(t, 30)
	var plain, hashed, again strings.Builder
	key := []byte("0123456789abcdef")
	if n, err := l.Export(t.Context(), &plain, calllog.Filter{}, nil); err != nil || n != 30 || !strings.Contains(plain.String(), "+8613800000003") {
		t.Errorf("got %d, %v\n%s", n, err, plain.String())
	}
	if n, err := l.Export(t.Context(), &hashed, calllog.Filter{AtLeast: calllog.Notice}, key); err != nil || n != 18 {
		t.Errorf("got %d, %v", n, err)
	}
	// Digits of a number may turn up in a hash by chance; with a separator or in a whole they may not.
	for _, secret := range []string{"+86", "13800", "0138-", "5555000", "银联", "95516", "imitates", "announce.imitation"} {
		if strings.Contains(hashed.String(), secret) {
			t.Errorf("%q is in the hashed export:\n%s", secret, hashed.String())
		}
	}
	l.Export(t.Context(), &again, calllog.Filter{AtLeast: calllog.Notice}, []byte("another key of 26 octets.."))
	if hashed.String() == again.String() {
		t.Error("two keys give the same hashes")
	}
	if _, err := l.Export(t.Context(), &again, calllog.Filter{}, []byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}

// lineCounter is a slog handler that keeps the messages.
type lineCounter struct {
	slog.Handler
	mu    *sync.Mutex
	lines *[]string
}

func newLines() (*slog.Logger, func() []string) {
	c := lineCounter{slog.DiscardHandler, &sync.Mutex{}, &[]string{}}
	return slog.New(c), func() []string {
		c.mu.Lock()
		defer c.mu.Unlock()
		return append([]string{}, *c.lines...)
	}
}

func (c lineCounter) Enabled(context.Context, slog.Level) bool { return true }

func (c lineCounter) Handle(_ context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.lines = append(*c.lines, r.Message)
	return nil
}

// lock takes the file's write lock in another connection and returns what lets it go.
func lock(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(context.Background())
	if err == nil {
		_, err = c.ExecContext(context.Background(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := c.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
		c.Close()
		db.Close()
	}
}
