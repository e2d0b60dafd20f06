package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"ringward/speech/engine"
)

// Restarts of a child that dies: at once at first, then ever more slowly.
const (
	firstRestart = 200 * time.Millisecond
	maxRestart   = 30 * time.Second
	soundLife    = time.Minute // a child that lived so long starts anew at once
	stopTimeout  = 2 * time.Second
)

// Config is what a Process is made of. Argv and Models are required.
type Config struct {
	Argv    []string // the program asr-worker
	Env     []string // besides ours, as for LD_LIBRARY_PATH
	Threads int      // that decode; 0 is one for each core
	Models  []ModelConfig
	Log     *slog.Logger // nil: none
}

// Process keeps one child running. Its models are Recognisers whether it runs
// or not: Open waits for it.
type Process struct {
	cfg Config

	mu      sync.Mutex
	link    *link // nil while there is no child
	changed chan struct{}
	stats   Stats
}

// Stats tell how the child fares.
type Stats struct {
	Running  bool
	PID      int
	Starts   uint64
	Streams  int
	CPU      time.Duration // of the child that runs
	LastFail string        // why the last one ended; "" for no reason yet
}

// NewProcess starts nothing; Run does.
func NewProcess(c Config) *Process {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Process{cfg: c, changed: make(chan struct{})}
}

// Run starts the child, and again whenever it dies, until ctx ends. It returns
// when the last one is gone.
func (p *Process) Run(ctx context.Context) {
	wait := firstRestart
	for ctx.Err() == nil {
		began := time.Now()
		err := p.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > soundLife {
			wait = firstRestart
		}
		p.failed(err)
		p.cfg.Log.Warn("speech recogniser ended", "error", err, "restart_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, maxRestart)
	}
}

func (p *Process) failed(err error) {
	p.mu.Lock()
	p.stats.LastFail = err.Error()
	p.mu.Unlock()
}

// once runs one child to its end.
func (p *Process) once(ctx context.Context) error {
	c, err := p.start()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.stop() })
	defer stop()
	l := newLink()
	err = p.serve(c, l)
	l.end(err)
	c.stop()
	if exit := c.wait(); exit != nil {
		return fmt.Errorf("%w (%w)", err, exit)
	}
	return err
}

// serve greets the child and talks to it until something fails.
func (p *Process) serve(c *child, l *link) error {
	in := newFrames(c.out)
	late := time.AfterFunc(helloTimeout, c.kill)
	err := greet(c.in, in, hello{Magic: magic, Version: Version, Threads: p.cfg.Threads, Models: p.cfg.Models})
	late.Stop()
	if err != nil {
		return err
	}
	p.set(l, c.cmd.Process.Pid)
	defer p.set(nil, 0)
	var both sync.WaitGroup
	both.Go(func() { l.read(in) })
	both.Go(func() { l.write(c.in) })
	err = l.watch()
	l.end(err)
	c.stop() // ends the reader
	both.Wait()
	return err
}

func (p *Process) set(l *link, pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link = l
	p.stats.Running, p.stats.PID = l != nil, pid
	if l != nil {
		p.stats.Starts++
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// Stats is a snapshot.
func (p *Process) Stats() Stats {
	p.mu.Lock()
	s, l := p.stats, p.link
	p.mu.Unlock()
	if l != nil {
		l.mu.Lock()
		s.Streams, s.CPU = len(l.sessions), time.Duration(l.health.CPUMS)*time.Millisecond
		l.mu.Unlock()
	}
	return s
}

// CPU asks the child how much processor time it has used since its start.
func (p *Process) CPU(ctx context.Context) (time.Duration, error) {
	l, err := p.running(ctx)
	if err != nil {
		return 0, err
	}
	return l.cpu(ctx)
}

// Model is one of the models as a Recogniser.
func (p *Process) Model(name string) engine.Recogniser { return model{p, name} }

type model struct {
	p    *Process
	name string
}

// Open waits for the child if it is just starting.
func (m model) Open(ctx context.Context, _ engine.Options) (engine.Session, error) {
	l, err := m.p.running(ctx)
	if err != nil {
		return nil, err
	}
	s, err := l.open(ctx, open{Model: m.name})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (p *Process) running(ctx context.Context) (*link, error) {
	for {
		p.mu.Lock()
		l, changed, last := p.link, p.changed, p.stats.LastFail
		p.mu.Unlock()
		if l != nil && l.why() == nil {
			return l, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if last == "" {
				last = "it is still starting"
			}
			return nil, fmt.Errorf("%w: asr-worker does not run: %s", engine.ErrGone, last)
		}
	}
}

// child is one process with its pipes.
type child struct {
	cmd  *exec.Cmd
	in   *os.File // its standard input
	out  *os.File // its standard output
	tail *tail
	once sync.Once
}

func (p *Process) start() (*child, error) {
	if len(p.cfg.Argv) == 0 {
		return nil, errors.New("start asr-worker: no program is configured")
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start asr-worker: %w", err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		theirIn.Close()
		in.Close()
		return nil, fmt.Errorf("start asr-worker: %w", err)
	}
	c := &child{cmd: exec.Command(p.cfg.Argv[0], p.cfg.Argv[1:]...), in: in, out: out, tail: &tail{log: p.cfg.Log}}
	c.cmd.Env = append(os.Environ(), p.cfg.Env...)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = theirIn, theirOut, c.tail
	c.cmd.WaitDelay = stopTimeout
	err = c.cmd.Start()
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, fmt.Errorf("start asr-worker: %w", err)
	}
	return c, nil
}

// stop closes the pipes, which a healthy child takes as its end; wait kills
// one that does not.
func (c *child) stop() {
	c.once.Do(func() {
		c.in.Close()
		c.out.Close()
	})
}

func (c *child) kill() { _ = c.cmd.Process.Kill() }

// wait waits for the process; its last words on standard error say why it ended.
func (c *child) wait() error {
	late := time.AfterFunc(stopTimeout, c.kill)
	err := c.cmd.Wait()
	late.Stop()
	if last := c.tail.last(); last != "" && err != nil {
		return fmt.Errorf("%w; it said: %s", err, last)
	}
	return err
}

// tail keeps the last line of a child's standard error and logs the others for
// those who debug.
type tail struct {
	log *slog.Logger

	mu   sync.Mutex
	line string
}

const maxLine = 300

func (t *tail) Write(b []byte) (int, error) {
	s := bufio.NewScanner(strings.NewReader(string(b)))
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if line == "" {
			continue
		}
		line = strings.ToValidUTF8(line[:min(len(line), maxLine)], "")
		t.mu.Lock()
		t.line = line
		t.mu.Unlock()
		t.log.Debug("asr-worker says", "line", line)
	}
	return len(b), nil
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.line
}

var _ io.Writer = (*tail)(nil)
