package console

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"ringward/numberdb"
)

// importable are the tables that the page imports into.
var importable = []numberdb.Entity{numberdb.Numbers, numberdb.Scams, numberdb.Institutions, numberdb.Patterns}

// waitingImports are files that were looked through and wait for their
// analyst's word.
type waitingImports struct {
	mu   sync.Mutex
	list map[string]waitingImport // by token; guarded by mu
}

type waitingImport struct {
	user, path string
	options    numberdb.ImportOptions
	reason     string
	at         time.Time
}

const (
	maxWaitingImports = 8
	importPatience    = 30 * time.Minute
)

// add keeps a file until its analyst decides; the oldest goes for it if there
// are too many.
func (w *waitingImports) add(i waitingImport) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.list == nil {
		w.list = map[string]waitingImport{}
	}
	oldest := ""
	for token, o := range w.list {
		switch {
		case i.at.Sub(o.at) > importPatience:
			w.forget(token)
		case oldest == "" || o.at.Before(w.list[oldest].at):
			oldest = token
		}
	}
	if len(w.list) >= maxWaitingImports {
		w.forget(oldest)
	}
	token := rand.Text()
	w.list[token] = i
	return token
}

// forget deletes a file; mu is held.
func (w *waitingImports) forget(token string) {
	_ = os.Remove(w.list[token].path) // it is a copy: the system clears it in time
	delete(w.list, token)
}

// take gives a file out once, to the person who brought it.
func (w *waitingImports) take(token, user string) (waitingImport, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i, ok := w.list[token]
	if !ok || i.user != user {
		return waitingImport{}, false
	}
	delete(w.list, token)
	return i, true
}

// clear deletes all files, at the end.
func (w *waitingImports) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for token := range w.list {
		w.forget(token)
	}
}

type importPage struct {
	Tab      string
	Entities []numberdb.Entity
	Report   *numberdb.ImportReport
	Diff     []importDiff
	Token    string
	Name     string
	Done     bool
	Wrong    string
}

type importDiff struct {
	Line   int
	Fields []fieldChange
}

// importShown is how many bad rows and differences a page shows.
const importShown = 100

func pageImport(v *view) error {
	return v.render(http.StatusOK, "import", importPage{Tab: "import", Entities: importable})
}

// postImport looks a file through and shows what it would change. Nothing is
// changed before the analyst has seen it.
func postImport(v *view) error {
	o := numberdb.ImportOptions{Name: strings.TrimSpace(v.PostForm.Get("name")), Entity: numberdb.Entity(v.PostForm.Get("entity")), Format: v.PostForm.Get("format"),
		Country: v.c.o.Country, Source: strings.TrimSpace(v.PostForm.Get("source"))}
	p := importPage{Tab: "import", Entities: importable, Name: o.Name}
	if !slices.Contains(importable, o.Entity) || v.file == nil {
		return v.to("/import", "err", "nofile")
	}
	if o.Format == "" {
		o.Format = fileKind(v.file)
	}
	path, err := v.keepUpload()
	if err != nil {
		return err
	}
	i := waitingImport{v.reader.User, path, o, v.PostForm.Get("reason"), v.c.o.Now()}
	i.options.DryRun = true
	report, err := v.importFile(i)
	if err != nil {
		_ = os.Remove(path)
		if !refused(err) {
			return err
		}
		p.Wrong = err.Error()
		return v.render(http.StatusUnprocessableEntity, "import", p)
	}
	i.options.DryRun = false
	p.Token = v.c.imports.add(i)
	p.take(o.Entity, report)
	return v.render(http.StatusOK, "import", p)
}

// postImportGo does what was shown.
func postImportGo(v *view) error {
	i, ok := v.c.imports.take(v.PostFormValue("token"), v.reader.User)
	if !ok {
		return v.to("/import", "err", "importgone")
	}
	defer os.Remove(i.path)
	if v.PostFormValue("act") != "go" {
		return v.to("/import", "done", "dropped")
	}
	control := http.NewResponseController(v.w)
	_ = control.SetWriteDeadline(time.Now().Add(uploadTime))
	p := importPage{Tab: "import", Entities: importable, Name: i.options.Name, Done: true}
	report, err := v.importFile(i)
	if err != nil {
		if !refused(err) {
			return err
		}
		p.Wrong = err.Error()
		return v.render(http.StatusUnprocessableEntity, "import", p)
	}
	p.take(i.options.Entity, report)
	return v.render(http.StatusOK, "import", p)
}

func (v *view) importFile(i waitingImport) (numberdb.ImportReport, error) {
	f, err := os.Open(i.path)
	if err != nil {
		return numberdb.ImportReport{}, err
	}
	defer f.Close()
	return v.c.o.Numbers.Import(v.Context(), v.author(i.reason), f, i.options)
}

// take fills a page with a report.
func (p *importPage) take(entity numberdb.Entity, r numberdb.ImportReport) {
	for _, d := range r.Diff[:min(len(r.Diff), importShown)] {
		p.Diff = append(p.Diff, importDiff{d.Line, diffDocs(entity, []byte(d.Before), []byte(d.After))})
	}
	r.BadRows = r.BadRows[:min(len(r.BadRows), importShown)]
	p.Report = &r
}

// keepUpload copies the file of a form to the disk.
func (v *view) keepUpload() (path string, err error) {
	f, err := os.CreateTemp(v.c.o.Scratch, "ringward-import-*")
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = io.Copy(f, v.file) // bounded by the limit of the body
	return f.Name(), err
}
