package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/screening"
	"ringward/speech"
)

const kioskRule = `
concepts:
  kiosk: [自助机, kiosk]
rules:
  - id: kiosk.moved
    label: account_frozen
    strength: strong
    all: [your, kiosk, stopped_state]
    within: 14
    not: [own, report]
    match: [您的自助机被停用了, your kiosk is suspended]
    no_match: [我的自助机被停用了, 您的自助机到货了]
`

// rules runs `ringward claims rules` and wants a status.
func rules(t *testing.T, want int, data string, args ...string) (out, errs string) {
	t.Helper()
	status, out, errs := ran(t, append(append([]string{"claims", "rules"}, args...), "--data", data)...)
	if status != want {
		t.Fatalf("claims rules %q: status %d, want %d: %s", args, status, want, errs)
	}
	return out, errs
}

// TestRulesOfAnalysts follows a rule from its file into a running gateway's
// calls and out again.
func TestRulesOfAnalysts(t *testing.T) {
	data := t.TempDir()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("kiosk.yaml", kioskRule)
	bad := file("bad.yaml", strings.Replace(kioskRule, "到货了", "被锁了", 1))
	why := []string{"--as", "ann", "--reason", "seen in May"}
	add := func(path string) []string { return append([]string{"add", path}, why...) }

	if out, _ := rules(t, 0, data, "test", good); !strings.Contains(out, "all sentences hold") {
		t.Errorf("test: %s", out)
	}
	if _, errs := rules(t, 1, data, add(bad)...); !strings.Contains(errs, "not added") || !strings.Contains(errs, `kiosk.moved matches "您的自助机被锁了"`) {
		t.Errorf("a rule whose sentence fails: %s", errs)
	}
	rules(t, 2, data, "frobnicate")
	rules(t, 1, data, "add", good, "--as", "ann") // no reason
	rules(t, 0, data, add(good)...)

	db, err := numberdb.Open(filepath.Join(data, "numbers.db"), numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := newHearing(config.Config{Speech: config.Speech{Recognisers: []config.Recogniser{{Name: "asr", Kind: "vosk", URL: "ws://127.0.0.1:1"}}}}, db, nil, slog.New(slog.DiscardHandler))
	call := func() speech.WordDetector {
		c, ok := h.Ear("call", gateway.Line{ID: "shop", Language: "zh-CN"})
		if !ok {
			t.Fatal("nothing listens")
		}
		return c.Words[0]
	}
	hears := func(d speech.WordDetector) bool {
		for _, e := range d.Hear(speech.Heard{Engine: "asr", By: screening.PartyCaller, Final: true, Text: "老板您那台自助机今天被停用了"}) {
			if e.Rule == "words.kiosk.moved" && e.Kind == screening.AccountFrozen && e.Strength == screening.Strong {
				return true
			}
		}
		return false
	}
	if hears(call()) {
		t.Error("a draft counts")
	}
	if _, errs := rules(t, 1, data, append([]string{"approve", "kiosk"}, why...)...); !strings.Contains(errs, "second person") {
		t.Errorf("approved by its author: %s", errs)
	}
	rules(t, 0, data, "approve", "kiosk", "--as", "bob", "--reason", "tried it")
	refreshed(t, db, 1)
	running := call()
	if !hears(running) {
		t.Error("an approved rule does not count")
	}
	if out, _ := rules(t, 0, data, "show", "kiosk"); !strings.Contains(out, "bob approve: tried it") || !strings.Contains(out, "kiosk.moved") {
		t.Errorf("show: %s", out)
	}
	before := call()
	rules(t, 0, data, append([]string{"retire", "kiosk"}, why...)...)
	refreshed(t, db, 0)
	if hears(call()) {
		t.Error("a retired rule counts")
	}
	if !hears(before) {
		t.Error("a running call lost the rules that it began with")
	}
	if out, _ := rules(t, 0, data, "list", "--status", "retired", "--json"); !strings.Contains(out, `"kiosk"`) {
		t.Errorf("list: %s", out)
	}
}

// refreshed waits for db to see what another process did to the rules, as in a
// running gateway.
func refreshed(t *testing.T, db *numberdb.Store, want int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- db.Run(ctx) }()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for len(db.Rules().List()) != want {
		select {
		case <-ctx.Done():
			t.Fatal("the edit is not seen")
		case <-look.C:
		}
	}
	stop()
	<-done
}

// TestRulesThatDoNotFitStayOut: what another version wrote must not silence the
// rules that were there.
func TestRulesThatDoNotFitStayOut(t *testing.T) {
	db, err := numberdb.Open(filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a := newAnalystRules(db, slog.New(slog.DiscardHandler))
	was := a.now()
	if _, err := db.PutRule(t.Context(), numberdb.Edit{Author: "ann", Reason: "r"}, numberdb.Rule{Name: "odd", Text: "nonsense: [1]"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Approve(t.Context(), numberdb.Edit{Author: "bob", Reason: "r"}, numberdb.Rules, "1"); err != nil {
		t.Fatal(err)
	}
	if got := a.now(); got != was {
		t.Errorf("got rules %s, want those before, %s", got.Version(), was.Version())
	}
}
