package console

import (
	"errors"
	"net/http"
	"slices"

	"ringward/console/people"
)

// mayPlay reports whether a reader may have the demonstration's calls placed:
// whoever runs the gateway, and the owner of its line.
func (c *Console) mayPlay(who people.Reader) bool {
	return c.o.Demo != nil && who.Reaches(c.o.Demo.Line()) && (who.Can(people.Manage) || who.Can(people.Act))
}

// mayAct reports whether a reader may speak for the merchant of a line. The
// demonstration's line belongs to whoever runs the gateway, too.
func (c *Console) mayAct(who people.Reader, line string) bool {
	return who.Reaches(line) && (who.Can(people.Act) || c.mayPlay(who) && line == c.o.Demo.Line())
}

type demoPage struct {
	Live   []liveCard
	Scenes []string
	Lines  []Line // the one
}

func pageDemo(v *view) error { return v.demo("demo") }

// pageDemoNow is the part of the page that changes while its call runs.
func pageDemoNow(v *view) error { return v.demo("now") }

func (v *view) demo(page string) error {
	if !v.c.mayPlay(v.reader) {
		return notFound
	}
	p := demoPage{Scenes: v.c.o.Demo.Scenes()}
	for _, l := range v.c.linesOf(v.reader) {
		if l.ID == v.c.o.Demo.Line() {
			p.Lines = append(p.Lines, l)
		}
	}
	live, err := v.live()
	if err != nil {
		return err
	}
	p.Live = slices.DeleteFunc(live, func(l liveCard) bool { return l.Line != v.c.o.Demo.Line() })
	return v.render(http.StatusOK, page, p)
}

// postDemo places a call of the demonstration.
func postDemo(v *view) error {
	scene := v.PostFormValue("scene")
	if !v.c.mayPlay(v.reader) || !slices.Contains(v.c.o.Demo.Scenes(), scene) {
		return notFound
	}
	if err := v.c.note(v.Request, v.reader.Name(), "place demonstration call", scene); err != nil {
		return err
	}
	err := v.c.o.Demo.Play(scene, v.lang)
	if errors.Is(err, ErrBusy) {
		return v.to("/demo", "err", "busy")
	}
	if err != nil {
		return err
	}
	return v.to("/demo", "done", "placed")
}
