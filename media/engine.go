package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

const (
	defaultQuarantine = 5 * time.Second
	// bindTries bounds the ports tried for one leg while other programs hold
	// some of the range.
	bindTries = 64
)

// Config says where an engine's ports are.
type Config struct {
	Addr             netip.Addr       // address to bind to
	Advertise        netip.Addr       // address told to the sides; zero means Addr
	MinPort, MaxPort uint16           // range, both included; RTP takes the even ports
	Quarantine       time.Duration    // rest of a port after its call; 0 means 5 s
	DSCP             uint8            // of sent packets (46 is expedited forwarding)
	Loops            int              // receive loops; 0 means one a processor
	Clock            func() time.Time // nil means time.Now
	Log              *slog.Logger     // nil means no log

	plain bool // a goroutine a port even where there is an epoll loop
}

// Engine owns the ports and the loops of all bridges.
type Engine struct {
	cfg     Config
	now     func() time.Time
	log     *slog.Logger
	ports   *pool
	workers []*worker

	mu       sync.Mutex
	bridges  map[*Bridge]struct{}
	next     int // worker of the next bridge
	ended    bool
	noPorts  uint64
	faults   uint64
	bindings uint64 // failed
	total    FlowStats
}

// NewEngine checks the configuration; it binds and starts nothing.
func NewEngine(cfg Config) (*Engine, error) {
	if !cfg.Addr.IsValid() {
		return nil, errors.New("media: Addr is missing: give the address to bind media ports to")
	}
	if cfg.Addr.IsUnspecified() && !cfg.Advertise.IsValid() {
		return nil, fmt.Errorf("media: Addr %s says no address to send to: give Advertise as well", cfg.Addr)
	}
	if cfg.DSCP > 63 {
		return nil, fmt.Errorf("media: DSCP %d: it has 6 bits, 0 to 63", cfg.DSCP)
	}
	if cfg.Quarantine == 0 {
		cfg.Quarantine = defaultQuarantine
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{cfg: cfg, now: cfg.Clock, log: cfg.Log, bridges: map[*Bridge]struct{}{}}
	if cfg.MinPort > 0 {
		e.ports = newPool(cfg.MinPort, cfg.MaxPort, cfg.Quarantine)
	}
	if e.ports == nil || e.ports.total < 2 {
		return nil, fmt.Errorf("media: ports %d to %d: a call needs two pairs, an even port and the next each", cfg.MinPort, cfg.MaxPort)
	}
	loops := cfg.Loops
	if loops <= 0 {
		loops = runtime.GOMAXPROCS(0)
	}
	for range loops {
		e.workers = append(e.workers, newWorker(newNetwork(cfg)))
	}
	return e, nil
}

// Run carries media until ctx ends, then closes the bridges that are left.
// It is to be called once.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, len(e.workers))
	for _, w := range e.workers {
		go func() { errs <- w.net.run(ctx, w) }()
	}
	e.log.Info("media ready", "addr", e.cfg.Addr, "pairs", e.ports.total, "loops", len(e.workers))
	var err error
	for range e.workers {
		if loopErr := <-errs; loopErr != nil {
			err = loopErr
			cancel()
		}
	}
	left := e.end()
	for _, b := range left {
		b.Close()
	}
	e.log.Info("media ended", "calls_cut", len(left), "err", err)
	return err
}

// end takes no more bridges and gives those that are left.
func (e *Engine) end() []*Bridge {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	return e.live()
}

func (e *Engine) live() []*Bridge {
	var all []*Bridge
	for b := range e.bridges {
		all = append(all, b)
	}
	return all
}

// Stats is a snapshot.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	s := Stats{Bridges: len(e.bridges), BindFailures: e.bindings, NoPorts: e.noPorts, Faults: e.faults, Total: e.total}
	live := e.live()
	e.mu.Unlock()
	s.PairsTotal, s.PairsInUse, s.PairsResting = e.ports.count(e.now())
	for _, w := range e.workers {
		s.Playing += w.playing()
	}
	for _, b := range live {
		s.Total.add(b.Stats(Caller))
		s.Total.add(b.Stats(Merchant))
	}
	return s
}

// BridgeOptions are one call's own addresses.
type BridgeOptions struct {
	// Bind and Advertise override the engine's addresses for one side, in the
	// order of Side; zero means the engine's.
	Bind, Advertise [2]netip.Addr
}

// NewBridge takes and binds two port pairs; ErrNoPorts when there are none.
func (e *Engine) NewBridge(o BridgeOptions) (*Bridge, error) {
	w, err := e.worker()
	if err != nil {
		return nil, err
	}
	b := newBridge(e, w)
	for i := range b.legs {
		if err := e.bind(&b.legs[i], o); err != nil {
			b.abandon()
			return nil, err
		}
	}
	e.mu.Lock()
	ended := e.ended
	if !ended {
		e.bridges[b] = struct{}{}
	}
	e.mu.Unlock()
	if ended {
		b.abandon()
		return nil, ErrClosed
	}
	return b, nil
}

func (e *Engine) worker() (*worker, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return nil, ErrClosed
	}
	e.next = (e.next + 1) % len(e.workers)
	return e.workers[e.next], nil
}

// bind finds a pair of ports for one leg.
func (e *Engine) bind(l *leg, o BridgeOptions) error {
	at := e.cfg.Addr
	if a := o.Bind[l.side]; a.IsValid() {
		at = a
	}
	l.local = at.Unmap()
	for _, a := range []netip.Addr{e.cfg.Advertise, o.Bind[l.side], o.Advertise[l.side]} {
		if a.IsValid() {
			l.local = a.Unmap()
		}
	}
	for range bindTries {
		port, ok := e.ports.take(e.now())
		if !ok {
			break
		}
		err := l.bindPair(at, port)
		if err == nil {
			return nil
		}
		e.ports.rest(port, e.now())
		e.mu.Lock()
		e.bindings++
		e.mu.Unlock()
		if !errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("bind media port %d of the %s: %w", port, l.side, err)
		}
	}
	e.mu.Lock()
	e.noPorts++
	e.mu.Unlock()
	return ErrNoPorts
}

func (l *leg) bindPair(at netip.Addr, port uint16) error {
	in := l.b.inlets[2*l.side:]
	rtp, err := l.b.w.net.listen(netip.AddrPortFrom(at, port), &in[0])
	if err != nil {
		return err
	}
	rtcp, err := l.b.w.net.listen(netip.AddrPortFrom(at, port+1), &in[1])
	if err != nil {
		rtp.close()
		return err
	}
	l.rtpConn, l.rtcpConn, l.rtpPort, l.rtcpPort = rtp, rtcp, port, port+1
	return nil
}

// abandon closes a bridge that nobody has seen yet.
func (b *Bridge) abandon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.release()
}

// release closes the ports and puts them into quarantine.
func (b *Bridge) release() {
	for i := range b.legs {
		if l := &b.legs[i]; l.rtpConn != nil {
			l.rtpConn.close()
			l.rtcpConn.close()
			b.e.ports.rest(l.rtpPort, b.e.now())
		}
	}
}

// fault counts a panic and tells where it was.
func (e *Engine) fault(v any) {
	e.mu.Lock()
	e.faults++
	e.mu.Unlock()
	e.log.Error("media of a call failed", "panic", v, "stack", string(debug.Stack()))
}

// forget takes a bridge that was closed off the books.
func (e *Engine) forget(b *Bridge) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.bridges, b)
	for i := range b.legs {
		e.total.add(b.legs[i].snapshot())
	}
}
