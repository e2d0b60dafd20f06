package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/numberdb"
)

// analyst runs `ringward numbers` commands on one database.
type analyst struct {
	t    *testing.T
	data string
}

func newAnalyst(t *testing.T) analyst {
	t.Setenv("RINGWARD_AS", "alice")
	t.Setenv("COLUMNS", "")
	a := analyst{t, t.TempDir()}
	return a
}

func (a analyst) run(args ...string) (status int, stdout, stderr string) {
	a.t.Helper()
	return ran(a.t, append(append([]string{"numbers"}, args...), "--data", a.data)...)
}

// does runs a command that has to succeed and returns what it printed.
func (a analyst) does(args ...string) string {
	a.t.Helper()
	status, out, errs := a.run(args...)
	if status != 0 {
		a.t.Fatalf("ringward numbers %v: status %d: %s", args, status, errs)
	}
	return out
}

// refused runs a command that has to fail with words of advice.
func (a analyst) refused(advice string, args ...string) {
	a.t.Helper()
	status, out, errs := a.run(args...)
	if status == 0 || !strings.Contains(errs, advice) {
		a.t.Errorf("ringward numbers %v: status %d, want a refusal with %q in:\n%s%s", args, status, advice, out, errs)
	}
}

func (a analyst) shows(out string, want ...string) {
	a.t.Helper()
	for _, w := range want {
		if !strings.Contains(out, w) {
			a.t.Errorf("%q is not in:\n%s", w, out)
		}
	}
}

func TestNumberIsProposedReviewedAndTakenBack(t *testing.T) {
	a := newAnalyst(t)
	a.shows(a.does("search", "gongshang"), "institution:icbc", "number:5", "CN:95588")
	a.shows(a.does("edit", "010-95588", "--direction", "inbound-only", "--url", "https://www.icbc.com.cn/"), "direction: inbound-only", "approve number:5")
	a.refused("a second person", "approve", "95588", "--reason", "looked")
	a.refused("--reason", "approve", "95588", "--as", "bob")
	a.shows(a.does("approve", "95588", "--as", "bob", "--reason", "looked as well"), "approved number:5 by bob")
	a.shows(a.does("history", "95588"), "approve by bob: looked as well", "put by alice", "direction: inbound-only")
	a.refused("says so already", "edit", "95588", "--direction", "inbound-only", "--reason", "x")
	a.refused("says something of CN:95588 already", "add", "95588", "--institution", "工商银行", "--purpose", "hotline", "--reason", "x")
	a.shows(a.does("diff", "1", "now"), "~ number:5", "status: draft -> verified")
	a.does("undo", "3", "--reason", "mistake")
	a.shows(a.does("show", "95588"), "status       draft", "(4 in all)")
	a.does("retire", "95588", "--reason", "given up")
	a.refused("no record of 95588 fits", "edit", "95588", "--confidence", "9", "--reason", "x")
	a.shows(a.does("verify"), "good:")
	a.refused("there is no change 99", "undo", "99", "--reason", "x")
}

// TestEveryTableIsEditable: nothing that the database keeps needs SQL.
func TestEveryTableIsEditable(t *testing.T) {
	a := newAnalyst(t)
	for _, c := range []struct {
		add, edit []string
		find      string
		want      string
	}{
		{[]string{"institution", "add", "testpay", "--kind", "acquirer", "--name-zh", "测试支付", "--aliases", "测付"}, []string{"institution", "edit", "testpay", "--aliases", "+测支", "--never-asks", "code,pin"}, "testpay", `["测付","测支"]`},
		{[]string{"add", "95012", "--institution", "测试支付", "--purpose", "hotline", "--url", "https://testpay.example"}, []string{"edit", "95012", "--confidence", "90", "--callback", "010-95012"}, "95012", "callback"},
		{[]string{"scam", "add", "17012345678", "--category", "pos-freeze", "--source", "letter"}, []string{"scam", "edit", "17012345678", "--campaign", "autumn"}, "17012345678", "autumn"},
		{[]string{"pattern", "add", "+86170*", "--shadow", "--note-en", "trial"}, []string{"pattern", "edit", "pattern:1", "--shadow=false", "--severity", "1"}, "pattern:1", "severity"},
		{[]string{"line", "add", "+8621555501*", "--targets", "sip:a@192.0.2.1"}, []string{"line", "edit", "line:1", "--mode", "block", "--listen", "unverified", "--owner-agreed"}, "line:1", `"owner_agreed":true`},
		{[]string{"saved", "add", "13800001234", "--line", "+862155550100", "--relation", "agent"}, []string{"saved", "edit", "13800001234", "--label", "小王"}, "saved:1", "小王"},
		{[]string{"appeal", "17012345678", "--by", "owner", "--text", "never called"}, []string{"appeal", "appeal:1", "--outcome", "upheld", "--note", "number was reassigned"}, "appeal:1", "upheld"},
	} {
		a.does(append(c.add, "--reason", "test")...)
		a.does(append(c.edit, "--reason", "test")...)
		a.shows(a.does("show", c.find), c.want)
	}
	for _, table := range numbersTables {
		a.shows(a.does(string(table), "list", "--limit", "1000"), string(table)+":")
	}
	a.refused("use off, shadow, label", "line", "edit", "line:1", "--mode", "loud", "--reason", "x")
	a.does("line", "retire", "line:1", "--reason", "moved")
	a.refused("no such record", "show", "line:1")
	a.does("undo", "16", "--reason", "came back")
	a.shows(a.does("show", "line:1"), "192.0.2.1")
}

