package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ringward/console"
	"ringward/console/people"
)

// logs is a log of two lines that grows when it is watched.
type logs struct{}

func (logs) Lines() []string {
	return []string{"level=INFO msg=first", "caller=<script>alert(1)</script>"}
}
func (logs) Watch() (<-chan string, func()) {
	c := make(chan string, 1)
	c <- "level=WARN msg=fresh"
	return c, func() {}
}

// modes notes which mode was set.
type modes struct{ set chan string }

func (m modes) SetMode(_ context.Context, who string, l console.Line, mode string) error {
	m.set <- who + " " + l.ID + " " + mode
	return nil
}

// TestOperatorsLogConfigurationAndModes: for the operator alone, in the audit,
// and what comes from a call stays text.
func TestOperatorsLogConfigurationAndModes(t *testing.T) {
	m := modes{make(chan string, 1)}
	r := newRig(t, func(o *console.Options) {
		o.Logs, o.Modes, o.Config = logs{}, m, func() string { return "data: \"/var/lib\"\n" }
	})
	r.keep(record("call-a", "shop-a"))
	boss, otto := r.as("boss", people.Operator), r.as("otto", people.Auditor)
	if page := boss.get("/operate/log").body; !strings.Contains(page, "msg=first") || strings.Contains(page, "<script>alert") {
		t.Errorf("log: %s", page)
	}
	if page := boss.get("/operate/config").body; !strings.Contains(page, "/var/lib") {
		t.Errorf("configuration: %s", page)
	}
	if page := boss.get("/operate").body; !strings.Contains(page, "caller.imitation") || !strings.Contains(page, "100 %") || !strings.Contains(page, "192.0.2.9") || strings.Count(page, "<svg class=\"chart\"") != 2 {
		t.Errorf("figures: %s", page)
	}
	kind, data := boss.events("/v1/log", nil).next()
	if kind != "line" || !strings.Contains(data, "msg=fresh") {
		t.Errorf("%s %s", kind, data)
	}
	for _, path := range []string{"/operate/log", "/operate/config", "/v1/log"} {
		if got := otto.get(path); got.status != http.StatusForbidden {
			t.Errorf("%s as an auditor: %d", path, got.status)
		}
	}
	if got := boss.post("/operate/mode", boss.csrf("/operate"), url.Values{"line": {"shop-a"}, "mode": {"shadow"}}); got.status != http.StatusSeeOther || <-m.set != "boss shop-a shadow" {
		t.Errorf("mode: %d", got.status)
	}
	for _, form := range []url.Values{{"line": {"shop-a"}, "mode": {"block"}}, {"line": {"none"}, "mode": {"off"}}} {
		if got := boss.post("/operate/mode", boss.csrf("/operate"), form); got.status != http.StatusNotFound {
			t.Errorf("%v: %d", form, got.status)
		}
	}
	said := strings.Join(r.audit(), "\n")
	for _, want := range []string{"boss read log", "boss watch log", "boss set mode of line shop-a: shadow"} {
		if !strings.Contains(said, want) {
			t.Errorf("the audit lacks %q", want)
		}
	}
}
