package console_test

import (
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/people"
)

// hostile are names that callers may set.
var hostile = []string{
	`<img src=x onerror=alert(1)>`, `"><svg/onload=alert(1)>`, `</script><script>alert(1)</script>`, `' onmouseover='alert(1)`,
	`{{7*7}}`, "\u202e\u2066evil", `javascript:alert(1)`, `--><script>alert(1)</script>`, `</bdi></td><td>`, `<a href=javascript:alert(1)>x`,
}

// TestCallersNamesNeverRun: whatever a caller calls himself is shown as text, on every page.
func TestCallersNamesNeverRun(t *testing.T) {
	r := newRig(t)
	for i, name := range hostile {
		rec := record("call-"+string(rune('a'+i)), "shop-a")
		rec.CallerName, rec.CallerRaw, rec.Caller, rec.Trunk = name, name, name, name
		rec.Outcome, rec.Action, rec.EndedBy = name, name, name
		rec.Events[0].Detail, rec.Events[0].Kind = name, name
		rec.Reasons[0].ZH, rec.Reasons[0].EN = name, name
		r.keep(rec)
		v := alarm()
		v.Reasons[0].Text.EN = name
		r.c.Tell(console.Event{Kind: console.Answered, Call: "live-" + string(rune('a'+i)), Line: "shop-a", Caller: name, CallerName: name, At: time.Now(), Verdict: v})
	}
	m, op := r.as("anna", people.Merchant, "shop-a"), r.as("boss", people.Operator)
	seen := 0
	check := func(page, body string) {
		t.Helper()
		for _, bad := range []string{"<img src=x", "<svg/onload", "<script>alert", "' onmouseover='", "</bdi></td><td></bdi>", "<a href=javascript", "href=\"javascript"} {
			if bad[0] == '\'' && strings.HasPrefix(page, "/v1") {
				continue // a quote is no markup in JSON
			}
			if strings.Contains(body, bad) {
				t.Errorf("%s: %s", page, bad)
			}
		}
		if strings.Contains(body, "&lt;img src=x") || strings.Contains(body, `\u003cimg src=x`) {
			seen++
		}
	}
	paths := []string{"/", "/now", "/calls", "/v1/calls", "/v1/calls/running"}
	for i := range hostile {
		paths = append(paths, "/calls/call-"+string(rune('a'+i)), "/v1/calls/call-"+string(rune('a'+i)))
	}
	for _, p := range paths {
		check(p, m.get(p).body)
	}
	for _, p := range []string{"/operate", "/operate/now", "/calls", "/calls/call-a"} {
		check(p, op.get(p).body)
	}
	_, data := m.events("/v1/events", nil).next()
	check("/v1/events", data)
	if seen < 8 {
		t.Errorf("the names were seen on %d pages only: the test looks in the wrong place", seen)
	}
	for _, q := range hostile {
		for _, p := range []string{"/calls?caller=", "/calls?line=", "/numbers?q=", "/check?number=", "/?done=", "/?err=", "/login?lang="} {
			b := m
			if strings.HasPrefix(p, "/numbers") {
				b = op
			}
			check(p, b.get(p+strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", `"`, "%22", "'", "%27", "{", "%7B", "}", "%7D").Replace(q)).body)
		}
	}
}
