package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"ringward/calllog"
	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/media"
	"ringward/media/webrtc"
	"ringward/numberdb"
	"ringward/observe"
	"ringward/observe/hep"
	"ringward/sip"
	"ringward/sip/registrar"
	"ringward/sip/transport"
	"ringward/stir/certs"
)

// app is a running gateway with everything plugged together. It is built by
// newApp, served by run and let go of by close.
type app struct {
	cfg      config.Config                 // that it began with
	now      atomic.Pointer[config.Config] // that holds now
	log      *slog.Logger
	numbers  *numberdb.Store
	voice    voice
	words    *words
	hearing  *hearing
	lines    *lines
	accounts atomic.Pointer[accounts] // telephones that register
	phones   *registrar.Registrar     // where they are; nil: no line has any
	moved    atomic.Bool              // that changed since it was written
	options  appOptions
	media    *media.Engine
	gateway  *gateway.Gateway
	reports  *reporter
	feeds    *feeds
	recorder *recorder
	tls      *certificates // nil: no certificate is configured
	stack    *sip.Stack
	front    *front       // nil: no console
	signers  *certs.Store // certificates of caller identities; nil: none are checked
	meters   *meters
	private  *observe.Server // nil: no private port
	trace    *hep.Sender     // nil: nothing is captured
	dropped  func() uint64   // log lines lost; nil: not known
	serving  atomic.Bool
	browsers *webrtc.Endpoint // nil: no telephone in the browser
	house    *demoHouse       // nil: no demonstration line
}

// appOptions are what callers of newApp decide beyond the configuration.
type appOptions struct {
	log      *slog.Logger
	seed     bool                // fill an empty number database with the examples
	events   func(gateway.Event) // told of what happens in calls; nil for nobody
	browsers gateway.Browsers    // where the telephone is open in a browser; nil for nowhere
	recorded func(gateway.Record)
	dropped  func() uint64                 // log lines lost so far; nil: not known
	file     string                        // of the configuration; "" for none
	reread   func() (config.Config, error) // reads file again
	level    *slog.LevelVar                // of log; nil: it cannot change
}

func newApp(cfg config.Config, o appOptions) (_ *app, err error) {
	a := &app{cfg: cfg, options: o, log: o.log, meters: newMeters(), dropped: o.dropped}
	a.now.Store(&cfg)
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if err := makeData(cfg.Data); err != nil {
		return nil, err
	}
	if a.numbers, err = numberdb.Open(numbersFile(cfg.Data), numberdb.Options{Log: o.log, SeedExamples: o.seed, Serve: true}); err != nil {
		return nil, fmt.Errorf("number database: %w", err)
	}
	a.reports = &reporter{db: a.numbers, log: o.log}
	a.feeds = newFeeds(cfg, a.numbers, o.log)
	a.recorder = &recorder{meters: a.meters, also: o.recorded}
	a.openCallLog()
	if a.voice, err = openVoice(cfg.Prompts.Folder, o.log); err != nil {
		return nil, err
	}
	a.words = newWords(cfg.Data, cfg.Speech.KeepWords, o.log)
	a.hearing = newHearing(cfg, a.numbers, a.words.add, o.log)
	m := cfg.Media
	if err := ours(m.Address); err != nil {
		return nil, err
	}
	if a.media, err = media.NewEngine(media.Config{Addr: m.Address, Advertise: m.Advertise, MinPort: m.Ports.Min, MaxPort: m.Ports.Max,
		Quarantine: m.Quarantine, Log: o.log}); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	a.openBrowsers(o.browsers)
	g := a.gatewayConfig(o)
	if err := a.addEdges(&g); err != nil {
		return nil, err
	}
	if g.Identities, a.signers, err = openIdentities(cfg.Identity, o.log); err != nil {
		return nil, err
	}
	if a.gateway, err = gateway.New(g); err != nil {
		return nil, err
	}
	if a.tls, err = openTLS(cfg.TLS); err != nil {
		return nil, err
	}
	if err = a.openObserve(); err != nil {
		return nil, err
	}
	if a.stack, err = sip.New(a.sipConfig(), a.gateway); err != nil {
		return nil, fmt.Errorf("SIP: %w", err)
	}
	a.gateway.Attach(a.stack)
	return a, nil
}

