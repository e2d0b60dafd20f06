package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/calllog"
	"ringward/numberdb"
	"ringward/numbering"
)

// screens runs `ringward screen` on the analyst's database.
func (a analyst) screens(args ...string) string {
	a.t.Helper()
	status, out, errs := ran(a.t, append([]string{"screen", "--lang", "en", "--data", a.data}, args...)...)
	if status != 0 {
		a.t.Fatalf("ringward screen %v: status %d: %s", args, status, errs)
	}
	return out
}

func TestScreenTellsWhereItIsFrom(t *testing.T) {
	a := newAnalyst(t)
	a.does("edit", "95588", "--direction", "inbound-only", "--url", "https://www.icbc.com.cn/")
	a.does("approve", "95588", "--as", "bob", "--reason", "looked as well")
	a.does("pattern", "add", "+86170*", "--shadow", "--note-en", "trial", "--reason", "x")
	a.does("pattern", "add", "+86171*", "--digits", "14", "--reason", "x")
	a.does("pattern", "add", "+8617000005000..+8617000005009", "--reason", "x")
	a.does("pattern", "add", "+861700*", "--reason", "x")
	a.does("pattern", "retire", "pattern:4", "--reason", "x")
	a.shows(a.screens("010-95588"), "verified by alice and bob", "https://www.icbc.com.cn/", "change 3, approve by bob", "mode     block     label")
	a.shows(a.screens("17000005012"), "met +86170* (pattern:1): in shadow", "nearly +8617000005000..+8617000005009 (pattern:3): the number lies 3 above",
		"nearly +86171* (pattern:2)", "one digit differs", "nearly +861700* (pattern:4): it would be met, but is retired")
	a.shows(a.screens("17100005012"), "the number has 13 digits, the pattern wants 14")
	var r screenResult
	if err := json.Unmarshal([]byte(a.screens("95588", "--json")), &r); err != nil || len(r.Modes) != 5 || len(r.Records) != 1 || len(r.Records[0].Verified) != 2 {
		t.Errorf("%v: %+v", err, r)
	}
}

func TestNearlyIsNarrow(t *testing.T) {
	p := &numberdb.Pattern{Prefix: "+86170"}
	for number, near := range map[string]bool{"+8617100005012": true, "+8617000005012": false, "+8613800138000": false, "+442071838750": false, "CN:95588": false} {
		n, err := numbering.ParseCanonical(number)
		if err != nil {
			t.Fatal(err)
		}
		if got := nearly(p, n) != ""; got != near {
			t.Errorf("%s is near +86170*: %v, want %v", number, got, near)
		}
	}
}

