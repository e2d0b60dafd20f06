package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"ringward/console/people"
)

// routes is everything that the console answers.
func (c *Console) routes() http.Handler {
	mux := http.NewServeMux()
	c.ops = c.operations()
	for _, op := range c.ops {
		mux.HandleFunc(op.method+" "+op.path, c.serve(op))
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) { c.nothing(w, r, true) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeBody(w, "application/json", http.StatusOK, []byte(`{"ok":true}`))
	})
	mux.HandleFunc("GET /static/{file}", c.serveStatic)
	mux.HandleFunc("GET /login", c.open(pageLogin))
	mux.HandleFunc("POST /login", c.open(postLogin))
	mux.HandleFunc("GET /setup/{link}", c.open(pageSetup))
	mux.HandleFunc("POST /setup/{link}", c.open(postSetup))
	for _, p := range []struct {
		pattern string
		right   people.Right
		do      func(*view) error
	}{
		{"GET /{$}", 0, pageHome},
		{"GET /now", people.ReadCalls, pageNow},
		{"POST /test", people.Act, postTest},
		{"POST /now/{call}/{act}", people.ReadCalls, postAct},
		{"GET /demo", people.ReadCalls, pageDemo},
		{"GET /demo/now", people.ReadCalls, pageDemoNow},
		{"POST /demo", people.ReadCalls, postDemo},
		{"GET /phone", 0, pagePhone},
		{"GET /calls", people.ReadCalls, pageCalls},
		{"GET /calls/{call}", people.ReadCalls, pageCall},
		{"POST /calls/{call}/report", people.ReadCalls, postReport},
		{"POST /calls/{call}/feedback", people.ReadCalls, postFeedback},
		{"GET /saved", people.Save, pageSaved},
		{"POST /saved", people.Save, postSaved},
		{"POST /saved/forget", people.Save, postForget},
		{"GET /privacy", people.Act, pagePrivacy},
		{"POST /privacy", people.Save, postPrivacy},
		{"GET /check", people.AskVerdict, pageCheck},
		{"GET /operate", people.Health, pageOperate},
		{"GET /operate/now", people.Health, pageOperateNow},
		{"GET /operate/log", people.Manage, pageLog},
		{"GET /operate/config", people.Manage, pageConfig},
		{"POST /operate/mode", people.Manage, postLineMode},
		{"GET /numbers", people.Register, pageNumbers},
		{"GET /numbers/{entity}", people.Register, pageRecords},
		{"POST /numbers/{entity}", people.Register | people.Edit, postRecord},
		{"GET /numbers/{entity}/{id}", people.Register, pageRecord},
		{"GET /numbers/{entity}/{id}/edit", people.Register | people.Edit, pageEdit},
		{"POST /numbers/{entity}/{id}/{act}", people.Register | people.Edit, postRecordAct},
		{"GET /number", people.Register, pageNumber},
		{"GET /campaigns", people.Register, pageCampaigns},
		{"GET /review", people.Register, pageReview},
		{"POST /review/preview", people.Register, postPreview},
		{"POST /review/{act}", people.Review, postReview},
		{"GET /conflicts", people.Register, pageConflicts},
		{"POST /conflicts", people.Register, postConflict},
		{"GET /import", people.Edit, pageImport},
		{"POST /import", people.Edit, postImport},
		{"POST /import/go", people.Edit, postImportGo},
		{"GET /bench", people.Register | people.AskVerdict, pageBench},
		{"POST /bench/transcript", people.Register | people.AskVerdict, postTranscript},
		{"POST /bench/recording", people.Register | people.AskVerdict, postRecording},
		{"GET /hooks", people.Manage, pageHooks},
		{"POST /hooks/{hook}/{act}", people.Manage, postHook},
		{"GET /people", people.Manage, pagePeople},
		{"POST /people", people.Manage, postPeople},
		{"GET /people/{user}", people.Manage, pagePerson},
		{"POST /people/{user}", people.Manage, postPerson},
		{"POST /people/{user}/link", people.Manage, postPersonLink},
		{"GET /audit", people.Audit, pageAudit},
		{"POST /audit/verify", people.Audit, postVerify},
		{"GET /api", people.Tokens, pageAPI},
		{"POST /api/tokens", people.Tokens, postToken},
		{"POST /api/tokens/delete", people.Tokens, postTokenDelete},
		{"GET /account", 0, pageAccount},
		{"POST /account/{act}", 0, postAccount},
		{"POST /logout", 0, postLogout},
	} {
		mux.HandleFunc(p.pattern, c.page(p.right, p.do))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { c.nothing(w, r, false) })
	return mux
}

