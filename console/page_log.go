package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"ringward/calllog"
	"ringward/console/people"
)

// Logs is the end of the gateway's own log.
type Logs interface {
	Lines() []string
	// Watch hands new lines over until leave is called. It drops lines for a
	// slow watcher.
	Watch() (lines <-chan string, leave func())
}

// LineModes sets what is done about verdicts on a line.
type LineModes interface {
	SetMode(ctx context.Context, who string, line Line, mode string) error
}

// LogLine is one event of the log's stream.
type LogLine struct {
	Line string `json:"line"`
}

type logPage struct{ Lines []string }

func pageLog(v *view) error {
	if v.c.o.Logs == nil {
		return notFound
	}
	if err := v.c.note(v.Request, v.reader.Name(), "read log", ""); err != nil { // it names numbers
		return err
	}
	return v.render(http.StatusOK, "log", logPage{v.c.o.Logs.Lines()})
}

// apiLog streams the log as it is written.
func (c *Console) apiLog(a *ask) (any, error) {
	if !c.streams.take(a.reader.User) {
		return nil, problem(429, "streams", fmt.Sprintf("At most %d live streams for one user.", maxStreams))
	}
	defer c.streams.free(a.reader.User)
	if err := c.note(a.Request, a.reader.Name(), "watch log", ""); err != nil {
		return nil, err
	}
	lines, leave := c.o.Logs.Watch()
	defer leave()
	s := &stream{w: a.w, control: http.NewResponseController(a.w)}
	_ = s.control.SetReadDeadline(time.Time{}) // the request is read; a stream has no end
	a.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for err := s.beat(); err == nil; {
		select {
		case <-a.Context().Done():
			return nil, nil
		case <-beat.C:
			if !c.o.People.Still(a.Context(), a.reader) {
				return nil, nil
			}
			err = s.beat()
		case line := <-lines:
			err = s.send("line", 0, LogLine{line})
		}
	}
	return nil, nil
}

type configPage struct{ Text string }

func pageConfig(v *view) error {
	if v.c.o.Config == nil {
		return notFound
	}
	return v.render(http.StatusOK, "config", configPage{v.c.o.Config()})
}

// lineModes are those that the page sets; blocking is set in the configuration,
// which knows how blocked callers can complain.
var lineModes = []string{"off", "shadow", "label", "announce"}

// postLineMode puts a line on trial, or ends that.
func postLineMode(v *view) error {
	mode := v.PostFormValue("mode")
	lines := v.c.linesOf(v.reader)
	i := slices.IndexFunc(lines, func(l Line) bool { return l.ID == v.PostFormValue("line") && l.Number != "" })
	if v.c.o.Modes == nil || i < 0 || !slices.Contains(lineModes, mode) {
		return notFound
	}
	if err := v.c.note(v.Request, v.reader.Name(), "set mode of line", lines[i].ID+": "+mode); err != nil {
		return err
	}
	if err := v.c.o.Modes.SetMode(v.Context(), v.reader.User, lines[i], mode); err != nil {
		return err
	}
	return v.to("/operate", "done", "mode")
}

// ruleRow is a rule on the operator's page.
type ruleRow struct {
	calllog.RuleStats
	Rate string // of false alarms among the calls that merchants spoke of, "" if they did not
}

const ruleDays = 30

func (v *view) rules() ([]ruleRow, error) {
	stats, err := v.c.o.Calls.Rules(v.Context(), v.c.o.Now().AddDate(0, 0, -ruleDays))
	if err != nil {
		return nil, err
	}
	var out []ruleRow
	for _, s := range stats {
		r := ruleRow{RuleStats: s}
		if n := s.Scam + s.NotScam; n > 0 {
			r.Rate = fmt.Sprintf("%d %%", (100*s.NotScam+n/2)/n)
		}
		out = append(out, r)
	}
	return out, nil
}

func (c *Console) operatorOperations() []operation {
	if c.o.Logs == nil {
		return nil
	}
	return []operation{{method: "GET", path: "/v1/log", id: "log", summary: "The gateway's log as it is written, as server-sent events (LogLine)", scope: people.ScopeLog,
		answer: LogLine{}, kind: "text/event-stream", do: c.apiLog}}
}
