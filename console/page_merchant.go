package console

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"ringward/calllog"
	"ringward/console/people"
)

// home is the first page of each role.
func home(who people.Reader) string {
	switch {
	case who.Role == people.Merchant:
		return "/"
	case who.Can(people.Health):
		return "/operate"
	}
	return "/numbers"
}

// liveCard is a running call on the merchant's page.
type liveCard struct {
	LiveCall
	Look      string // level as it is shown: listed, dismissed, or the verdict's
	MayHangUp bool
	MayTell   bool
	MayReport bool // where it cannot be ended from here
}

type homePage struct {
	Tests  bool
	Live   []liveCard
	Recent []CallSummary
	Lines  []Line
	Kept   bool
}

func pageHome(v *view) error {
	if v.reader.Role == people.Operator && v.c.mayPlay(v.reader) {
		return v.to("/demo", "", "") // what a newcomer is here for
	}
	if to := home(v.reader); to != "/" {
		return v.to(to, "", "")
	}
	live, err := v.live()
	if err != nil {
		return err
	}
	recent, err := v.c.listCalls(v.Request, v.reader, calllog.Filter{Limit: 8})
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "home", homePage{v.c.o.Tests != nil, live, recent.Items, v.c.linesOf(v.reader), v.c.o.Calls != nil})
}

// pageNow is the part of the page that changes while calls run.
func pageNow(v *view) error {
	live, err := v.live()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "now", homePage{Live: live, Lines: v.c.linesOf(v.reader)})
}

// live returns the running calls as cards, the most doubtful first.
func (v *view) live() ([]liveCard, error) {
	calls := v.c.hub.calls(v.reader.Reaches)
	if err := v.c.noteLive(v.Request, v.reader, calls); err != nil {
		return nil, err
	}
	cards := make([]liveCard, 0, len(calls))
	for _, l := range calls {
		look := l.Verdict.Level
		switch {
		case l.Verdict.Dismissed:
			look = "dismissed"
		case l.listed:
			look = "listed"
		}
		act := v.c.mayAct(v.reader, l.Line)
		cards = append(cards, liveCard{LiveCall: l, Look: look, MayHangUp: act && v.c.o.Refuse != nil, MayReport: act && v.c.o.Refuse == nil && l.Caller != "",
			MayTell: act && v.c.o.Dismiss != nil && !l.Verdict.Dismissed})
	}
	weight := []string{"listed", "alarm", "warning", "unknown", "notice", "clear", "dismissed"}
	slices.SortStableFunc(cards, func(a, b liveCard) int { return slices.Index(weight, a.Look) - slices.Index(weight, b.Look) })
	return cards, nil
}

// postTest has the warnings played to the merchant's telephone.
func postTest(v *view) error {
	err := v.c.testCall(v.Request, v.reader, v.PostFormValue("line"))
	switch {
	case errors.Is(err, ErrBusy):
		return v.to("/", "err", "testbusy")
	case errors.Is(err, ErrQuestion):
		return v.to("/", "err", "testphone")
	case err != nil:
		return err
	}
	return v.to("/", "done", "testing")
}

func (c *Console) apiTest(a *ask) (any, error) {
	return Done{true}, c.testCall(a.Request, a.reader, a.PathValue("line"))
}

func (c *Console) testCall(r *http.Request, who people.Reader, id string) error {
	if c.o.Tests == nil {
		return notFound
	}
	line, err := c.lineToSave(who, id)
	if err != nil {
		return err
	}
	if err := c.note(r, who.Name(), "test call", line.ID); err != nil {
		return err
	}
	return c.o.Tests.Test(line)
}

// postAct is a button in a running call.
func postAct(v *view) error {
	act, done := "", ""
	switch v.PathValue("act") {
	case "dismiss":
		act, done = "dismiss call", "dismissed"
	case "refuse":
		act, done = "refuse call", "refused"
	case "report":
		act, done = "report caller", "reported"
	}
	if act == "" || act == "dismiss call" && v.c.o.Dismiss == nil || act == "refuse call" && v.c.o.Refuse == nil {
		return notFound
	}
	var err error
	if act == "report caller" {
		err = v.c.reportCall(v.Request, v.reader, v.PathValue("call"))
	} else {
		err = v.c.actOn(v.Request, v.reader, v.PathValue("call"), act)
	}
	back := home(v.reader)
	if v.reader.Role != people.Merchant {
		back = "/demo" // nobody else acts on another line
	}
	if errors.Is(err, ErrNoCall) || errors.Is(err, notFound) {
		return v.to(back, "err", "over")
	}
	if err != nil {
		return err
	}
	return v.to(back, "done", done)
}

type callsPage struct {
	CallList
	Lines       []Line
	Line, Level string
	Caller      string
	Kept, All   bool
}