// ours tries the media address, so that a wrong one is noticed before the first
// call is.
func ours(addr netip.Addr) error {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		return fmt.Errorf("media.address %s cannot be used on this machine: %w", addr, err)
	}
	return c.Close()
}

// makeData makes the directory of the databases, for this user alone.
func makeData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

func numbersFile(data string) string { return filepath.Join(data, "numbers.db") }
func callsFile(data string) string   { return filepath.Join(data, "calls.db") }

// openCallLog opens the record of calls. Without it the gateway still serves:
// no call is lost for want of its record, and runCallLog tries again.
func (a *app) openCallLog() {
	l, err := calllog.Open(calllog.Options{Path: callsFile(a.cfg.Data), Log: a.log, Retention: a.cfg.Calls.Retention})
	if err != nil {
		a.log.Error("calls are not recorded for now", "err", err, "again_in", callLogRetry)
		return
	}
	a.recorder.log.Store(l)
}

// callLogRetry is the time between attempts to open a call log that could not
// be opened.
const callLogRetry = 30 * time.Second

// runCallLog writes records, after opening the log if that failed at first.
func (a *app) runCallLog(ctx context.Context) error {
	tick := time.NewTicker(callLogRetry)
	defer tick.Stop()
	for a.recorder.log.Load() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			a.openCallLog()
		}
	}
	return a.recorder.log.Load().Run(ctx)
}

func (a *app) gatewayConfig(o appOptions) gateway.Config {
	a.lines = newLines(a.cfg.Lines, a.numbers)
	g := liveConfig(a.cfg)
	g.Log, g.Media, g.Register, g.Voice, g.Ears = o.log, a.media, a.numbers, a.voice, a.hearing
	g.Events, g.Browsers, g.WebRTC = o.events, o.browsers, a.browsers
	g.Lines, g.Reports, g.Recorder = a.lines, a.reports, a.recorder
	g.Country, g.Host = a.cfg.Country, a.cfg.Name
	return g
}

// liveConfig is the part of the gateway's configuration that can change while it
// runs (gateway.Reload), but for what addEdges adds to trunks.
func liveConfig(c config.Config) gateway.Config {
	g := gateway.Config{
		MaxCalls: c.Limits.Calls, RingTimeout: c.Limits.RingTimeout, MaxDuration: c.Limits.CallDuration, QueueDelay: c.Limits.QueueDelay, SilenceLimit: c.Limits.Silence,
		ChoiceTimeout: c.Limits.AnnounceAfter, DuckDB: c.Prompts.DuckDB, Outbound: c.Hotline, Redress: redressOf(c.Redress),
	}
	for _, t := range c.Trunks {
		g.Trunks = append(g.Trunks, gateway.Trunk{
			Name: t.Name, Sources: t.Sources, Trusted: t.Trusted, Domestic: t.Domestic, ScreensNumbers: t.ScreensNumbers,
			International: t.International, Area: trimZero(t.Area), NAT: t.NAT, FailClosed: t.FailClosed,
			MaxCalls: t.MaxCalls, CallsPerSecond: t.CallsPerSecond,
			Identity: identityOf(t), IdentityRefuse: t.IdentityFails == "refuse",
			SRTP: srtpOf(t.SRTP), SRTPClearKeys: t.SRTPClearKeys,
			Mode: modeOf(t), Redirect: redirectOf(t), SessionTimer: t.SessionTimer, EarlyMedia: earlyMediaOf(t),
		})
	}
	return g
}

func srtpOf(word string) gateway.SRTP {
	s, _ := gateway.ParseSRTP(word) // checked by config
	return s
}

// modeOf and redirectOf read words that config has checked.
func modeOf(t config.Trunk) gateway.Mode {
	m, _ := gateway.ParseMode(t.Mode)
	return m
}

func redirectOf(t config.Trunk) gateway.Redirect {
	clean, _ := strconv.Atoi(orElse(t.Redirect.Clean, "302"))
	return gateway.Redirect{Clean: clean, Contact: t.Redirect.Contact}
}

// trimZero takes the national prefix off an area code: "010" is area 10.
func trimZero(area string) string {
	for len(area) > 1 && area[0] == '0' {
		area = area[1:]
	}
	return area
}

// mostCalls is what limits.calls may be raised to while the gateway runs: the
// media ports are for so many.
func (a *app) mostCalls() int {
	p := a.cfg.Media.Ports
	return max(a.cfg.Limits.Calls, (int(p.Max)-int(p.Min)+1)/4)
}

