package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"ringward/console/hooks"
	"ringward/console/people"
)

// Options is what a Console is made of. Log, People, Numbers and Lines are
// required.
type Options struct {
	Log       *slog.Logger
	Listen    netip.AddrPort // where it is served
	PublicURL string         // how people reach it, "https://console.example.com"; "" is http on Listen
	CertFile  string         // of TLS; "" serves plain HTTP
	KeyFile   string

	People   *people.Store
	Numbers  Numbers
	Lines    Lines
	Calls    Calls         // nil: no calls are kept, the pages say so
	Verdicts Verdicts      // nil: no look-up is offered
	Dismiss  Dismisser     // nil: no such button in a running call
	Refuse   Refuser       // nil: no such button in a running call
	Health   Health        // nil: the operator's page shows calls only
	Tests    TestCalls     // nil: no test calls
	Modes    LineModes     // nil: lines are set in the configuration alone
	Logs     Logs          // nil: the log is not shown
	Config   func() string // the configuration in force, without secrets; nil: it is not shown
	Choices  Choices       // nil: the privacy page has no switches
	Effects  Effects       // nil: reviewers see no effect of an edit
	Bench    Bench         // nil: transcripts only are tried
	Scratch  string        // directory for uploads that wait for a word; "" is the system's
	Demo     Demo          // nil: there is no demonstration
	Hooks    *hooks.Hooks  // nil: nobody else is told
	Phone    Phone         // nil: no telephone in the browser
	Relays   []Relay       // STUN and TURN servers that browsers use

	Country   string        // that numbers without a country code belong to; "" is CN
	Retention time.Duration // of call records, as the privacy page tells it
	Now       func() time.Time
}

// Console serves pages, the API and live events. Make it with New.
type Console struct {
	o       Options
	secure  bool            // reached by https
	base    string          // public URL without a slash at its end
	hosts   map[string]bool // Host headers that are ours, lower case
	origins map[string]bool
	ln      net.Listener
	handler http.Handler
	hub     *hub
	pages   *pages
	ops     []operation
	rate    *rate
	key     [32]byte // of tokens before login; new at every start
	streams streamCount
	seen    seenCalls
	phones  phonePages
	imports waitingImports
	join    sync.WaitGroup
}

// New makes a console and binds its address. It serves nothing: call Run.
func New(o Options) (*Console, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Country == "" {
		o.Country = "CN"
	}
	c := &Console{o: o, rate: newRate(50, 200)}
	c.hub = newHub(c.institution)
	if o.Hooks != nil {
		c.hub.also = c.tellHooks
	}
	_, _ = rand.Read(c.key[:]) // never fails (crypto/rand)
	var err error
	if c.pages, err = loadPages(); err != nil {
		return nil, fmt.Errorf("console pages: %w", err)
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return nil, errors.New("console: a certificate needs its key, and a key its certificate")
	}
	ln, err := net.Listen("tcp", o.Listen.String())
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c.ln = newLimitListener(ln)
	if err := c.address(); err != nil {
		ln.Close()
		return nil, err
	}
	c.handler = c.guard(c.routes())
	return c, nil
}

// address works out under which names the console answers.
func (c *Console) address() error {
	at := c.ln.Addr().String()
	scheme := "http"
	if c.o.CertFile != "" {
		scheme = "https"
	}
	c.hosts, c.origins = map[string]bool{}, map[string]bool{}
	add := func(scheme, host string) {
		c.hosts[strings.ToLower(host)] = true
		c.origins[strings.ToLower(scheme+"://"+host)] = true
	}
	add(scheme, at)
	addr := addrOf(at)
	if _, port, err := net.SplitHostPort(at); err == nil && addr.IsLoopback() {
		add(scheme, "localhost:"+port)
	}
	c.base = scheme + "://" + at
	if c.o.PublicURL != "" {
		u, err := url.Parse(c.o.PublicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return fmt.Errorf("console: public_url %q: write for example https://console.example.com", c.o.PublicURL)
		}
		add(u.Scheme, u.Host)
		scheme, c.base = u.Scheme, u.Scheme+"://"+u.Host
	}
	c.secure = scheme == "https"
	return nil
}

// Addr is where the console listens.
func (c *Console) Addr() netip.AddrPort { return netip.MustParseAddrPort(c.ln.Addr().String()) }

// URL is the address that people open.
func (c *Console) URL() string { return c.base }

// SetupURL is the address of a one-time link.
func (c *Console) SetupURL(link string) string { return c.base + "/setup/" + link }

// Tell hands over what happened in a call. It never waits.
func (c *Console) Tell(e Event) { c.hub.tell(e) }

// Handler is the console without its listener, for tests and for those who
// bring their own.
func (c *Console) Handler() http.Handler { return c.handler }

const (
	headerTimeout = 10 * time.Second
	readTimeout   = 20 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 60 * time.Second
	pruneEvery    = 10 * time.Minute
	stopTimeout   = 5 * time.Second
)

// Run serves until ctx ends; live streams end with it.
func (c *Console) Run(ctx context.Context) error {
	live, end := context.WithCancel(ctx)
	defer end()
	srv := &http.Server{
		Handler: c.handler, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		BaseContext: func(net.Listener) context.Context { return live },
		ErrorLog:    slog.NewLogLogger(c.o.Log.Handler(), slog.LevelDebug), // handshakes that failed, headers that are none
	}
	c.join.Go(func() { c.prune(live) })
	if c.o.Hooks != nil {
		c.join.Go(func() { _ = c.o.Hooks.Run(live) }) // ends with live, without an error
	}
	c.join.Go(func() {
		<-live.Done()
		stop, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if srv.Shutdown(stop) != nil {
			_ = srv.Close()
		}
	})
	var err error
	if c.o.CertFile != "" {
		err = srv.ServeTLS(c.ln, c.o.CertFile, c.o.KeyFile)
	} else {
		err = srv.Serve(c.ln)
	}
	end()
	c.join.Wait()
	c.imports.clear()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("console: %w", err)
}

// Close lets go of the address of a console that was never run.
func (c *Console) Close() error { return c.ln.Close() }

func (c *Console) prune(ctx context.Context) {
	t := time.NewTicker(pruneEvery)
	defer t.Stop()
	for {
		if err := c.o.People.Prune(ctx); err != nil && ctx.Err() == nil {
			c.o.Log.Warn("ended sessions could not be deleted", "err", err)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}
