package console_test

import (
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/browsertest"
	"ringward/console/people"
)

// TestMerchantInChromium goes the merchant's way in a real browser: the link,
// the login, a call that rings while the page is open, the buttons. Names that
// callers chose stay text, and no policy of the page is hit.
func TestMerchantInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	b, r := browsertest.New(t), newRig(t)
	rec := record("call-a", "shop-a")
	rec.CallerName = hostile[0]
	r.keep(rec)
	link, err := r.people.Add(t.Context(), people.User{Name: "anna", Role: people.Merchant, Lang: "en", Lines: []string{"shop-a"}})
	if err != nil {
		t.Fatal(err)
	}
	b.Open(r.c.SetupURL(link))
	b.Fill("input[name=password]", password)
	b.Fill("input[name=again]", password)
	b.Click("button.main")
	b.Until(`location.pathname === "/login"`)
	b.Fill("input[name=username]", "anna")
	b.Fill("input[name=password]", password)
	b.Click("button.main")
	b.Until(`location.pathname === "/" && document.body.innerText.includes("No call now")`)
	b.Script("window.same = true") // the page must not be loaded anew
	v := alarm()
	v.Reasons[0].Text.EN = hostile[1]
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", Caller: "+8613800138000", CallerName: hostile[2], At: time.Now(), Verdict: v})
	b.Until(`window.same && document.querySelector("article.call.alarm") && document.title.startsWith("⚠") && document.getElementById("say").textContent !== ""`)
	for _, name := range hostile[:3] {
		if text := b.Script("return document.body.innerText"); !strings.Contains(text, name) {
			t.Errorf("%q is not shown as text: %s", name, text)
		}
	}
	b.Click("#dismiss-live-a")
	b.Until(`document.querySelector("article.call.dismissed")`)
	b.Click("#refuse-live-a")
	b.Until(`location.search === "?done=refused"`)
	if got := r.control.list(); len(got) != 2 {
		t.Errorf("done: %v", got)
	}
	r.c.Tell(console.Event{Kind: console.Ended, Call: "live-a", Line: "shop-a", At: time.Now(), Verdict: v, Outcome: "refused"})
	b.Until(`document.body.innerText.includes("No call now")`)
	b.Click("form[action='/logout'] button")
	b.Until(`location.pathname === "/login"`)
	for _, f := range b.Faults() {
		t.Error(f)
	}
}
