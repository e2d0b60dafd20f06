package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"ringward/cmd/ringward/config"
	"ringward/numberdb"
)

const serveUsage = `serve [--config FILE] [--data DIR]

Runs the gateway until it is told to stop. SIGTERM (or Ctrl-C) refuses new calls
and waits for the running ones; a second one ends them. Without a configuration
file it serves this machine alone, with example data and a demonstration line.`

func runServe(ctx context.Context, io stdio, args []string) error {
	f := newFlags(io, "serve", serveUsage)
	file := f.String("config", "", "configuration `FILE` (see ringward.example.yaml)")
	data := f.String("data", "", "`DIR` for the databases, instead of the configuration's")
	if rest, err := f.parse(args); err != nil {
		return err
	} else if len(rest) > 0 {
		return f.wrong("unexpected argument %q", rest[0])
	}
	cfg, err := loadConfig(*file, *data)
	if err != nil {
		return err
	}
	tail := newLogTail()
	pipe := newLogPipe(logWriters{tail, io.err})
	defer pipe.close()
	level := new(slog.LevelVar)
	setLevel(level, cfg.Log)
	log := leveledLog(pipe, cfg.Log, level)
	pages := &front{tail: tail}
	var house *demoHouse
	if *file == "" {
		if house, err = openDemoHouse(&cfg, demoPort); err != nil {
			return err
		}
		defer house.close()
	}
	a, err := newApp(cfg, appOptions{log: log, seed: *file == "", events: pages.tell, browsers: pages, dropped: pipe.lost.Load,
		file: *file, reread: func() (config.Config, error) { return loadConfig(*file, *data) }, level: level})
	if err != nil {
		return err
	}
	defer a.close()
	if house != nil {
		if err := house.furnish(ctx, a); err != nil {
			return err
		}
		a.house = house
	} else {
		warnExamples(ctx, a)
	}
	warnFiles(log, cfg.Limits.Calls)
	a.front = pages
	pages.open(ctx, a)
	defer pages.close()
	fmt.Fprint(io.out, a.welcome(), pages.welcome())
	// The first signal ended ctx; the next one ends the calls that still run.
	stopNow, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-ctx.Done()
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		defer signal.Stop(again)
		select {
		case <-again:
			cancel()
		case <-stopNow.Done():
		}
	}()
	return a.run(ctx, stopNow)
}

// loadConfig reads the file, or makes the configuration that needs none.
func loadConfig(file, data string) (config.Config, error) {
	cfg := config.Default()
	if file == "" {
		l := demoLine(fmt.Sprintf("127.0.0.1:%d", demoPort))
		l.Listen, l.OwnerAgreed = "unverified", true // the recording of the demonstration is to be recognised
		cfg.Trunks, cfg.Lines = demoTrunks(), []config.Line{l}
	} else {
		var err error
		if cfg, err = config.Load(file); err != nil {
			return cfg, fmt.Errorf("the configuration is not usable:\n%w", err)
		}
	}
	if data != "" {
		cfg.Data = data
	}
	return cfg, nil
}

// warnExamples says when the number database was used for the demonstration:
// nobody confirmed what that put there.
func warnExamples(ctx context.Context, a *app) {
	for _, e := range []numberdb.Entity{numberdb.Numbers, numberdb.Scams} {
		have, err := a.numbers.List(ctx, e, numberdb.Filter{Source: demoSource, Status: numberdb.Verified, Limit: 1})
		if err == nil && len(have) > 0 {
			a.log.Warn("the number database has records of the demonstration, which nobody confirmed", "table", e, "first", have[0].ID,
				"advice", "use another data directory, or `ringward numbers reject` them")
		}
	}
}

// welcome tells an operator what is served and what to do next.
func (a *app) welcome() string {
	var b strings.Builder
	b.WriteString("Ringward serves:\n")
	for _, l := range a.stack.Addrs() {
		fmt.Fprintf(&b, "  SIP      %s://%s\n", l.Network, l.Addr)
	}
	m := a.cfg.Media
	fmt.Fprintf(&b, "  RTP      %s ports %d-%d\n", m.Address, m.Ports.Min, m.Ports.Max)
	fmt.Fprintf(&b, "  trunks   %d\n  lines    %d configured, %d in the number database\n", len(a.cfg.Trunks), len(a.cfg.Lines), len(a.numbers.Lines()))
	fmt.Fprintf(&b, "  data     %s (number database version %s)\n", a.cfg.Data, a.numbers.Index().Version())
	if err := a.numbers.Trouble(); err != nil {
		fmt.Fprintf(&b, "The number database is not open as it should be, and tried again: %v\n", err)
	}
	if len(a.cfg.Trunks) == 0 {
		b.WriteString("No trunk is configured: every call will be refused. Name the addresses of your carrier under trunks.\n")
	}
	b.WriteString("Stop with Ctrl-C; running calls may end first.\n")
	return b.String()
}