func TestReportsCountHouseholdsOnce(t *testing.T) {
	a := newAnalyst(t)
	for _, household := range []string{"shop-1", "shop-2", "shop-1"} {
		a.does("report", "170 0000 9999", "--household", household, "--category", "pos-freeze")
	}
	a.shows(a.does("show", "17000009999"), `"household":"shop-1"`, `"household":"shop-2"`)
	var out struct{ Doc numberdb.Scam }
	if err := json.Unmarshal([]byte(a.does("show", "17000009999", "--json")), &out); err != nil || len(out.Doc.Reports) != 2 {
		t.Errorf("%v, %+v; want 2 reports", err, out)
	}
}

func TestBulkApprovalShowsAndAsks(t *testing.T) {
	a := newAnalyst(t)
	file := filepath.Join(t.TempDir(), "letter.csv")
	rows := "number,category,source\n17000008001,pos-freeze,letter\n17000008002,refund,letter\n17000008003,refund,letter\n12,refund,letter\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	a.shows(a.does("import", file, "--table", "scam", "--dry-run"), "dry run, nothing was changed: 4 rows: 3 new, 0 changed, 0 the same, 1 bad", "line 5 is left out")
	a.shows(a.does("import", file, "--table", "scam"), "imported 4 rows: 3 new", "undo import:letter.csv")
	a.shows(a.does("import", file, "--table", "scam"), "3 the same")
	a.shows(a.does("scam", "approve", "--all", "--source", "letter", "--dry-run", "--as", "bob"), "+8617000008001")
	a.refused("not confirmed", "scam", "approve", "--all", "--source", "letter", "--as", "bob", "--reason", "checked")
	a.refused("you proposed all of these yourself", "scam", "approve", "--all", "--source", "letter", "--reason", "checked", "--yes")
	a.shows(a.does("scam", "approve", "--all", "--source", "letter", "--except", "scam:3", "--as", "bob", "--reason", "checked", "--yes"), "2 records approved by bob")
	a.shows(a.does("scam", "list", "--status", "draft"), "scam:3")
	a.refused("not confirmed", "undo", "import:letter.csv", "--reason", "x")
	a.shows(a.does("undo", "import:letter.csv", "--reason", "wrong letter", "--yes"), "2 records that were changed since stay")
}

func TestConflictsAreShownAndResolvedByPeople(t *testing.T) {
	a := newAnalyst(t)
	a.does("add", "95588", "--institution", "ccb", "--purpose", "hotline", "--reason", "typing error")
	a.shows(a.does("conflicts"), "CN:95588: two institutions", "ccb", "icbc")
	a.does("approve", "number:5", "--reason", "checked")
	a.refused("ringward numbers conflicts", "approve", "number:79", "--as", "bob", "--reason", "x")
	a.refused("has several records", "edit", "95588", "--confidence", "1", "--reason", "x")
	a.does("reject", "number:79", "--reason", "a typing error")
	a.shows(a.does("conflicts"), "no conflicts")
	a.shows(a.does("stale"), "number:1")
}

// TestWhatAnalystsTryFirst: words that a newcomer types without having read the help.
func TestWhatAnalystsTryFirst(t *testing.T) {
	a := newAnalyst(t)
	a.shows(a.does("show", "工商银行"), "institution:icbc", "number:5")
	a.shows(a.does("edit", "icbc", "--hotline", "95588", "--aliases", "+宇宙行", "--reason", "x"), "aliases")
	a.shows(a.does("list", "institution", "--limit", "3"), "institution:")
	a.does("approve", "number:2", "number:3", "--as", "bob", "--reason", "named one by one")
	a.refused(`there is no table "95588"`, "list", "95588")
	a.refused("no number, and no institution is called", "show", "nobody")
	a.shows(a.does("line", "add", "+862155550177", "--targets", "sip:a@192.0.2.1", "--recognisers", "vosk,funasr", "--reason", "x"), `"recognisers":["vosk","funasr"]`)
}

