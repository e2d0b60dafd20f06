package numberdb_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"ringward/numberdb"
	"ringward/speech/fingerprint"
)

// babble is d seconds of noise that changes 20 times a second: no two seeds are
// alike.
func babble(seed uint64, seconds int) []int16 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	pcm := make([]int16, seconds*fingerprint.SampleRate)
	a, b, gain := 0.0, 0.0, 0.0
	var x1, x2 float64
	for i := range pcm {
		if i%400 == 0 {
			a, b, gain = 1.6*rnd.Float64()-0.8, -0.3-0.6*rnd.Float64(), 400+3000*rnd.Float64()
		}
		x := rnd.NormFloat64() + a*x1 + b*x2
		x1, x2 = x, x1
		pcm[i] = int16(max(-32000, min(32000, gain*x)))
	}
	return pcm
}

func recordingOf(title string, pcm []int16) numberdb.Recording {
	return numberdb.Recording{Title: title, Language: "en", Campaign: "pos-freeze", Source: "test", Fingerprint: fingerprint.NewRecording(pcm).Encode()}
}

func strict(t *testing.T, pcm []int16, ix *fingerprint.Index) fingerprint.ID {
	t.Helper()
	for _, h := range fingerprint.Find(pcm, ix) {
		if h.Strength == fingerprint.Strict {
			return h.ID
		}
	}
	return 0
}

func TestARecordingIsServedUntilItIsRetired(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "numbers.db")
	db, err := numberdb.Open(file, numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ann := numberdb.Edit{Author: "ann", Reason: "a merchant sent it"}
	sound := babble(1, 12)
	id, err := db.PutRecording(ctx, ann, recordingOf("freeze call", sound))
	if err != nil {
		t.Fatal(err)
	}
	before := db.Recordings()
	if got := strict(t, sound[8000:], before.Scams); got != fingerprint.ID(id) {
		t.Errorf("got recording %d, want %d", got, id)
	}
	info, ok := before.Info(fingerprint.ID(id))
	if !ok || info.Title != "freeze call" || info.Seconds < 11 || info.Status != numberdb.Draft || info.Fingerprint != nil {
		t.Errorf("got %+v %v", info, ok)
	}
	again, err := db.PutRecording(ctx, ann, recordingOf("freeze call", sound))
	if err != nil || again != id || db.Recordings() != before {
		t.Errorf("added again: %d %v, want the same record and nothing changed", again, err)
	}
	if err := db.Approve(ctx, numberdb.Edit{Author: "bob", Reason: "heard it"}, numberdb.Recordings, strconv.FormatInt(id, 10)); err != nil {
		t.Fatal(err)
	}
	if info, _ := db.Recordings().Info(fingerprint.ID(id)); info.Status != numberdb.Verified {
		t.Errorf("status %q after approval", info.Status)
	}
	if err := db.Retire(ctx, ann, numberdb.Recordings, strconv.FormatInt(id, 10)); err != nil {
		t.Fatal(err)
	}
	if n := db.Recordings().Len(); n != 0 {
		t.Errorf("%d recordings after it was retired", n)
	}
	if before.Scams.Len() != 1 {
		t.Error("a running call lost the set that it began with")
	}
	report, err := db.Verify(ctx)
	if err != nil || !report.OK() {
		t.Errorf("got %+v %v", report, err)
	}
}

func TestAnotherProcessLearnsOfARecording(t *testing.T) {
	file := filepath.Join(t.TempDir(), "numbers.db")
	a, b := open(t, file, numberdb.Options{}), open(t, file, numberdb.Options{})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	if _, err := b.PutRecording(t.Context(), alice, recordingOf("freeze call", babble(6, 6))); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return a.Recordings().Len() == 1 })
	stop()
	ok(t, <-done)
}

func TestACommonRecordingIsNoScam(t *testing.T) {
	db, err := numberdb.Open(filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := recordingOf("greeting of a bank", babble(2, 8))
	r.Kind = numberdb.CommonRecording
	if _, err := db.PutRecording(t.Context(), numberdb.Edit{Author: "ann", Reason: "r"}, r); err != nil {
		t.Fatal(err)
	}
	if set := db.Recordings(); set.Scams.Len() != 0 || set.Common.Len() != 1 {
		t.Errorf("got %d scams and %d common", set.Scams.Len(), set.Common.Len())
	}
}

func TestRecordingsGoOutAndComeBack(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	from, err := numberdb.Open(filepath.Join(dir, "from.db"), numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	ann := numberdb.Edit{Author: "ann", Reason: "r"}
	for i := range 20 {
		if _, err := from.PutRecording(ctx, ann, recordingOf("r"+strconv.Itoa(i), babble(uint64(10+i), 6))); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if n, err := from.Export(ctx, &out, numberdb.Recordings, "jsonl"); err != nil || n != 20 {
		t.Fatalf("exported %d, %v", n, err)
	}
	to := filepath.Join(dir, "to.db")
	db, err := numberdb.Open(to, numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := db.Import(ctx, ann, &out, numberdb.ImportOptions{Name: "from elsewhere", Entity: numberdb.Recordings, Format: "jsonl"})
	if err != nil || report.Added != 20 || db.Recordings().Len() != 20 {
		t.Errorf("got %+v %v, %d served", report, err, db.Recordings().Len())
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = numberdb.Open(to, numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if id := strict(t, babble(17, 6), db.Recordings().Scams); id != 8 {
		t.Errorf("got recording %d after the file was opened again, want 8", id)
	}
}

func TestBadRecordingsAreRefused(t *testing.T) {
	db, err := numberdb.Open(filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	good := recordingOf("a", babble(3, 6))
	for name, change := range map[string]func(*numberdb.Recording){
		"no title":            func(r *numberdb.Recording) { r.Title = "" },
		"unknown kind":        func(r *numberdb.Recording) { r.Kind = "music" },
		"no fingerprint":      func(r *numberdb.Recording) { r.Fingerprint = nil },
		"damaged fingerprint": func(r *numberdb.Recording) { r.Fingerprint = r.Fingerprint[:len(r.Fingerprint)-1] },
		"unknown institution": func(r *numberdb.Recording) { r.Institution = "no-such-bank" },
	} {
		r := good
		change(&r)
		_, err := db.PutRecording(context.Background(), numberdb.Edit{Author: "ann", Reason: "r"}, r)
		if !errors.Is(err, numberdb.ErrInvalid) && !errors.Is(err, numberdb.ErrNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
