package console_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/calllog"
	"ringward/console"
	"ringward/console/people"
	"ringward/numberdb"
)

// token makes a token of a user for scopes.
func (r *rig) token(user string, role people.Role, scopes ...people.Scope) string {
	r.t.Helper()
	u, err := r.people.User(context.Background(), user)
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := r.people.AddToken(context.Background(), people.Reader{User: user, Role: role, Lines: u.Lines}, "test", scopes, time.Hour)
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}
}

func TestTokensKeepToTheirScopes(t *testing.T) {
	r := newRig(t)
	r.keep(record("call-a", "shop-a"), record("call-b", "shop-b"))
	r.add(people.User{Name: "anna", Role: people.Merchant, Lines: []string{"shop-a"}})
	b := r.browser()
	tok := r.token("anna", people.Merchant, people.ScopeCalls)
	for _, tc := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/v1/me", "", 200}, {"GET", "/v1/calls", "", 200}, {"GET", "/v1/calls/call-a", "", 200}, {"GET", "/v1/calls/call-b", "", 404},
		{"GET", "/v1/events", "", 403}, {"GET", "/v1/calls/running", "", 403}, {"GET", "/v1/lines", "", 403}, {"GET", "/v1/lines/shop-a/saved", "", 403},
		{"POST", "/v1/verdict", `{"number":"1"}`, 403}, {"POST", "/v1/calls/call-a/report", "", 403},
		{"GET", "/calls", "", http.StatusSeeOther}, {"GET", "/api", "", http.StatusSeeOther}, // a token opens no page
	} {
		if got := b.do(tc.method, tc.path, tc.body, bearer(tok)); got.status != tc.want {
			t.Errorf("%s %s: got %d, want %d: %s", tc.method, tc.path, got.status, tc.want, got.body)
		}
	}
	if !slices.ContainsFunc(r.audit(), func(e string) bool {
		return strings.HasPrefix(e, "anna/token ") && strings.HasSuffix(e, "read call call-a")
	}) {
		t.Errorf("the token's read is not in the audit: %v", r.audit())
	}
}

func TestCallsInPages(t *testing.T) {
	r := newRig(t)
	var recs []calllog.Record
	for i := range 25 {
		rec := record(fmt.Sprintf("call-%02d", i), "shop-a")
		rec.Start = began.Add(time.Duration(i) * time.Minute)
		if i%5 != 0 {
			rec.Level = calllog.Clear
		}
		if i%2 != 0 {
			rec.Caller = "+8613900139000"
		}
		recs = append(recs, rec)
	}
	r.keep(recs...)
	b := r.as("anna", people.Merchant, "shop-a")
	var ids []string
	for path := "/v1/calls?limit=10"; path != ""; {
		var page console.CallList
		unmarshal(t, b.get(path).body, &page)
		for _, c := range page.Items {
			ids = append(ids, c.ID)
		}
		path = ""
		if page.Next != "" {
			path = "/v1/calls?limit=10&cursor=" + page.Next
		}
	}
	if len(ids) != 25 || ids[0] != "call-24" || ids[24] != "call-00" || !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("pages: %v", ids)
	}
	for _, tc := range []struct {
		query string
		want  int
	}{
		{"level=alarm", 5}, {"caller=%2B8613900139000", 12}, {"level=alarm&caller=%2B8613900139000", 2}, {"line=shop-a", 25}, {"limit=3", 3},
		{"since=" + began.Add(20*time.Minute).UTC().Format(time.RFC3339), 5}, {"until=" + began.Add(20*time.Minute).UTC().Format(time.RFC3339), 20},
	} {
		var page console.CallList
		unmarshal(t, b.get("/v1/calls?"+tc.query).body, &page)
		if len(page.Items) != tc.want {
			t.Errorf("%s: got %d, want %d", tc.query, len(page.Items), tc.want)
		}
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "level=loud", "since=today", "cursor=zzz", "page=2", "q=%27"} {
		got := b.get("/v1/calls?" + query)
		if got.status != http.StatusBadRequest || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}

