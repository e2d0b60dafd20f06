package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"ringward/console/people"
)

//go:embed web
var web embed.FS

// languages are those of the pages; the first is the default.
var languages = []string{"zh-CN", "en"}

// pages is everything that is served as a page, made once at start.
type pages struct {
	text    map[string]map[string]string // by language, then key
	set     map[string]*template.Template
	static  map[string]asset
	history history
}

type asset struct {
	body []byte
	kind string
	mark string // changes with the body
}

func loadPages() (*pages, error) {
	p := &pages{text: map[string]map[string]string{}, set: map[string]*template.Template{}, static: map[string]asset{}}
	if err := p.loadStatic(); err != nil {
		return nil, err
	}
	for _, lang := range languages {
		b, err := web.ReadFile("web/lang/" + lang + ".json")
		if err != nil {
			return nil, err
		}
		words := map[string]string{}
		if err := json.Unmarshal(b, &words); err != nil {
			return nil, fmt.Errorf("%s: %w", lang, err)
		}
		p.text[lang] = words
		t, err := template.New("").Funcs(p.functions(lang)).ParseFS(web, "web/templates/*.html")
		if err != nil {
			return nil, err
		}
		p.set[lang] = t
	}
	return p, nil
}

func (p *pages) loadStatic() error {
	return fs.WalkDir(web, "web/static", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := web.ReadFile(file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		p.static[path.Base(file)] = asset{b, mime.TypeByExtension(path.Ext(file)), hex.EncodeToString(sum[:6])}
		return nil
	})
}