// TestJSONIsOneDocument: --json prints one JSON document for every verb.
func TestJSONIsOneDocument(t *testing.T) {
	a := newAnalyst(t)
	file := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(file, []byte("number,source\n17000007001,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"add", "95012", "--institution", "icbc", "--reason", "x"}, {"edit", "95012", "--purpose", "sms", "--reason", "x"},
		{"approve", "95012", "--as", "bob", "--reason", "x"}, {"reject", "95012", "--reason", "x"}, {"retire", "number:1", "--reason", "x"},
		{"report", "17000007009"}, {"appeal", "17000007009", "--by", "x", "--text", "y", "--reason", "x"}, {"show", "95588"}, {"show", "icbc"},
		{"search", "icbc"}, {"search", "nobody at all"}, {"list"}, {"conflicts"}, {"stale"}, {"stats"}, {"history"}, {"history", "95588"},
		{"diff"}, {"undo", "6", "--reason", "x"}, {"import", file, "--table", "scam", "--dry-run"}, {"import", file, "--table", "scam"},
		{"undo", "import:x.csv", "--reason", "x", "--yes"}, {"export"}, {"export", "--table", "line"}, {"export", "--out", file + ".out"},
		{"verify"}, {"backup", file + ".db"}, {"approve", "--all", "--dry-run"},
	} {
		out := a.does(append(args, "--json")...)
		dec := json.NewDecoder(strings.NewReader(out))
		var doc any
		if err := dec.Decode(&doc); err != nil || dec.More() {
			t.Errorf("numbers %v --json: %v, more: %v in\n%s", args, err, dec.More(), out)
		}
	}
}

func TestBackupComesBack(t *testing.T) {
	a := newAnalyst(t)
	file := filepath.Join(t.TempDir(), "monday.db")
	a.does("scam", "add", "17000006001", "--source", "x", "--reason", "x")
	a.shows(a.does("backup", file), "checked")
	a.refused("exists already", "backup", file)
	a.does("scam", "retire", "17000006001", "--reason", "x")
	a.refused("not confirmed", "restore", file)
	a.shows(a.does("restore", file, "--yes"), "is restored", ".before-restore")
	a.shows(a.does("show", "17000006001"), "draft")
}

func TestExportComesBackThroughTheCommand(t *testing.T) {
	a, b := newAnalyst(t), newAnalyst(t)
	a.does("line", "add", "+862155550177", "--targets", "sip:a@192.0.2.1", "--mode", "block", "--reason", "x")
	file := filepath.Join(t.TempDir(), "lines.jsonl")
	a.does("line", "export", "--out", file)
	b.does("line", "import", file)
	if x, y := a.does("line", "export"), b.does("line", "export"); x != y || !strings.Contains(x, "192.0.2.1") {
		t.Errorf("exported %q, came back as %q", x, y)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("an export may be read by others: %v, %v", st.Mode(), err)
	}
}

func TestDocReplacesARecordWhole(t *testing.T) {
	a := newAnalyst(t)
	file := filepath.Join(t.TempDir(), "5.json")
	if err := os.WriteFile(file, []byte(strings.Replace(a.does("show", "95588", "--json"), `"confidence": 80`, `"confidence": 81`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	a.shows(a.does("edit", "95588", "--doc", file, "--reason", "x"), "confidence: 80 -> 81")
	if err := os.WriteFile(file, []byte(`{"institution":"icbc","number":"CN:95588","colour":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	a.refused("colour", "edit", "95588", "--doc", file, "--reason", "x")
}

func TestTablesFitTheTerminal(t *testing.T) {
	a := newAnalyst(t)
	t.Setenv("COLUMNS", "72")
	for _, args := range [][]string{{"list", "--limit", "1000"}, {"institution", "list", "--limit", "1000"}, {"history"}, {"stats"}} {
		for _, l := range strings.Split(strings.TrimSpace(a.does(args...)), "\n") {
			if n := cells(l); n > 72 && !strings.Contains(l, "listings in") {
				t.Errorf("%v: a line takes %d columns: %s", args, n, l)
			}
		}
	}
}

// TestNoDataSteersTheTerminal: names come from anywhere.
func TestNoDataSteersTheTerminal(t *testing.T) {
	a := newAnalyst(t)
	a.does("institution", "add", "evil", "--name-en", "E\x1b[2Jvil \u202egnihton", "--reason", "\x1b]0;x\x07")
	for _, args := range [][]string{{"show", "evil"}, {"search", "evil"}, {"history"}, {"history", "evil"}, {"diff"}, {"institution", "list", "--limit", "999"}} {
		if out := a.does(args...); strings.ContainsAny(out, "\x1b\x07\u202e") {
			t.Errorf("%v prints control characters: %q", args, out)
		}
	}
}

func TestNumbersUsage(t *testing.T) {
	a := newAnalyst(t)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{nil, 2, "ringward numbers VERB"},
		{[]string{"help"}, 0, "approve"},
		{[]string{"frob"}, 2, `there is no "frob"`},
		{[]string{"add", "--help"}, 0, "工商银行"},
		{[]string{"line", "add", "--help"}, 0, "-owner-agreed"},
		{[]string{"add"}, 2, "give one number"},
		{[]string{"add", "95588x", "--reason", "x", "--data", a.data}, 1, "is no telephone number that can exist"},
		{[]string{"add", "95012", "--institution", "银行", "--reason", "x", "--data", a.data}, 1, "give the id"},
		{[]string{"add", "95012", "--institution", "nobody", "--reason", "x", "--data", a.data}, 1, "add it first"},
		{[]string{"undo", "x", "--reason", "x", "--data", a.data}, 2, "is no change"},
		{[]string{"diff", "yesterday", "--data", a.data}, 1, "is no moment"},
		{[]string{"restore", "/nonexistent", "--yes", "--data", a.data}, 1, "nonexistent"},
	} {
		status, out, errs := ran(t, append([]string{"numbers"}, c.args...)...)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("numbers %v: status %d, want %d with %q in:\n%s%s", c.args, status, c.status, c.want, out, errs)
		}
	}
}

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		rows, read, size int64
		want             string
	}{
		{50_000, 25, 100, "[#####---------------]  25%  50000 rows, 50000/s, 0 bad, 3s left"},
		{50_000, 0, 0, "50000 rows, 50000/s, 0 bad"},
		{100_000, 100, 100, "[####################] 100%  100000 rows, 100000/s, 0 bad, 0s left"},
	} {
		if got := progressLine(numberdb.ImportReport{Rows: int(c.rows)}, c.read, c.size, 1e9); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestJSONArrayOfLines(t *testing.T) {
	for in, want := range map[string]string{"": "[]\n", "1\n": "[\n1\n]\n", "1\n2\n": "[\n1,\n2\n]\n"} {
		var out bytes.Buffer
		a := &jsonArray{w: &out}
		if in != "" {
			for _, b := range []byte(in) {
				_, _ = a.Write([]byte{b})
			}
		}
		if _ = a.end(); out.String() != want {
			t.Errorf("%q became %q, want %q", in, out.String(), want)
		}
	}
}

// TestOtherTablesAreShownToo: recordings and rules have commands of their own
// for edits, and are listed and counted with the rest.
func TestOtherTablesAreShownToo(t *testing.T) {
	a := newAnalyst(t)
	a.shows(a.does("stats"), "recording", "rule")
	a.does("list", "recording")
	a.does("list", "rule")
	a.refused("no such record", "history", "recording:1")
	a.refused("no such record", "show", "rule:1")
	_, out, errs := a.run("line", "add", "--help")
	a.shows(out+errs, "-session-seconds", "off, shadow, label, announce or block")
}

func TestShowAsOf(t *testing.T) {
	a := newAnalyst(t)
	a.does("edit", "95588", "--direction", "inbound-only", "--reason", "x")      // change 2
	a.does("scam", "add", "17000001234", "--source", "s", "--reason", "x")       // change 3
	a.does("undo", "3", "--reason", "x", "--yes")                                // change 4
	a.does("edit", "95588", "--direction", "may-call-out", "--reason", "better") // the last
	a.shows(a.does("show", "95588", "--as-of", "2"), "inbound-only")
	a.shows(a.does("show", "number:5", "--as-of", "2"), "inbound-only")
	a.shows(a.does("show", "icbc", "--as-of", "1"), "name_zh")
	a.refused("nothing is recorded of 17000001234 after change 2", "show", "17000001234", "--as-of", "2")
	a.shows(a.does("show", "17000001234", "--as-of", "3"), "draft")
	a.refused("nothing is recorded", "show", "95588", "--as-of", "0")
}
