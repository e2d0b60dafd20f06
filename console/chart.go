package console

import (
	"context"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"

	"ringward/calllog"
)

// hour is the calls that began within one hour, by level.
type hour struct {
	Start  time.Time
	Levels [calllog.Alarm + 1]int
}

func (h hour) total() int {
	n := 0
	for _, v := range h.Levels {
		n += v
	}
	return n
}

// history keeps the hours that are over: they do not change any more.
type history struct {
	mu    sync.Mutex
	hours map[int64]hour // by Unix time of their start; guarded by mu
	days  map[int64]hour // so, too
}

// lastHours counts the calls of the last n hours, the running one last.
func (c *Console) lastHours(ctx context.Context, n int) ([]hour, error) {
	now := c.o.Now()
	first := now.Truncate(time.Hour).Add(-time.Duration(n-1) * time.Hour)
	h := &c.pages.history
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hours == nil {
		h.hours = map[int64]hour{}
	}
	for at := range h.hours {
		if at < first.Unix() {
			delete(h.hours, at)
		}
	}
	out := make([]hour, 0, n)
	for at := first; !at.After(now); at = at.Add(time.Hour) {
		if old, ok := h.hours[at.Unix()]; ok {
			out = append(out, old)
			continue
		}
		one, err := c.count(ctx, at, at.Add(time.Hour))
		if err != nil {
			return nil, err
		}
		// A call is written when it ends, hours after it began at most.
		if now.Sub(at) > 6*time.Hour {
			h.hours[at.Unix()] = one
		}
		out = append(out, one)
	}
	return out, nil
}

// count counts the calls that began in a span.
func (c *Console) count(ctx context.Context, from, until time.Time) (hour, error) {
	one := hour{Start: from}
	st, err := c.o.Calls.Stats(ctx, calllog.Filter{Since: from, Until: until})
	for l, v := range st.ByLevel {
		if int(l) < len(one.Levels) {
			one.Levels[l] = v
		}
	}
	return one, err
}

// lastDays counts the calls of the last n days, by the clock of this machine.
func (c *Console) lastDays(ctx context.Context, n int) ([]hour, error) {
	now := c.o.Now().Local()
	h := &c.pages.history
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.days == nil || len(h.days) > 4*n {
		h.days = map[int64]hour{}
	}
	out := make([]hour, 0, n)
	for i := n - 1; i >= 0; i-- {
		from := time.Date(now.Year(), now.Month(), now.Day()-i, 0, 0, 0, 0, time.Local)
		if old, ok := h.days[from.Unix()]; ok {
			out = append(out, old)
			continue
		}
		one, err := c.count(ctx, from, time.Date(now.Year(), now.Month(), now.Day()-i+1, 0, 0, 0, 0, time.Local))
		if err != nil {
			return nil, err
		}
		if i > 1 {
			h.days[from.Unix()] = one
		}
		out = append(out, one)
	}
	return out, nil
}

const (
	chartWidth, chartHeight = 720, 180
	chartLeft, chartBottom  = 36, 24
)

// chart draws hours as stacked bars. Every text in it is a number or comes
// from the catalogue; colours come from the style sheet.
func chart(hours []hour, title, tick string, tr func(string, ...any) string) template.HTML {
	top := 4
	for _, h := range hours {
		top = max(top, h.total())
	}
	top = (top + 3) / 4 * 4
	plot := float64(chartHeight - chartBottom - 8)
	y := func(n int) float64 { return 8 + plot*(1-float64(n)/float64(top)) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartWidth, chartHeight, template.HTMLEscapeString(title))
	for i := 0; i <= 4; i += 2 {
		n := top * i / 4
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%d</text>`,
			chartLeft, chartWidth, y(n), y(n), chartLeft-6, y(n)+4, n)
	}
	step := float64(chartWidth-chartLeft) / float64(max(len(hours), 1))
	for i, h := range hours {
		x, sum := float64(chartLeft)+float64(i)*step, 0
		fmt.Fprintf(&b, `<g><title>%s</title>`, template.HTMLEscapeString(barTitle(h, tr)))
		fmt.Fprintf(&b, `<rect class="hit" x="%.1f" y="8" width="%.1f" height="%.1f"/>`, x, step, plot)
		for l, n := range h.Levels {
			if n == 0 {
				continue
			}
			sum += n
			fmt.Fprintf(&b, `<rect class="bar %s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, calllog.Level(l), x+step*0.12, y(sum), step*0.76, y(0)-y(n))
		}
		b.WriteString(`</g>`)
		if tick == "15:04" && h.Start.Local().Hour()%6 == 0 || tick != "15:04" && (len(hours)-1-i)%7 == 0 {
			at, anchor := x+step/2, "middle"
			if at > chartWidth-20 { // the last one would stand out of the picture
				at, anchor = chartWidth, "end"
			}
			fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d" text-anchor="%s">%s</text>`, at, chartHeight-6, anchor, h.Start.Local().Format(tick))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func barTitle(h hour, tr func(string, ...any) string) string {
	parts := []string{h.Start.Local().Format("2006-01-02 15:04")}
	for l, n := range h.Levels {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", tr("level."+calllog.Level(l).String()), n))
		}
	}
	return strings.Join(parts, " · ")
}
