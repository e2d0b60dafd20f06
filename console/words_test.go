package console_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/calllog"
	"ringward/console"
	"ringward/console/people"
	"ringward/numbering"
	"ringward/screening"
)

func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("web/lang/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	if err := json.Unmarshal(b, &words); err != nil {
		t.Fatal(err)
	}
	return words
}

var verb = regexp.MustCompile(`%[a-z]`)

func TestCataloguesSayTheSameThings(t *testing.T) {
	zh, en := catalogue(t, "zh-CN"), catalogue(t, "en")
	for key, text := range zh {
		other, ok := en[key]
		if !ok {
			t.Errorf("%s is missing in English", key)
		}
		if !slices.Equal(verb.FindAllString(text, -1), verb.FindAllString(other, -1)) {
			t.Errorf("%s: %q and %q take different values", key, text, other)
		}
		if strings.TrimSpace(text) == "" || strings.TrimSpace(other) == "" {
			t.Errorf("%s is empty", key)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("%s is missing in Chinese", key)
		}
	}
}

// keyUse finds keys in templates, whole ones and beginnings that a word is put behind.
var keyUse = regexp.MustCompile(`(?:\bt|known) "([\w.-]+)"|\(print "([\w.]+)"|known "([\w.]+)"`)

// TestEveryKeyIsThereAndUsed: none missing, none left over.
func TestEveryKeyIsThereAndUsed(t *testing.T) {
	words := catalogue(t, "en")
	used := map[string]bool{}
	var stems []string
	files, _ := filepath.Glob("web/templates/*.html")
	sources, _ := filepath.Glob("*.go")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range keyUse.FindAllStringSubmatch(string(b), -1) {
			for _, key := range m[1:] {
				if strings.HasSuffix(key, ".") {
					stems = append(stems, key)
				} else if key != "" {
					used[key] = true
					if _, ok := words[key]; !ok {
						t.Errorf("%s: no text for %q", f, key)
					}
				}
			}
		}
	}
	code := ""
	for _, f := range sources {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code += string(b)
	}
	for key := range words {
		stem, word, _ := strings.Cut(key, ".")
		stem += "."
		if used[key] || slices.Contains(stems, stem) || strings.Contains(code, `"`+key+`"`) || strings.Contains(code, `"`+word+`"`) && (stem == "err." || stem == "done.") || strings.HasPrefix(key, "status.") {
			continue
		}
		t.Errorf("nothing uses %q", key)
	}
}

// TestWordsThatCodeMakes: the words that records, roles and states bring have their texts.
func TestWordsThatCodeMakes(t *testing.T) {
	words := catalogue(t, "zh-CN")
	want := []string{}
	for l := calllog.Unknown; l <= calllog.Alarm; l++ {
		want = append(want, "level."+l.String(), "past."+l.String(), "head."+l.String(), "do."+l.String())
	}
	for _, r := range people.Roles() {
		want = append(want, "role."+string(r))
	}
	for _, s := range people.Scopes() {
		want = append(want, "scope."+string(s))
	}
	for _, k := range []console.Kind{console.Started, console.Judged, console.Ringing, console.Announced, console.Choosing, console.Answered, console.Warned, console.Ended} {
		want = append(want, "state."+string(k))
	}
	for c := numbering.Unknown; c <= numbering.Malformed; c++ {
		want = append(want, "class."+c.String())
	}
	for _, id := range screening.PromptIDs() {
		want = append(want, "prompt."+id)
	}
	for _, s := range []string{"400", "403", "404", "409", "413", "415", "422", "429", "500", "503"} {
		want = append(want, "status."+s, "status.do."+s)
	}
	for _, key := range want {
		if words[key] == "" {
			t.Errorf("no text for %q", key)
		}
	}
}

// TestPagesShowNoKeys: a text that is missing would show its key.
func TestPagesShowNoKeys(t *testing.T) {
	r := newRig(t)
	r.keep(record("call-a", "shop-a"))
	key := regexp.MustCompile(`[>" ](nav|title|head|do|live|col|calls|call|saved|privacy|operate|people|account|api|audit|numbers|record|status|level|state|gauge|trait|role|scope|entity|review|check|home|setup|login|link)\.[a-z]+[<" ]`)
	for _, lang := range []string{"zh-CN", "en"} {
		r.add(people.User{Name: "boss-" + strings.ToLower(lang), Role: people.Operator, Lang: lang})
		r.add(people.User{Name: "anna-" + strings.ToLower(lang), Role: people.Merchant, Lang: lang, Lines: []string{"shop-a"}})
		r.add(people.User{Name: "otto-" + strings.ToLower(lang), Role: people.Auditor, Lang: lang})
		r.c.Tell(console.Event{Kind: console.Warned, Call: "live-" + lang, Line: "shop-a", At: time.Now(), Verdict: alarm()})
		for name, pages := range map[string][]string{
			"boss": {"/operate", "/calls", "/calls/call-a", "/people", "/people/otto-en", "/api", "/account", "/numbers?q=icbc", "/numbers/institution/icbc", "/check?number=95588", "/nothing"},
			"anna": {"/", "/calls", "/calls/call-a", "/saved", "/privacy", "/check?number=95588", "/account", "/api", "/?done=saved", "/?err=over"},
			"otto": {"/audit", "/operate"},
		} {
			b := r.browser()
			b.login(name + "-" + strings.ToLower(lang))
			for _, page := range pages {
				got := b.get(page)
				if m := key.FindString(got.body); m != "" || got.status >= 500 {
					t.Errorf("%s in %s: %d, shows the key %q", page, lang, got.status, m)
				}
			}
			if name == "otto" {
				if got := b.post("/audit/verify", b.csrf("/audit"), map[string][]string{}); got.status != 200 || !strings.Contains(got.body, "<code>") {
					t.Errorf("verify: %d %s", got.status, got.body)
				}
			}
		}
	}
}