func TestAWriteIsDoneOnce(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	c := r.as("anna2", people.Merchant, "shop-a")
	body := `{"number":"139 0013 9000","relation":"customer","label":"老王"}`
	key := map[string]string{"Idempotency-Key": "one"}
	first := b.api("POST", "/v1/lines/shop-a/saved", body, key)
	again := b.api("POST", "/v1/lines/shop-a/saved", body, key)
	if first.status != http.StatusCreated || again.status != first.status || again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%v\n%v", first, again)
	}
	changes, err := r.numbers.History(context.Background(), numberdb.SavedNumbers, fmt.Sprint(savedID(t, first.body)))
	if err != nil || len(changes) != 1 {
		t.Errorf("written %d times: %v", len(changes), err)
	}
	if got := b.api("POST", "/v1/lines/shop-a/saved", `{"number":"13900139001","relation":"customer"}`, key); got.status != http.StatusUnprocessableEntity {
		t.Errorf("the key for another request: %d %s", got.status, got.body)
	}
	if got := c.api("POST", "/v1/lines/shop-a/saved", body, key); got.header.Get("Idempotent-Replayed") != "" {
		t.Error("another reader's key is mine")
	}
	if got := b.api("POST", "/v1/lines/shop-a/saved", body, map[string]string{"Idempotency-Key": strings.Repeat("k", 65)}); got.status != http.StatusBadRequest {
		t.Errorf("a long key: %d", got.status)
	}
	// A refused write is answered alike; it may be mended under another key.
	for range 2 {
		if got := b.api("POST", "/v1/lines/shop-a/saved", `{"number":"none","relation":"customer"}`, map[string]string{"Idempotency-Key": "two"}); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
}

func savedID(t *testing.T, body string) int64 {
	t.Helper()
	var s console.Saved
	unmarshal(t, body, &s)
	return s.ID
}

