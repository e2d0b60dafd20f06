package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ringward/calllog"
	"ringward/cmd/ringward/config"
)

const callsUsage = `calls list [--line ID] [--since 24h] [--level warning] [--json]
       ringward calls show ID [--json]

Lists past calls, or tells all that is kept of one: verdicts with their reasons,
what the merchant heard, keys pressed. No sound and no words are kept.`

func runCalls(ctx context.Context, io stdio, args []string) error {
	f := newFlags(io, "calls", callsUsage)
	file := f.String("config", "", "configuration `FILE`")
	data := f.String("data", "", "`DIR` of the databases")
	line := f.String("line", "", "only this line")
	since := f.Duration("since", 24*time.Hour, "how far back")
	level := f.String("level", "", "at least: clear, notice, warning or alarm")
	lang := f.String("lang", "zh-CN", "language of the reasons, zh-CN or en")
	asJSON := f.Bool("json", false, "print one JSON document")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	cfg, err := loadConfig(*file, *data)
	if err != nil {
		return err
	}
	l, err := openCalls(cfg)
	if err != nil {
		return err
	}
	defer l.Close(ctx)
	switch {
	case len(rest) == 1 && rest[0] == "list":
		filter := calllog.Filter{Since: time.Now().Add(-*since), AtLeast: levelNamed(*level), Limit: 200}
		if *line != "" {
			filter.Lines = []string{*line}
		}
		return listCalls(ctx, io, l, filter, *asJSON)
	case len(rest) == 2 && rest[0] == "show":
		return showCall(ctx, io, l, rest[1], *lang, *asJSON)
	}
	return f.wrong("expected list, or show ID")
}

func openCalls(cfg config.Config) (*calllog.Log, error) {
	return calllog.Open(calllog.Options{Path: callsFile(cfg.Data), Retention: cfg.Calls.Retention})
}

func levelNamed(s string) calllog.Level {
	for l := calllog.Unknown; l <= calllog.Alarm; l++ {
		if l.String() == s {
			return l
		}
	}
	return calllog.Unknown
}

func listCalls(ctx context.Context, io stdio, l *calllog.Log, f calllog.Filter, asJSON bool) error {
	page, err := l.List(ctx, f)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(io.out, page)
	}
	if len(page.Calls) == 0 {
		fmt.Fprintln(io.out, "no calls")
		return nil
	}
	fmt.Fprintf(io.out, "%-16s  %-19s  %-12s  %-20s  %-8s  %-10s  %s\n", "ID", "START", "LINE", "CALLER", "LEVEL", "ACTION", "OUTCOME")
	for _, c := range page.Calls {
		fmt.Fprintf(io.out, "%-16s  %-19s  %-12s  %-20s  %-8s  %-10s  %s\n", c.ID, c.Start.Local().Format(time.DateTime), c.Line,
			orElse(c.Caller, "(withheld)"), c.Level, c.Action, c.Outcome)
	}
	return nil
}

func showCall(ctx context.Context, io stdio, l *calllog.Log, id, lang string, asJSON bool) error {
	r, err := l.Get(ctx, id)
	if errors.Is(err, calllog.ErrNotFound) {
		return fmt.Errorf("there is no call %s; `ringward calls list --since 720h` shows a month", id)
	}
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(io.out, r)
	}
	fmt.Fprintf(io.out, "call    %s\nstart   %s\nline    %s (trunk %s)\ncaller  %s %s\nverdict %s, action %s\noutcome %s %d, ended by %s\n", r.ID,
		r.Start.Local().Format(time.DateTime), r.Line, r.Trunk, orElse(r.Caller, "(withheld)"), r.CallerName, r.Level, r.Action, r.Outcome, r.Status, r.EndedBy)
	for _, reason := range r.Reasons {
		text := reason.ZH
		if lang == "en" {
			text = reason.EN
		}
		fmt.Fprintf(io.out, "  because %s [%s]\n", text, reason.Rule)
	}
	for _, e := range r.Events {
		fmt.Fprintf(io.out, "  %8.3f s  %-10s %s\n", e.At.Seconds(), e.Kind, e.Detail)
	}
	fmt.Fprintf(io.out, "rules %s, numbers %s\n", r.RulesVersion, r.IndexVersion)
	return nil
}