// nothing answers what is no route. Whether something is there is told only
// to those who are logged in.
func (c *Console) nothing(w http.ResponseWriter, r *http.Request, api bool) {
	reader, err := c.who(r, false)
	switch {
	case api && err != nil:
		writeProblem(w, unauthorised)
	case api:
		writeProblem(w, notFound)
	case err != nil && r.Method == http.MethodGet:
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case err != nil:
		writeProblem(w, problem(http.StatusForbidden, "", "Log in first."))
	default:
		v := &view{Request: r, c: c, w: w, reader: reader, lang: reader.Lang}
		c.show(v, notFound)
	}
}

// open is a page for those who have not logged in.
func (c *Console) open(do func(*view) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &view{Request: r, c: c, w: w, lang: c.language(r)}
		if err := do(v); err != nil {
			c.show(v, err)
		}
	}
}

// page is a page for a reader with a right, in a session. A token opens none.
func (c *Console) page(right people.Right, do func(*view) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &view{Request: r, c: c, w: w, lang: c.language(r)}
		reader, err := c.o.People.Session(r.Context(), c.session(r), !strings.HasSuffix(r.URL.Path, "/now"))
		switch {
		case errors.Is(err, people.ErrNotFound) && r.Method == http.MethodGet:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		case errors.Is(err, people.ErrNotFound):
			err = problem(http.StatusForbidden, "", "Log in first.")
		case err == nil:
			v.reader, v.lang = reader, reader.Lang
			err = c.pageAllowed(v, right)
		}
		if err == nil {
			err = do(v)
		}
		if err != nil {
			c.show(v, err)
		}
	}
}

func (c *Console) pageAllowed(v *view, right people.Right) error {
	if !v.reader.Can(right) {
		return forbidden
	}
	if v.Method == http.MethodGet {
		return nil
	}
	token := v.Header.Get("X-CSRF-Token")
	if isUpload(v.Request) {
		if !v.c.fromOwnPage(v.Request) {
			return problem(http.StatusForbidden, "origin", "Not from one of the console's own pages.")
		}
		if err := v.readUpload(); err != nil {
			return err
		}
		token = v.PostForm.Get("csrf_token")
	} else if token == "" {
		if err := v.ParseForm(); err != nil {
			return badForm(err)
		}
		token = v.PostForm.Get("csrf_token")
	}
	if !c.csrfOK(v.Request, token) {
		return problem(http.StatusForbidden, "origin", "Not from one of the console's own pages.")
	}
	return nil
}

func badForm(err error) error {
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		return err
	}
	return problem(http.StatusBadRequest, "", "The form cannot be read.")
}

// show is the page of an error.
func (c *Console) show(v *view, err error) {
	p := c.problem(v.Request, err)
	if p.after > 0 {
		v.w.Header().Set("Retry-After", "60")
	}
	if err := v.render(p.Status, "error", p); err != nil {
		c.o.Log.Error("the page of an error cannot be shown", "err", err)
		writeProblem(v.w, p)
	}
}

// to sends the reader to a page after a write, with a message of the catalogue.
func (v *view) to(path, kind, key string) error {
	if key != "" {
		path += "?" + url.Values{kind: {key}}.Encode()
	}
	http.Redirect(v.w, v.Request, path, http.StatusSeeOther)
	return nil
}
