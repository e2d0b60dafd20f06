package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/hooks"
	"ringward/console/people"
)

// hooked is a rig with a hook for shop-a, and what it was told of.
func hooked(t *testing.T, status int) (*rig, chan string) {
	told := make(chan string, 100)
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told <- r.Header.Get("Ringward-Event")
		w.WriteHeader(status)
	}))
	t.Cleanup(desk.Close)
	h, err := hooks.Open(hooks.Options{Path: filepath.Join(t.TempDir(), "hooks.db"), Hooks: []hooks.Hook{
		{Name: "desk", URL: desk.URL + "/with-a-key", Secret: "0123456789abcdef", Private: true, Lines: []string{"shop-a"}, Mask: true}}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *console.Options) { o.Hooks = h })
	t.Cleanup(func() { h.Close() })
	return r, told
}

// TestHooksAreToldOfTheirLines: verdict raised once, each warning, the end; of
// other lines nothing.
func TestHooksAreToldOfTheirLines(t *testing.T) {
	r, told := hooked(t, 200)
	v := alarm()
	for _, e := range []console.Event{
		{Kind: console.Judged, Call: "b", Line: "shop-b", Verdict: v}, {Kind: console.Ended, Call: "b", Line: "shop-b", Verdict: v},
		{Kind: console.Judged, Call: "a", Line: "shop-a"}, {Kind: console.Ringing, Call: "a", Line: "shop-a"},
		{Kind: console.Judged, Call: "a", Line: "shop-a", Verdict: v}, {Kind: console.Answered, Call: "a", Line: "shop-a", Verdict: v},
		{Kind: console.Warned, Call: "a", Line: "shop-a", Verdict: v}, {Kind: console.Ended, Call: "a", Line: "shop-a", Verdict: v, Outcome: "answered"},
	} {
		e.At = time.Now()
		r.c.Tell(e)
	}
	for _, want := range []string{"verdict", "warning", "ended"} {
		if got := <-told; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

// TestHooksPage: the operator sees what did not get there and sends it again;
// nobody sees a robot's key.
func TestHooksPage(t *testing.T) {
	r, told := hooked(t, 500)
	boss := r.as("boss", people.Operator)
	if got := boss.get("/hooks"); got.status != 200 || strings.Contains(got.body, "with-a-key") || !strings.Contains(got.body, "desk") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := boss.post("/hooks/desk/test", boss.csrf("/hooks"), url.Values{}); got.status != http.StatusSeeOther {
		t.Fatalf("test: %d", got.status)
	}
	if got := <-told; got != "test" {
		t.Errorf("told %q", got)
	}
	for {
		var list console.HookList
		unmarshal(t, boss.get("/v1/hooks").body, &list)
		if len(list.Items) == 1 && list.Items[0].Why != "" {
			break
		}
	}
	var waiting console.DeliveryList
	unmarshal(t, boss.get("/v1/hooks/desk/deliveries?state=waiting&limit=1").body, &waiting)
	if len(waiting.Items) != 1 || waiting.Items[0].Why != "answered 500" {
		t.Errorf("%+v", waiting)
	}
	for path, want := range map[string]int{"/v1/hooks/none/deliveries": 404, "/v1/hooks/desk/deliveries?state=x": 400, "/v1/hooks/desk/deliveries?cursor=x": 400} {
		if got := boss.get(path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	if got := boss.post("/hooks/desk/again", boss.csrf("/hooks"), url.Values{"id": {"99"}}); got.status != 404 {
		t.Errorf("a delivery that there is not: %d", got.status)
	}
	if got := boss.post("/hooks/desk/drop", boss.csrf("/hooks"), url.Values{"id": {"1"}}); got.status != http.StatusSeeOther {
		t.Errorf("drop: %d", got.status)
	}
	anna := r.as("anna", people.Merchant, "shop-a")
	for _, path := range []string{"/hooks", "/v1/hooks"} {
		if got := anna.get(path); got.status != http.StatusForbidden {
			t.Errorf("%s as a merchant: %d", path, got.status)
		}
	}
}