// tr is the text for a key. A key that is not there shows itself: the tests
// hold that none is missing.
func (p *pages) tr(lang, key string, args ...any) string {
	s, ok := p.text[lang][key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

func (p *pages) functions(lang string) template.FuncMap {
	tr := func(key string, args ...any) string { return p.tr(lang, key, args...) }
	return template.FuncMap{
		"t": tr,
		// known translates words that come from records: an unknown one shows itself.
		"known": func(prefix, word string) string {
			if s, ok := p.text[lang][prefix+word]; ok {
				return s
			}
			return word
		},
		"static": func(name string) string { return "/static/" + name + "?v=" + p.static[name].mark },
		"phone":  forPeople,
		"name":   func(i *Institution) string { return i.In(lang) },
		"reason": func(r Reason) string { return r.In(lang) },
		"day":    func(t time.Time) string { return t.Local().Format("2006-01-02") },
		"clock":  func(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"tel":    func(s string) string { return strings.NewReplacer(" ", "", "-", "").Replace(s) },
		"seconds": func(ms int64) string {
			return fmt.Sprintf("%d:%02d.%d", ms/60000, ms/1000%60, ms/100%10)
		},
		"join":  strings.Join,
		"split": strings.Fields,
	}
}

// view is one request of a page.
type view struct {
	*http.Request
	c      *Console
	w      http.ResponseWriter
	reader people.Reader // zero before login
	lang   string
	file   *multipart.Part // of a form that brings one
}

// layout is what every page is given; D is its own part.
type layout struct {
	Lang, Title, Path string
	Reader            people.Reader
	CSRF              string
	Nav, Tabs         []link
	Done, Err         string // keys of the catalogue
	D                 any
}

type link struct {
	Path, Key string
	Here      bool
}

// render writes a page, whole or not at all.
func (v *view) render(status int, name string, d any) error {
	l := layout{Lang: v.lang, Title: name, Path: v.URL.Path, Reader: v.reader, D: d, Nav: v.nav(), Tabs: v.tabs()}
	if v.reader.Session != "" {
		l.CSRF = v.c.csrf(v.c.session(v.Request))
	}
	q := v.URL.Query()
	l.Done, l.Err = v.message("done.", q.Get("done")), v.message("err.", q.Get("err"))
	return v.write(status, name, l)
}

func (v *view) write(status int, name string, l layout) error {
	var b bytes.Buffer
	if err := v.c.pages.set[v.lang].ExecuteTemplate(&b, name+".html", l); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	writeBody(v.w, "text/html; charset=utf-8", status, b.Bytes())
	return nil
}

// message is a key of the catalogue that an address may name, or "".
func (v *view) message(prefix, key string) string {
	if _, ok := v.c.pages.text[v.lang][prefix+key]; ok && key != "" {
		return prefix + key
	}
	return ""
}

func (v *view) nav() []link {
	var out []link
	for _, n := range []struct {
		path, key string
		show      bool
	}{
		{"/", "nav.now", v.reader.Role == people.Merchant},
		{"/operate", "nav.operate", v.reader.Can(people.Health)},
		{"/demo", "nav.demo", v.c.mayPlay(v.reader)},
		{"/phone", "nav.phone", v.c.o.Phone != nil && (v.reader.Can(people.Act) || v.c.mayPlay(v.reader))},
		{"/calls", "nav.calls", v.reader.Can(people.ReadCalls) && v.c.o.Calls != nil},
		{"/saved", "nav.saved", v.reader.Can(people.Save)},
		{"/numbers", "nav.numbers", v.reader.Can(people.Register)},
		{"/check", "nav.check", v.reader.Can(people.AskVerdict) && v.c.o.Verdicts != nil},
		{"/privacy", "nav.privacy", v.reader.Role == people.Merchant},
		{"/people", "nav.people", v.reader.Can(people.Manage)},
		{"/hooks", "nav.hooks", v.reader.Can(people.Manage) && v.c.o.Hooks != nil},
		{"/audit", "nav.audit", v.reader.Can(people.Audit)},
		{"/api", "nav.api", v.reader.Can(people.Tokens) && v.reader.Role != people.Merchant},
		{"/account", "nav.account", v.reader.User != ""},
	} {
		if n.show {
			here := n.path == v.URL.Path || n.path != "/" && strings.HasPrefix(v.URL.Path, n.path+"/")
			if n.path == "/numbers" {
				here = here || slices.ContainsFunc(v.tabs(), func(l link) bool { return l.Here })
			}
			out = append(out, link{n.path, n.key, here})
		}
	}
	return out
}

// tabs are the pages of the register.
func (v *view) tabs() []link {
	if !v.reader.Can(people.Register) {
		return nil
	}
	var out []link
	for _, t := range []struct {
		path, key string
		show      bool
	}{
		{"/numbers", "tab.search", true}, {"/numbers/institution", "entities.institution", true}, {"/numbers/number", "entities.number", true},
		{"/numbers/scam", "entities.scam", true}, {"/campaigns", "title.campaigns", true}, {"/numbers/pattern", "entities.pattern", true},
		{"/numbers/recording", "entities.recording", true}, {"/numbers/rule", "entities.rule", true}, {"/numbers/appeal", "entities.appeal", true}, {"/review", "tab.review", true},
		{"/conflicts", "tab.conflicts", true}, {"/import", "tab.import", v.reader.Can(people.Edit)}, {"/bench", "tab.bench", v.reader.Can(people.AskVerdict)},
	} {
		if t.show {
			out = append(out, link{t.path, t.key, t.path == v.URL.Path || t.path != "/numbers" && strings.HasPrefix(v.URL.Path, t.path+"/")})
		}
	}
	return out
}

// language is that of a visitor who has not logged in: as he asks for, else as
// his browser does.
func (c *Console) language(r *http.Request) string {
	for _, want := range []string{r.URL.Query().Get("lang"), r.Header.Get("Accept-Language")} {
		for part := range strings.SplitSeq(want, ",") {
			switch tag := strings.ToLower(strings.TrimSpace(part)); {
			case strings.HasPrefix(tag, "zh"):
				return "zh-CN"
			case strings.HasPrefix(tag, "en"):
				return "en"
			}
		}
	}
	return languages[0]
}

// serveStatic serves the embedded files. Their address changes with their body.
func (c *Console) serveStatic(w http.ResponseWriter, r *http.Request) {
	a, ok := c.pages.static[r.PathValue("file")]
	if !ok {
		writeProblem(w, notFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=86400")
	writeBody(w, a.kind, http.StatusOK, a.body)
}
