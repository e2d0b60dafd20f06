package console

import (
	"html/template"
	"net/http"
	"time"

	"ringward/calllog"
	"ringward/console/people"
	"ringward/numbering"
)

// canonical is a number as people type it in its normal form; other text as it is.
func (c *Console) canonical(s string) string {
	if s == "" {
		return ""
	}
	if p := numbering.Parse(s, numbering.Options{Country: c.o.Country}); !p.Number.IsZero() {
		return p.Number.String()
	}
	return s
}

type operatePage struct {
	Live     []liveCard
	Gauges   []Gauge
	Trunks   []Trunk
	Lines    []Line
	Chart    template.HTML
	Day      []count
	Outcomes []count
	Log      *calllog.Counters
	Register string
	Kept     bool
	Month    template.HTML
	Rules    []ruleRow
	Phones   []PhoneRegistered
	Modes    []string // that the reader may set
	HasLog   bool
	HasConf  bool
}

type count struct {
	Key string
	N   int
}

func pageOperate(v *view) error {
	p, err := v.operateNow()
	if err != nil {
		return err
	}
	p.Lines, p.Register = v.c.linesOf(v.reader), v.c.o.Numbers.Index().Version()
	if v.c.o.Health != nil {
		p.Trunks, p.Phones = v.c.o.Health.Trunks(), v.c.o.Health.Phones()
	}
	if v.reader.Can(people.Manage) {
		p.HasLog, p.HasConf = v.c.o.Logs != nil, v.c.o.Config != nil
		if v.c.o.Modes != nil {
			p.Modes = lineModes
		}
	}
	if v.c.o.Calls != nil {
		if err := v.figures(&p); err != nil {
			return err
		}
	}
	return v.render(http.StatusOK, "operate", p)
}

// pageOperateNow is the part of the page that changes while calls run.
func pageOperateNow(v *view) error {
	p, err := v.operateNow()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "operate_now", p)
}

func (v *view) operateNow() (operatePage, error) {
	p := operatePage{Kept: v.c.o.Calls != nil}
	if v.c.o.Health != nil {
		p.Gauges = v.c.o.Health.Gauges()
	}
	var err error
	if v.reader.Can(people.ReadCalls) {
		p.Live, err = v.live()
	}
	if len(p.Live) > maxShown {
		p.Live = p.Live[:maxShown]
	}
	return p, err
}

// maxShown is how many running calls the operator's page shows, the most
// doubtful first.
const maxShown = 50

// figures counts the calls of the last day.
func (v *view) figures(p *operatePage) error {
	hours, err := v.c.lastHours(v.Context(), 24)
	if err != nil {
		return err
	}
	tr := func(key string, args ...any) string { return v.c.pages.tr(v.lang, key, args...) }
	p.Chart = chart(hours, tr("chart.calls"), "15:04", tr)
	days, err := v.c.lastDays(v.Context(), ruleDays)
	if err != nil {
		return err
	}
	p.Month = chart(days, tr("chart.month"), "01-02", tr)
	if p.Rules, err = v.rules(); err != nil {
		return err
	}
	st, err := v.c.o.Calls.Stats(v.Context(), calllog.Filter{Since: v.c.o.Now().Add(-24 * time.Hour)})
	if err != nil {
		return err
	}
	for l := calllog.Alarm; ; l-- {
		p.Day = append(p.Day, count{l.String(), st.ByLevel[l]})
		if l == calllog.Unknown {
			break
		}
	}
	for _, o := range []string{"answered", "blocked", "refused", "cancelled", "busy", "no-answer", "failed", "overloaded"} {
		p.Outcomes = append(p.Outcomes, count{"outcome." + o, st.ByOutcome[o]})
	}
	n := v.c.o.Calls.Counters()
	p.Log = &n
	return nil
}
