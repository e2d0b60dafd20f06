package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"ringward/console"
	"ringward/console/people"
	"ringward/numberdb"
)

// bureau is a rig with an analyst, a reviewer and the tools of both.
func bureau(t *testing.T) (r *rig, ann, rob *browser) {
	r = newRig(t, func(o *console.Options) { o.Effects, o.Bench, o.Scratch = effects{}, bench{}, t.TempDir() })
	return r, r.as("ann", people.Analyst), r.as("rob", people.Reviewer)
}

type effects struct{}

func (effects) Effect(_ context.Context, drafts []string, calls int) (console.Effect, error) {
	return console.Effect{Calls: calls, Same: calls - 1, Stricter: 1, Changed: []console.EffectCall{{Caller: "+8613800138000", Then: "clear/pass", Now: "warning/announce", Why: strings.Join(drafts, " ")}}}, nil
}

type bench struct{}

func (bench) Explain(_ context.Context, q console.Question, _ string) (string, error) {
	return "explained " + q.Number, nil
}
func (bench) Hear(_ context.Context, wav []byte, _ string) (console.Hearing, error) {
	if len(wav) < 44 {
		return console.Hearing{}, console.ErrQuestion
	}
	return console.Hearing{Seconds: 1, Level: "alarm", Found: []console.HeardThing{{At: 0.5, Rule: "recording.match", Text: "a known recording"}}}, nil
}

// TestProposeReviewApprove: an analyst proposes on a page, cannot approve it
// himself, sees its effect; a reviewer approves it; history names both.
func TestProposeReviewApprove(t *testing.T) {
	r, ann, rob := bureau(t)
	form := url.Values{"number": {"021 5555 0199"}, "category": {"pos-freeze"}, "campaign": {"winter"}, "source": {"desk"}, "reason": {"three merchants phoned"}}
	got := ann.post("/numbers/scam", ann.csrf("/numbers/scam/new"), form)
	if got.status != http.StatusSeeOther {
		t.Fatalf("propose: %d %s", got.status, got.body)
	}
	at, _, _ := strings.Cut(got.header.Get("Location"), "?")
	id := at[strings.LastIndexByte(at, '/')+1:]
	if page := ann.get(at).body; !strings.Contains(page, "021 5555 0199") || !strings.Contains(page, "three merchants phoned") || !strings.Contains(page, "winter") {
		t.Errorf("the record's page: %s", page)
	}
	pick := url.Values{"entity": {"scam"}, "id": {id}}
	if got := ann.post("/review/approve", ann.csrf("/review"), pick); got.status != http.StatusForbidden {
		t.Errorf("an analyst approves: %d", got.status)
	}
	if page := ann.post("/review/preview", ann.csrf("/review"), pick).body; !strings.Contains(page, "yours") || !strings.Contains(page, "warning/announce") {
		t.Errorf("preview: %s", page)
	}
	if page := rob.post("/review/preview", rob.csrf("/review?entity=scam"), pick).body; !strings.Contains(page, "/review/approve") || strings.Contains(page, "+8613800138000") {
		t.Errorf("a reviewer's preview lacks the decision, or shows calls: %s", page)
	}
	pick.Set("reason", "letters seen")
	if got := rob.post("/review/approve", rob.csrf("/review"), pick); got.status != http.StatusSeeOther {
		t.Fatalf("approve: %d %s", got.status, got.body)
	}
	if page := rob.get(at).body; !strings.Contains(page, "Verified by two people: ann, rob") {
		t.Errorf("not verified: %s", page)
	}
	if got := rob.post("/review/approve", rob.csrf("/review"), pick); got.status != http.StatusUnprocessableEntity {
		t.Errorf("approved twice: %d", got.status)
	}
	_ = r
}

// TestNobodyApprovesHisOwn: also not after a change of role.
func TestNobodyApprovesHisOwn(t *testing.T) {
	r, _, rob := bureau(t)
	id, err := r.numbers.PutScam(t.Context(), numberdb.Edit{Author: "Rob", Reason: "when he was an analyst"}, numberdb.Scam{Number: "+862155550198", Source: "x"})
	if err != nil {
		t.Fatal(err)
	}
	got := rob.post("/review/approve", rob.csrf("/review"), url.Values{"entity": {"scam"}, "id": {strconv.FormatInt(id, 10)}, "reason": {"mine"}})
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "second person") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestEditOfWhatChangedMeanwhileIsRefused: the form names the change it was made of.
func TestEditOfWhatChangedMeanwhileIsRefused(t *testing.T) {
	_, ann, _ := bureau(t)
	page := ann.get("/numbers/institution/icbc/edit").body
	if !strings.Contains(page, `name="seq"`) {
		t.Fatalf("no form: %s", page)
	}
	form := url.Values{"id": {"icbc"}, "seq": {"0"}, "name_zh": {"工行"}, "kind": {"bank"}, "reason": {"x"}}
	if got := ann.post("/numbers/institution", ann.csrf("/numbers/institution/icbc/edit"), form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "changed this record") {
		t.Errorf("%d %s", got.status, got.body)
	}
	form = url.Values{"number": {"95588"}, "institution": {"icbc"}, "reason": {""}}
	if got := ann.post("/numbers/number", ann.csrf("/numbers/number/new"), form); got.status != http.StatusUnprocessableEntity {
		t.Errorf("an edit without a reason: %d", got.status)
	}
}

