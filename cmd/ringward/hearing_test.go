package main

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/screening"
	"ringward/speech/ears"
)

// TestEveryLineIsHeardAsItSays: a line of the configuration by its own words, a
// line of the number database by its policy, and nobody's words are kept
// without the owner's agreement.
func TestEveryLineIsHeardAsItSays(t *testing.T) {
	db, err := numberdb.Open(filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for number, policy := range map[string]string{
		"+862155550101": `{"listen":"always","owner_agreed":true,"recognisers":["small"],"keep_words":true}`,
		"+862155550102": `{"listen":"always","keep_words":true}`,
	} {
		if _, err := db.PutLine(t.Context(), numberdb.Edit{Author: "ann", Reason: "r"}, numberdb.Line{Number: number, Policy: json.RawMessage(policy)}); err != nil {
			t.Fatal(err)
		}
	}
	cfg := config.Config{Lines: []config.Line{{ID: "shop", Language: "en", Recognisers: []string{"en"}, KeepWords: true, OwnerAgreed: true},
		{ID: "other", Language: "en", KeepWords: true}}}
	h := newHearing(cfg, db, nil, slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		line gateway.Line
		want ears.Line
	}{
		{gateway.Line{ID: "shop"}, ears.Line{Language: "en", Recognisers: []string{"en"}, KeepWords: true}},
		{gateway.Line{ID: "other"}, ears.Line{Language: "en"}},
		{gateway.Line{ID: "a", Number: "+862155550101", Language: "zh-CN"}, ears.Line{Language: "zh-CN", Recognisers: []string{"small"}, KeepWords: true}},
		{gateway.Line{ID: "b", Number: "+862155550102", Language: "zh-CN"}, ears.Line{Language: "zh-CN"}},
	} {
		if diff := cmp.Diff(c.want, h.line(c.line)); diff != "" {
			t.Errorf("%s: %s", c.line.ID, diff)
		}
	}
}

// TestRecognisersOfEveryKindArePlugged: each kind of the configuration becomes
// an engine that listens to lines of its language.
func TestRecognisersOfEveryKindArePlugged(t *testing.T) {
	db, err := numberdb.Open(filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{SeedExamples: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	cfg := config.Config{}
	for _, kind := range []string{"vosk", "funasr", "sherpa", "worker"} {
		cfg.Speech.Recognisers = append(cfg.Speech.Recognisers, config.Recogniser{Name: kind, Kind: kind, URL: "ws://127.0.0.1:1", Model: "/nowhere", Language: "zh-CN", CallerOnly: kind == "worker"})
	}
	h := newHearing(cfg, db, nil, slog.New(slog.DiscardHandler))
	c, ok := h.Ear("call-1", gateway.Line{ID: "a", Language: "zh-CN"})
	if !ok || len(c.Recognisers[screening.PartyCaller]) != 4 || len(c.Recognisers[screening.PartyMerchant]) != 3 || h.worker == nil {
		t.Errorf("got %+v %v", c.Recognisers, ok)
	}
	if _, ok := h.Ear("call-2", gateway.Line{ID: "b", Language: "en"}); ok {
		t.Error("a line without recognisers and recordings is listened to")
	}
	if id := institutionIn(db, "您好我是中国银联商户风控中心的"); id != "unionpay" {
		t.Errorf("institution %q, want unionpay", id)
	}
}
