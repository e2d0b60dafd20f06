package calllog_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringward/calllog"
)

const failed, again = "call log not written, calls go on", "call log written again"

func TestLockedFileIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "calls.db")
		logger, said := newLines()
		l := open(t, calllog.Options{Path: path, Log: logger, Now: time.Now, Buffer: 100})
		release := lock(t, path)
		go l.Run(t.Context())
		for i := range 130 {
			if kept := l.Keep(sample(i)); kept != (i < 100) {
				t.Fatalf("record %d: kept %v", i, kept)
			}
		}
		time.Sleep(150 * time.Second) // three lines in as many minutes, whatever the number of attempts
		synctest.Wait()
		c := l.Counters()
		if c.Waiting != 100 || c.Dropped != 30 || c.Written != 0 || c.Failing == nil {
			t.Errorf("got %+v", c)
		}
		if got := said(); !slices.Equal(got, []string{failed, failed, failed}) {
			t.Errorf("got lines %q", got)
		}
		release()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if c := l.Counters(); c.Waiting != 0 || c.Written != 100 || c.Failing != nil {
			t.Errorf("got %+v", c)
		}
		if got := said(); len(got) != 4 || got[3] != again {
			t.Errorf("got lines %q", got)
		}
		shut(t, l)
	})
}

func TestLockedFileAtClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "calls.db")
		l := open(t, calllog.Options{Path: path})
		release := lock(t, path)
		defer release()
		go l.Run(t.Context())
		l.Keep(sample(1))
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := l.Close(ctx); !errors.Is(err, calllog.ErrLost) {
			t.Errorf("got %v, want %v", err, calllog.ErrLost)
		}
		if took := time.Since(begin); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("closed after %v, want about 2 s", took)
		}
		if l.Keep(sample(2)) || l.Counters().Dropped != 2 {
			t.Errorf("got %+v", l.Counters())
		}
		if err := l.Close(ctx); !errors.Is(err, calllog.ErrClosed) {
			t.Errorf("got %v, want %v", err, calllog.ErrClosed)
		}
		if err := l.Run(ctx); !errors.Is(err, calllog.ErrClosed) {
			t.Errorf("got %v, want %v", err, calllog.ErrClosed)
		}
	})
}

func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger, said := newLines()
		l := open(t, calllog.Options{Log: logger})
		l.LimitPages(40)
		go l.Run(t.Context())
		for i := range 1000 {
			if !l.Keep(sample(i)) {
				t.Fatal("dropped although the buffer has room")
			}
		}
		synctest.Wait()
		c := l.Counters()
		if c.Failing == nil || !strings.Contains(c.Failing.Error(), "full") || c.Waiting == 0 || c.Dropped != 0 {
			t.Errorf("got %+v", c)
		}
		l.LimitPages(1 << 20)
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := l.Counters(); c.Written != 1000 || c.Waiting != 0 || c.Failing != nil {
			t.Errorf("got %+v", c)
		}
		if got := said(); !slices.Equal(got, []string{failed, again}) {
			t.Errorf("got lines %q", got)
		}
		shut(t, l)
	})
}

// TestOnlyTheBadRecordIsRefused: one record that cannot be written holds none of the others up.
func TestOnlyTheBadRecordIsRefused(t *testing.T) {
	l := open(t, calllog.Options{})
	for i := range 300 {
		r := sample(i)
		switch i {
		case 77:
			r.ID = ""
		case 200:
			r.Start = time.Time{}
		}
		l.Keep(r)
	}
	shut(t, l)
	if c := l.Counters(); c.Written != 298 || c.Refused != 2 || c.Dropped != 0 {
		t.Errorf("got %+v", c)
	}
}

func TestRecordsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, calllog.Options{})
		go l.Run(t.Context())
		r := sample(1)
		r.CallerName = strings.Repeat("银", 500) + "\x00\r\n"
		r.CallerRaw = "a\r\nb\x1b[31m\xff"
		for range 5000 {
			r.Events = append(r.Events, calllog.Event{Kind: "x", Reasons: slices.Repeat([]calllog.Reason{{Rule: "r", ZH: strings.Repeat("字", 2000)}}, 50)})
		}
		l.Keep(r)
		synctest.Wait()
		got, err := l.Get(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.CallerName) > 256 || strings.Trim(got.CallerName, "银") != "" || got.CallerRaw != "a  b [31m" {
			t.Errorf("got name %q, raw %q", got.CallerName, got.CallerRaw)
		}
		if n := len(got.Events); n == 0 || n > 500 || got.Cut != 5004-n {
			t.Errorf("got %d events, %d cut, of 5004", n, got.Cut)
		}
		if len(r.Events) != 5004 {
			t.Error("the record itself was changed")
		}
		shut(t, l)
	})
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, calllog.Options{Now: time.Now, Retention: 48 * time.Hour, PruneEvery: time.Hour})
		go l.Run(t.Context())
		begin := time.Now()
		for i := range 1300 { // more than two batches of deletion
			r := sample(i)
			r.Start = begin
			l.Keep(r)
		}
		r := sample(2000)
		r.Start = begin.Add(90 * time.Minute)
		l.Keep(r)
		time.Sleep(47 * time.Hour)
		synctest.Wait()
		if c := l.Counters(); c.Pruned != 0 || c.Written != 1301 {
			t.Errorf("after 47 h: got %+v", c)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if c := l.Counters(); c.Pruned != 1300 {
			t.Errorf("after 49 h: got %+v", c)
		}
		p, err := l.List(t.Context(), calllog.Filter{})
		if err != nil || len(p.Calls) != 1 || p.Calls[0].ID != r.ID {
			t.Errorf("got %+v, %v", p, err)
		}
		if n := l.FreePages(); n != 0 {
			t.Errorf("%d pages were not given back", n)
		}
		shut(t, l)
	})
}

func TestTenThousandCalls(t *testing.T) {
	before := runtime.NumGoroutine()
	path := filepath.Join(t.TempDir(), "calls.db")
	l := open(t, calllog.Options{Path: path})
	ended := make(chan error)
	go func() { ended <- l.Run(context.Background()) }()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := g; i < 10_000; i += 8 {
				l.Keep(sample(i))
				if i%1000 == 0 {
					l.List(t.Context(), calllog.Filter{Lines: []string{"+861055550003"}})
					l.Stats(t.Context(), calllog.Filter{})
				}
			}
		})
	}
	wg.Wait()
	shut(t, l)
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if c := l.Counters(); c.Written != 10_000 || c.Dropped != 0 {
		t.Errorf("got %+v", c)
	}
	for i := 0; runtime.NumGoroutine() > before && i < 1_000_000; i++ { // the last ones are on their way out
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines left of %d", n, before)
	}
	l = open(t, calllog.Options{Path: path})
	defer shut(t, l)
	if s, err := l.Stats(t.Context(), calllog.Filter{}); err != nil || s.Calls != 10_000 {
		t.Errorf("got %+v, %v", s, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file for its owner only", info.Mode(), err)
	}
}

func TestOpenRefuses(t *testing.T) {
	good := func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "calls.db")
		l := open(t, calllog.Options{Path: path})
		for i := range 500 {
			l.Keep(sample(i))
		}
		shut(t, l)
		return path
	}
	write := func(text string) func(*testing.T) string {
		return func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "calls.db")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	change := func(f func([]byte) []byte) func(*testing.T) string {
		return func(t *testing.T) string {
			path := good(t)
			b, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, f(b), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	pragma := func(statements ...string) func(*testing.T) string {
		return func(t *testing.T) string {
			path := good(t)
			calllog.Edit(t, path, statements...)
			return path
		}
	}
	tests := []struct {
		name string
		path func(*testing.T) string
		want error
		text string
	}{
		{"text", write(strings.Repeat("not a database\n", 100)), calllog.ErrDamaged, "move the file away"},
		{"cut in the middle", change(func(b []byte) []byte { return b[:len(b)/2+100] }), calllog.ErrDamaged, "move the file away"},
		{"header gone", change(func(b []byte) []byte { clear(b[:200]); return b }), calllog.ErrDamaged, "move the file away"},
		{"pages overwritten", change(func(b []byte) []byte { copy(b[20*4096:], make([]byte, 4096)); return b }), calllog.ErrDamaged, "move the file away"},
		{"another program's", pragma("PRAGMA application_id = 7"), calllog.ErrDamaged, "another program"},
		{"another program's without an id", pragma("PRAGMA application_id = 0", "PRAGMA user_version = 0"), calllog.ErrDamaged, "another program"},
		{"newer", pragma("PRAGMA user_version = 2"), calllog.ErrNewer, "schema 2"},
		{"no such folder", func(t *testing.T) string { return filepath.Join(t.TempDir(), "no", "calls.db") }, os.ErrNotExist, "open call log"},
		{"a folder", func(t *testing.T) string { return t.TempDir() }, nil, "open call log"},
		{"no path", func(*testing.T) string { return "" }, nil, "not a path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := calllog.Open(calllog.Options{Path: tt.path(t)})
			if err == nil {
				l.Close(t.Context())
				t.Fatal("got no error")
			}
			if tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
}
