package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"ringward/console"
	"ringward/console/people"
)

// choices notes what owners chose.
type choices struct{ got map[string]console.Choice }

func (c choices) Choose(_ context.Context, who string, l console.Line, ch console.Choice) error {
	c.got[who+" "+l.ID] = ch
	return nil
}

// TestPrivacySwitches: only the owner switches, only with his agreement, and
// the audit has it.
func TestPrivacySwitches(t *testing.T) {
	kept := choices{map[string]console.Choice{}}
	r := newRig(t, func(o *console.Options) { o.Choices = kept })
	anna, boss := r.as("anna", people.Merchant, "shop-a"), r.as("boss", people.Operator)
	send := func(b *browser, form url.Values) result { return b.post("/privacy", b.csrf("/account"), form) }
	if got := send(anna, url.Values{"line": {"shop-a"}, "listen": {"unverified"}}); got.header.Get("Location") != "/privacy?err=agree" || len(kept.got) > 0 {
		t.Errorf("without agreement: %d, %v", got.status, kept.got)
	}
	if got := send(anna, url.Values{"line": {"shop-a"}, "listen": {"unverified"}, "keep": {"1"}, "agree": {"1"}}); got.status != http.StatusSeeOther {
		t.Errorf("%d %s", got.status, got.body)
	}
	if ch := kept.got["anna shop-a"]; ch.Listen != "unverified" || !ch.Keep || ch.Text != console.ConsentText {
		t.Errorf("%+v", kept.got)
	}
	if got := send(anna, url.Values{"line": {"shop-b"}, "listen": {"never"}}); got.status != http.StatusNotFound {
		t.Errorf("another's line: %d", got.status)
	}
	if got := send(boss, url.Values{"line": {"shop-a"}, "listen": {"always"}, "agree": {"1"}}); got.status != http.StatusForbidden {
		t.Errorf("the operator agrees for the owner: %d", got.status)
	}
	if got := anna.api("PUT", "/v1/lines/shop-a/choice", `{"listen":"always","keep_words":false,"text":"old"}`, nil); got.status != 422 {
		t.Errorf("to an old text: %d", got.status)
	}
	found := false
	for _, row := range r.audit() {
		found = found || row == "anna choose what is analysed shop-a: unverified, words kept"
	}
	if !found {
		t.Errorf("not in the audit: %v", r.audit())
	}
}

// TestFeedback: a merchant says what a call was, running or past; nobody else
// does, and it is kept.
func TestFeedback(t *testing.T) {
	r := newRig(t)
	r.keep(record("call-a", "shop-a"), record("call-b", "shop-b"))
	anna, boss := r.as("anna", people.Merchant, "shop-a"), r.as("boss", people.Operator)
	if got := anna.post("/calls/call-a/feedback", anna.csrf("/calls/call-a"), url.Values{"scam": {"0"}}); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for who, want := range map[*browser]int{anna: 404, boss: 403} {
		if got := who.post("/calls/call-b/feedback", who.csrf("/account"), url.Values{"scam": {"1"}}); got.status != want {
			t.Errorf("of another's call: %d, want %d", got.status, want)
		}
	}
	rules, err := r.calls.Rules(t.Context(), began.Add(-1))
	if err != nil || len(rules) != 1 || rules[0].Calls != 2 || rules[0].NotScam != 2 { // call-b by its key *1
		t.Errorf("%+v, %v", rules, err)
	}
	if got := anna.api("POST", "/v1/calls/call-a/feedback", `{"scam":true}`, nil); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if said, err := r.calls.Said(t.Context(), "call-a"); err != nil || len(said) != 1 || !said[0].Scam {
		t.Errorf("%+v, %v", said, err)
	}
}
