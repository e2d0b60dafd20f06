package calllog_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ringward/calllog"
)

// TestFlippedBytes: whatever is wrong with the file, opening, reading, writing and closing come to an end, and nothing
// is said to be written that was not taken.
func TestFlippedBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	l := open(t, calllog.Options{Path: path})
	for i := range 300 {
		l.Keep(sample(i))
	}
	shut(t, l)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 40 {
		bad := append([]byte{}, good...)
		for range 100 {
			bad[random.IntN(len(bad))] ^= byte(1 << random.IntN(8))
		}
		path := filepath.Join(t.TempDir(), "calls.db")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := calllog.Open(calllog.Options{Path: path})
		if err != nil {
			refused++
			continue
		}
		use(t, l)
	}
	if refused < 20 {
		t.Errorf("only %d of 40 damaged files were noticed at once", refused)
	}
}

// use does everything with a log that may be damaged.
func use(t *testing.T, l *calllog.Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	l.List(ctx, calllog.Filter{Limit: 1000})
	l.Stats(ctx, calllog.Filter{})
	for i := range 300 {
		l.Get(ctx, sample(i).ID)
	}
	l.Keep(sample(1000))
	err := l.Close(ctx)
	if c := l.Counters(); c.Written+c.Dropped != 1 || (c.Dropped == 1) != (err != nil) {
		t.Errorf("got %+v, %v", c, err)
	}
}