func (a *app) sipConfig() sip.Config {
	c := sip.Config{Log: a.log, MaxLegs: 3*a.mostCalls() + 100, Admit: a.gateway.Admit(a.cfg.Limits.UnknownRate), Trace: a.traced(), DialTLS: a.tls.calling()}
	for _, l := range a.cfg.Listen {
		c.Listen = append(c.Listen, transport.Listen{Network: l.Network, Addr: l.Addr, TLS: a.tls.of(l.Network)})
	}
	a.servePhones(&c)
	c.Transfers = true
	return c
}

// run serves until ctx ends, then lets running calls end (no longer than the
// drain limit, or until stopNow ends) and stops: first signalling, then media,
// then the record.
func (a *app) run(ctx, stopNow context.Context) error {
	serve, stop := context.WithCancel(context.Background())
	defer stop()
	var wg sync.WaitGroup
	failed := make(chan error, 8)
	start := func(what string, run func(context.Context) error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := run(serve); err != nil && !errors.Is(err, context.Canceled) {
				failed <- fmt.Errorf("%s: %w", what, err)
			}
		}()
	}
	start("number database", a.numbers.Run)
	start("call log", a.runCallLog)
	start("recognisers", a.hearing.run)
	start("media", a.media.Run)
	start("SIP", a.stack.Run)
	start("configuration", a.watchConfig)
	if a.browsers != nil {
		start("browsers", a.browsers.Run)
	}
	start("feeds", a.feeds.run)
	if a.private != nil {
		start("private port", a.private.Run)
	}
	if a.trace != nil {
		start("capture", a.trace.Run)
	}
	leaveEdges := a.startEdges()
	if a.front != nil {
		start("console", a.front.run)
		start("test calls", func(context.Context) error { return a.front.tests.run(ctx) })
	}
	if a.house != nil {
		// Its calls end with the first signal: nobody is to wait for them.
		start("demonstration", func(context.Context) error { return a.house.run(ctx) })
	}
	var err error
	a.serving.Store(true)
	select {
	case <-ctx.Done():
		err = a.drain(stopNow)
	case err = <-failed:
	}
	a.serving.Store(false)
	a.gateway.Hangup()
	leaveEdges()
	stop()
	wg.Wait()
	return err
}

func (a *app) drain(stopNow context.Context) error {
	n := a.gateway.Stats().Active
	a.log.Info("stopping: new calls are refused", "running", n, "longest", a.cfg.Limits.DrainTimeout)
	limit, cancel := context.WithTimeout(stopNow, a.cfg.Limits.DrainTimeout)
	defer cancel()
	if err := a.gateway.Drain(limit); err != nil {
		a.log.Warn("running calls are ended", "why", err)
		a.gateway.Hangup()
		last, cancel := context.WithTimeout(context.Background(), a.cfg.Limits.DrainTimeout)
		defer cancel()
		_ = a.gateway.Drain(last)
	}
	return nil
}

// flushTimeout bounds the wait for the last records to be on disk.
const flushTimeout = 10 * time.Second

func (a *app) close() {
	if a.browsers != nil {
		_ = a.browsers.Close() // closed already when it ran
	}
	if a.signers != nil {
		a.signers.Close()
	}
	if a.reports != nil {
		a.reports.wait()
	}
	if a.words != nil {
		a.words.close()
	}
	if a.recorder != nil && a.recorder.log.Load() != nil {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if err := a.recorder.log.Load().Close(ctx); err != nil {
			a.log.Error("close the record of calls", "err", err)
		}
	}
	if a.numbers != nil {
		_ = a.numbers.Close()
	}
}

func newLog(w io.Writer, c config.Log) *slog.Logger {
	level := new(slog.LevelVar)
	setLevel(level, c)
	return leveledLog(w, c, level)
}

// leveledLog writes from level on, which may change meanwhile.
func leveledLog(w io.Writer, c config.Log, level *slog.LevelVar) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, o)
	if c.Format == "json" {
		h = slog.NewJSONHandler(w, o)
	}
	return slog.New(limitLog(h, c.Rate, time.Now))
}

func setLevel(v *slog.LevelVar, c config.Log) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked by config
	v.Set(level)
}