// TestEffectOfAnApprovalIsSeenBefore: the list of calls is judged as if the
// drafts were approved, and nothing is written.
func TestEffectOfAnApprovalIsSeenBefore(t *testing.T) {
	a := newAnalyst(t)
	a.does("line", "add", "+862155550177", "--targets", "sip:a@192.0.2.1", "--mode", "block", "--reason", "x")
	a.does("scam", "add", "17000004001", "--source", "letter", "--reason", "x")
	list := filepath.Join(t.TempDir(), "calls.csv")
	rows := "number,line,level,action\n17000004001,+862155550177,clear,pass\n13800138000,+862155550177,clear,pass\n13800138001,+862155550188,clear,pass\n,x,,\n"
	if err := os.WriteFile(list, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	a.shows(a.screens("17000004001", "--line", "+862155550177"), "action     ")
	for _, what := range []string{"drafts", "source:letter", "scam:1"} {
		a.shows(a.screens("--file", list, "--if-approved", what), "/block", "2 calls: 1 as before, 1 stricter, 0 milder, 2 left out")
		a.shows(a.screens("17000004001", "--line", "+862155550177", "--if-approved", what), "action     block (608)")
	}
	a.shows(a.does("show", "17000004001"), "status       draft")
	if status, _, errs := ran(t, "screen", "1", "--data", a.data, "--if-approved", "line:1"); status != 1 || !strings.Contains(errs, "source:NAME") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestReplayComparesWithThePast(t *testing.T) {
	a := newAnalyst(t)
	a.does("line", "add", "+862155550177", "--targets", "sip:a@192.0.2.1", "--mode", "block", "--reason", "x")
	before := time.Now().Format(time.RFC3339Nano)
	a.does("scam", "add", "17000004001", "--source", "letter", "--reason", "x")
	a.does("scam", "approve", "17000004001", "--as", "bob", "--reason", "x")
	list := filepath.Join(t.TempDir(), "calls.jsonl")
	rows := `{"caller":"17000004001","line":"+862155550177"}` + "\n\n" + `{"caller":"13800138000","line":"+862155550177"}` + "\nnot json\n"
	if err := os.WriteFile(list, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	a.shows(a.screens("--file", list), "2 without a then", "1 left out")
	a.shows(a.screens("--file", list, "--then", before), "notice/label", "/block", "1 as before, 1 stricter")
	var r replayed
	if err := json.Unmarshal([]byte(a.screens("--file", list, "--then", before, "--json", "--all")), &r); err != nil || r.Total != 2 || len(r.Calls) != 2 || r.Calls[0].Then.Level != "notice" {
		t.Errorf("%v: %+v", err, r)
	}
}

func TestReplayFromTheLogOfCalls(t *testing.T) {
	a := newAnalyst(t)
	a.does("line", "add", "+862155550177", "--targets", "sip:a@192.0.2.1", "--mode", "block", "--reason", "x")
	l, err := calllog.Open(calllog.Options{Path: callsFile(a.data)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for i, caller := range []string{"+8613600004001", "+8613800138000", ""} {
		r := calllog.Record{Called: "+862155550177", Events: []calllog.Event{{Kind: "verdict", Detail: "clear"}, {Kind: "verdict", Detail: "alarm claim.x"}}}
		r.ID, r.Start, r.Caller, r.Level, r.Action = string(rune('a'+i)), time.Now(), caller, calllog.Alarm, "pass"
		if caller == "" {
			r.Events[0].Detail, r.Action = "notice", "label"
		}
		l.Keep(r)
	}
	if err := l.Close(ctx); err != nil {
		t.Fatal(err)
	}
	a.shows(a.screens("--from-calls"), "3 calls: 3 as before")
	a.does("scam", "add", "13600004001", "--source", "letter", "--reason", "x")
	a.does("scam", "approve", "13600004001", "--as", "bob", "--reason", "x")
	a.shows(a.screens("--from-calls"), "clear/pass", "/block", "3 calls: 2 as before, 1 stricter")
}

func TestReadCallsOfManyForms(t *testing.T) {
	for name, c := range map[string]struct {
		in        string
		good, bad int
		fails     bool
	}{
		"empty":      {"", 0, 0, true},
		"no caller":  {"line,name\n1,2\n", 0, 0, true},
		"csv":        {"\xef\xbb\xbfCaller,Called,at\n1,2,2026-11-03 10:00\n1,2,never\n\"x\n", 1, 2, false},
		"json":       {`{"from":"1","to":"2","start":"2026-11-03T10:00:00Z"}` + "\n" + `{"caller":7}` + "\n{}\n", 2, 1, false},
		"call log":   {`{"id":"a","start":"2026-11-03T10:00:00Z","caller":"+861","level":2,"index_version":"3-x","screened":true,"media":{}}`, 1, 0, false},
		"long lines": {"{" + strings.Repeat(" ", 2<<20), 0, 0, true},
	} {
		calls, bad, err := readCalls(strings.NewReader(c.in), screenCall{})
		if len(calls) != c.good || len(bad) != c.bad || (err != nil) != c.fails {
			t.Errorf("%s: got %d calls, %v, %v", name, len(calls), bad, err)
		}
	}
}