// upload sends a form with a file as a page does.
func (b *browser) upload(path, csrf string, fields map[string]string, name, content string) result {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("csrf_token", csrf)
	for k, v := range fields {
		_ = w.WriteField(k, v)
	}
	part, _ := w.CreateFormFile("file", name)
	_, _ = part.Write([]byte(content))
	_ = w.Close()
	return b.do("POST", path, body.String(), map[string]string{"Content-Type": w.FormDataContentType(), "Origin": b.url, "Sec-Fetch-Site": "same-origin"})
}

const scamList = "number,category,source\n+862155550181,pos-freeze,feed\nnonsense,pos-freeze,feed\n+862155550182,pos-freeze,feed\n"

// TestImportWithPreview: nothing is changed before the word is given, bad rows
// are shown, and nobody gives it for another.
func TestImportWithPreview(t *testing.T) {
	r, ann, rob := bureau(t)
	fields := map[string]string{"entity": "scam", "name": "feed-1", "reason": "weekly feed"}
	got := ann.upload("/import", ann.csrf("/import"), fields, "feed.csv", scamList)
	if got.status != 200 || !strings.Contains(got.body, "<strong>2</strong>") || !strings.Contains(got.body, "nonsense") {
		t.Fatalf("preview: %d %s", got.status, got.body)
	}
	found := func() int {
		list, err := r.numbers.List(t.Context(), numberdb.Scams, numberdb.Filter{Source: "feed"})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if found() != 0 {
		t.Error("the preview changed something")
	}
	_, rest, _ := strings.Cut(got.body, `name="token" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	go1 := url.Values{"token": {token}, "act": {"go"}}
	if got := rob.post("/import/go", rob.csrf("/review"), go1); got.status != http.StatusForbidden {
		t.Errorf("a reviewer imports: %d", got.status)
	}
	if got := ann.upload("/import", "wrong", fields, "feed.csv", scamList); got.status != http.StatusForbidden {
		t.Errorf("without the token of our pages: %d", got.status)
	}
	if got := ann.post("/import/go", ann.csrf("/import"), go1); got.status != 200 || found() != 2 {
		t.Errorf("import: %d, %d records: %s", got.status, found(), got.body)
	}
	if got := ann.post("/import/go", ann.csrf("/import"), go1); got.status != http.StatusSeeOther || found() != 2 {
		t.Errorf("twice: %d", got.status)
	}
	if got := ann.upload("/numbers/scam", ann.csrf("/import"), nil, "x", "y"); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("a file where none belongs: %d", got.status)
	}
}

// TestBench: a number, a transcript, a recording.
func TestBench(t *testing.T) {
	_, ann, _ := bureau(t)
	if page := ann.get("/bench?number=95588").body; !strings.Contains(page, "explained 95588") {
		t.Errorf("number: %s", page)
	}
	text := url.Values{"text": {"您好，我是银联客服，您的POS机已经被冻结了\n商户：怎么办\n请把验证码报给我"}}
	if page := ann.post("/bench/transcript", ann.csrf("/bench"), text).body; !strings.Contains(page, "claim.account-frozen") && !strings.Contains(page, "scam") {
		t.Errorf("transcript: %s", page)
	}
	if page := ann.upload("/bench/recording", ann.csrf("/bench"), nil, "a.wav", strings.Repeat("x", 100)).body; !strings.Contains(page, "a known recording") {
		t.Errorf("recording: %s", page)
	}
	if got := ann.upload("/bench/recording", ann.csrf("/bench"), nil, "a.wav", strings.Repeat("x", 5<<20)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long recording: %d", got.status)
	}
}

// TestRegisterPagesAndAPI: what is listed, shown, shadowed and proposed.
func TestRegisterPagesAndAPI(t *testing.T) {
	r, ann, rob := bureau(t)
	ctx, e := t.Context(), numberdb.Edit{Author: "old", Reason: "test"}
	pattern, err := r.numbers.PutPattern(ctx, e, numberdb.Pattern{Prefix: "+86170", Category: "mvno", Severity: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.numbers.PutScam(ctx, e, numberdb.Scam{Number: "CN:95588", Campaign: "winter", Source: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.numbers.PutNumber(ctx, e, numberdb.Number{Institution: "icbc", Number: "CN:95588", Source: "x"}); err != nil {
		t.Fatal(err)
	}
	at := "/numbers/pattern/" + strconv.FormatInt(pattern, 10)
	for path, want := range map[string]string{"/numbers/institution": "icbc", "/numbers/institution/icbc": "95588", "/number?number=95588": "winter", "/campaigns": "winter", "/conflicts": "95588",
		"/numbers/scam?campaign=winter": "95588", at: "86170", "/review?entity=pattern": "86170", "/numbers/appeal/new": "outcome"} {
		if got := ann.get(path); got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d, lacks %q", path, got.status, want)
		}
	}
	if got := ann.post(at+"/shadow", ann.csrf(at), url.Values{"reason": {"try it first"}}); got.status != http.StatusSeeOther {
		t.Errorf("shadow: %d", got.status)
	}
	rec, err := r.numbers.Get(ctx, numberdb.Patterns, strconv.FormatInt(pattern, 10))
	var p numberdb.Pattern
	if err != nil || json.Unmarshal(rec.Doc, &p) != nil || !p.Shadow {
		t.Errorf("not on trial: %s, %v", rec.Doc, err)
	}
	if got := rob.get("/numbers/scam/new"); got.status != 404 {
		t.Errorf("a reviewer proposes: %d", got.status)
	}
	key := map[string]string{"Idempotency-Key": "k1"}
	body := `{"reason":"seen on the contract","doc":{"institution":"icbc","number":"CN:95599","direction":"may-call-out","status":"verified"}}`
	var one console.Proposed
	for range 2 {
		got := ann.api("POST", "/v1/register/number", body, key)
		if got.status != 201 {
			t.Fatalf("propose: %d %s", got.status, got.body)
		}
		unmarshal(t, got.body, &one)
	}
	var h console.RegisterHistory
	unmarshal(t, ann.get("/v1/register/number/"+one.ID).body, &h)
	if h.Record.Status != "draft" || len(h.History) != 1 || h.History[0].Author != "ann" {
		t.Errorf("%+v", h)
	}
	var list console.RegisterList
	unmarshal(t, ann.get("/v1/register/number?status=draft&limit=1").body, &list)
	if len(list.Items) != 1 || list.Next == "" {
		t.Errorf("%+v", list)
	}
	for path, want := range map[string]int{"/v1/register/saved": 404, "/v1/register/line": 404, "/v1/register/number?limit=0": 400, "/v1/register?q=": 422, "/v1/register?q=icbc": 200, "/numbers/saved": 404, "/numbers/line/1": 404} {
		if got := ann.get(path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	if got := ann.api("POST", "/v1/register/number", `{"reason":"","doc":{}}`, nil); got.status != 422 {
		t.Errorf("an empty proposal: %d %s", got.status, got.body)
	}
}

const kioskRule = `concepts:
  kiosk: [自助机, kiosk]
rules:
  - id: kiosk.moved
    label: account_frozen
    strength: strong
    all: [your, kiosk, stopped_state]
    within: 14
    not: [own, report]
    match: [您的自助机被停用了, your kiosk is suspended]
    no_match: [我的自助机被停用了]
`

// TestRulesOverWords: phrases that do not compile are refused with the reason;
// approved ones count on the bench.
func TestRulesOverWords(t *testing.T) {
	r, ann, rob := bureau(t)
	bad := url.Values{"name": {"kiosk"}, "text": {strings.Replace(kioskRule, "match: [您的自助机被停用了", "match: [今天天气很好", 1)}, "reason": {"x"}}
	if got := ann.post("/numbers/rule", ann.csrf("/numbers/rule/new"), bad); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a rule that misses its own example is taken: %d", got.status)
	}
	good := url.Values{"name": {"kiosk"}, "text": {strings.ReplaceAll(kioskRule, "\n", "\r\n")}, "reason": {"heard in two calls"}}
	if got := ann.post("/numbers/rule", ann.csrf("/numbers/rule/new"), good); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	list, err := r.numbers.List(t.Context(), numberdb.Rules, numberdb.Filter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if got := rob.post("/review/approve", rob.csrf("/review?entity=scam"), url.Values{"entity": {"rule"}, "id": {list[0].ID}, "reason": {"good"}}); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if page := ann.post("/bench/transcript", ann.csrf("/bench"), url.Values{"text": {"您好，您的自助机被停用了"}}).body; !strings.Contains(page, "kiosk.moved") {
		t.Errorf("the bench does not know it: %s", page)
	}
}