func pageCalls(v *view) error {
	q := v.URL.Query()
	p := callsPage{Lines: v.c.linesOf(v.reader), Line: q.Get("line"), Level: q.Get("level"), Caller: q.Get("caller"), Kept: v.c.o.Calls != nil, All: v.reader.Can(people.AllLines)}
	f := calllog.Filter{Limit: 50, AtLeast: levelNamed(p.Level), Caller: v.c.canonical(p.Caller), Cursor: q.Get("cursor")}
	if p.Line != "" {
		f.Lines = []string{p.Line}
	}
	var err error
	p.CallList, err = v.c.listCalls(v.Request, v.reader, f)
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "calls", p)
}

type callPage struct {
	CallRecord
	Said      string // "", scam, not-scam
	MaySay    bool
	MayReport bool
	Line      Line
	MaySave   bool
}

func pageCall(v *view) error {
	rec, err := v.c.readCall(v.Request, v.reader, v.PathValue("call"))
	if err != nil {
		return err
	}
	act := v.c.mayAct(v.reader, rec.CallSummary.Line)
	p := callPage{CallRecord: rec, MayReport: act && rec.Caller != "", MaySay: act}
	said, err := v.c.o.Calls.Said(v.Context(), rec.ID)
	if err != nil {
		return err
	}
	if len(said) > 0 {
		p.Said = map[bool]string{true: "scam", false: "not-scam"}[said[0].Scam]
	}
	if l, err := v.c.lineToSave(v.reader, rec.CallSummary.Line); err == nil && rec.Caller != "" {
		p.Line, p.MaySave = l, true
	}
	return v.render(http.StatusOK, "call", p)
}

// postFeedback takes the merchant's word on a past call.
func postFeedback(v *view) error {
	id := v.PathValue("call")
	if err := v.c.feedback(v.Request, v.reader, id, v.PostFormValue("scam") == "1"); err != nil {
		return err
	}
	return v.to("/calls/"+id, "done", "thanks")
}

func postReport(v *view) error {
	id := v.PathValue("call")
	if err := v.c.reportCall(v.Request, v.reader, id); err != nil {
		return err
	}
	return v.to("/calls/"+id, "done", "reported")
}

type savedPage struct {
	Lines     []savedLine
	Relations []string
}

type savedLine struct {
	Line
	Saved []Saved
	Can   bool
}

func pageSaved(v *view) error {
	p := savedPage{Relations: relations}
	for _, l := range v.c.linesOf(v.reader) {
		s := savedLine{Line: l, Can: l.Number != ""}
		if s.Can {
			var err error
			if s.Saved, err = v.c.savedOf(v.Context(), l); err != nil {
				return err
			}
		}
		p.Lines = append(p.Lines, s)
	}
	return v.render(http.StatusOK, "saved", p)
}

func postSaved(v *view) error {
	in := SavedInput{Number: v.PostFormValue("number"), Relation: v.PostFormValue("relation"), Label: v.PostFormValue("label")}
	if _, err := v.c.save(v.Request, v.reader, v.PostFormValue("line"), in); err != nil {
		if p, _ := problemOf(err); p.Status == http.StatusUnprocessableEntity {
			return v.to("/saved", "err", "saved")
		}
		return err
	}
	return v.to("/saved", "done", "saved")
}

func postForget(v *view) error {
	id, err := strconv.ParseInt(v.PostFormValue("id"), 10, 64)
	if err != nil {
		return notFound
	}
	if err := v.c.forget(v.Request, v.reader, v.PostFormValue("line"), id); err != nil {
		return err
	}
	return v.to("/saved", "done", "forgotten")
}

type privacyPage struct {
	Lines []Line
	May   bool // switches
	Days  int
	Keeps bool // on some line
}

func pagePrivacy(v *view) error {
	p := privacyPage{Lines: v.c.linesOf(v.reader), May: v.c.o.Choices != nil}
	if v.c.o.Calls != nil {
		p.Days = int(v.c.o.Retention.Hours() / 24)
	}
	p.Keeps = slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Keeps })
	return v.render(http.StatusOK, "privacy", p)
}

type checkPage struct {
	Lines    []Line
	Question Question
	Answer   *Answer
}

// pageCheck asks what would happen to a caller.
func pageCheck(v *view) error {
	if v.c.o.Verdicts == nil {
		return notFound
	}
	q := v.URL.Query()
	p := checkPage{Lines: v.c.linesOf(v.reader), Question: Question{Number: q.Get("number"), Name: q.Get("name"), Line: q.Get("line")}}
	if p.Question.Number != "" {
		a, err := v.c.verdict(v.Request, v.reader, p.Question)
		if err != nil {
			return err
		}
		p.Answer = &a
	}
	return v.render(http.StatusOK, "check", p)
}