func TestSavedNumbersReachTheIndex(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	for _, tc := range []struct {
		body string
		want int
	}{
		{`{"number":"13900139000","relation":"customer","label":"老王"}`, 201},
		{`{"number":"13900139000","relation":"agent"}`, 201}, // changes it
		{`{"number":"95588","relation":"acquirer"}`, 201},
		{`{"number":"hello","relation":"customer"}`, 422}, {`{"number":"13900139000","relation":"friend"}`, 422},
		{`{"number":"13900139000","relation":"customer","label":"` + strings.Repeat("长", 41) + `"}`, 422},
		{`{"number":"13900139000","relation":"customer","more":1}`, 400}, {`[]`, 400}, {`{`, 400}, {`null x`, 400}, {`{}{}`, 400},
	} {
		if got := b.api("POST", "/v1/lines/shop-a/saved", tc.body, nil); got.status != tc.want {
			t.Errorf("%s: got %d %s, want %d", tc.body, got.status, got.body, tc.want)
		}
	}
	if got := b.api("POST", "/v1/lines/shop-a/saved", `{}`, map[string]string{"Content-Type": "text/plain"}); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", got.status)
	}
	var list console.SavedList
	unmarshal(t, b.get("/v1/lines/shop-a/saved").body, &list)
	if len(list.Items) != 2 {
		t.Fatalf("%+v", list)
	}
	for _, s := range list.Items {
		if got := b.api("DELETE", fmt.Sprintf("/v1/lines/shop-a/saved/%d", s.ID), "", nil); got.status != http.StatusNoContent {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	unmarshal(t, b.get("/v1/lines/shop-a/saved").body, &list)
	if len(list.Items) != 0 {
		t.Errorf("still there: %+v", list)
	}
}

func TestTheMerchantsWordInARunningCall(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", Caller: "+8613800138000", At: time.Now(), Verdict: alarm()})
	if got := b.api("POST", "/v1/calls/live-a/dismiss", "", nil); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var live console.LiveList
	unmarshal(t, b.get("/v1/calls/running").body, &live)
	if len(live.Items) != 1 || !live.Items[0].Verdict.Dismissed {
		t.Errorf("%+v", live)
	}
	if page := b.get("/").body; strings.Contains(page, `id="dismiss-live-a"`) || !strings.Contains(page, `id="refuse-live-a"`) {
		t.Error("the buttons do not follow")
	}
	if got := b.post("/now/live-a/refuse", b.csrf("/"), map[string][]string{}); got.header.Get("Location") != "/?done=refused" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := r.control.list(); !slices.Equal(got, []string{"dismiss live-a", "refuse live-a"}) {
		t.Errorf("done: %v", got)
	}
	r.control.over = true
	if got := b.api("POST", "/v1/calls/live-a/refuse", "", nil); got.status != http.StatusNotFound {
		t.Errorf("a call that is over: %d", got.status)
	}
	if got := b.post("/now/live-a/refuse", b.csrf("/"), map[string][]string{}); got.header.Get("Location") != "/?err=over" {
		t.Errorf("%d %v", got.status, got.header)
	}
}

func TestReportReachesTheRegister(t *testing.T) {
	r := newRig(t)
	anonymous := record("call-x", "shop-a")
	anonymous.Caller = ""
	r.keep(record("call-a", "shop-a"), anonymous)
	b := r.as("anna", people.Merchant, "shop-a")
	if got := b.api("POST", "/v1/calls/call-a/report", "", nil); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	found, err := r.numbers.Search(context.Background(), "13800138000", 10)
	if err != nil || len(found) != 1 || found[0].Entity != numberdb.Scams || !strings.Contains(string(found[0].Doc), `"shop-a"`) {
		t.Errorf("%v %v", found, err)
	}
	if got := b.api("POST", "/v1/calls/call-x/report", "", nil); got.status != http.StatusUnprocessableEntity {
		t.Errorf("without a number: %d", got.status)
	}
	op := r.as("boss", people.Operator)
	if got := op.api("POST", "/v1/calls/call-a/report", "", nil); got.status != http.StatusForbidden {
		t.Errorf("an operator speaks for a merchant: %d", got.status)
	}
}

func TestRateLimit(t *testing.T) {
	now := time.Now()
	r := newRig(t, func(o *console.Options) { o.Now = func() time.Time { return now } })
	r.add(people.User{Name: "anna", Role: people.Merchant, Lines: []string{"shop-a"}})
	b := r.browser()
	tok := r.token("anna", people.Merchant, people.ScopeCalls)
	for i := range 201 {
		got := b.do("GET", "/v1/me", "", bearer(tok))
		want := http.StatusOK
		if i == 200 {
			want = http.StatusTooManyRequests
		}
		if got.status != want {
			t.Fatalf("request %d: %d", i, got.status)
		}
		if want == http.StatusTooManyRequests && got.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
}

func TestVerdict(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	got := b.api("POST", "/v1/verdict", `{"number":"138 0013 8000"}`, nil)
	var a console.Answer
	unmarshal(t, got.body, &a)
	if a.Verdict.Level != "alarm" || len(a.Verdict.Reasons) != 1 || a.Action != "announce" {
		t.Errorf("%s", got.body)
	}
	op := r.as("boss", people.Operator)
	if got := op.api("POST", "/v1/verdict", `{"number":"1","line":"gone"}`, nil); got.status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := op.api("POST", "/v1/verdict", `{"number":"`+strings.Repeat("1", 300)+`"}`, nil); got.status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestOnlyWhatThereIsIsOffered: without a log, a look-up or a hand on the
// calls, neither API nor pages speak of them.
func TestOnlyWhatThereIsIsOffered(t *testing.T) {
	r := newRig(t, func(o *console.Options) {
		o.Calls, o.Verdicts, o.Dismiss, o.Refuse, o.Health = nil, nil, nil, nil, nil
	})
	b := r.as("anna", people.Merchant, "shop-a")
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", At: time.Now(), Verdict: alarm()})
	page := b.get("/")
	if page.status != http.StatusOK || strings.Contains(page.body, `action="/now/`) || strings.Contains(page.body, `href="/check"`) || !strings.Contains(page.body, "No call records") {
		t.Errorf("%d %s", page.status, page.body)
	}
	for _, path := range []string{"/v1/calls/running/dismiss", "/v1/verdict", "/v1/calls/live-a/refuse"} {
		if got := b.api("POST", path, "{}", nil); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := b.post("/now/live-a/refuse", b.csrf("/account"), map[string][]string{}); got.status != http.StatusNotFound {
		t.Errorf("%d", got.status)
	}
	op := r.as("boss", people.Operator)
	if got := op.get("/operate"); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	var doc map[string]any
	unmarshal(t, op.get("/v1/openapi.json").body, &doc)
	for path := range doc["paths"].(map[string]any) {
		if strings.Contains(path, "verdict") || strings.Contains(path, "dismiss") || path == "/v1/calls" {
			t.Errorf("%s is described and not there", path)
		}
	}
}
