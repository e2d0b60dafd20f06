package gateway_test

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/media"
	"ringward/media/sdp"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip"
	"ringward/sip/transport"
	"ringward/softphone"
)

// patience bounds every wait of these tests: only a failing test spends it.
const patience = 20 * time.Second

// lineNumber is the line that the tests call.
const lineNumber = "+862155550100"

// world is a gateway with a caller's and a merchant's phone around it.
type world struct {
	t        *testing.T
	gateway  *gateway.Gateway
	stack    *sip.Stack
	engine   *media.Engine
	caller   *softphone.Phone
	merchant *softphone.Phone
	records  chan gateway.Record
	events   chan gateway.Event
	reports  chan gateway.Report
	leave    func()          // ends what alsoRun runs
	phones   *gateway.Phones // of an office

	mu   sync.Mutex
	line gateway.Line // guarded by mu once calls run
}

// setLine changes the line for calls to come.
func (w *world) setLine(change func(*gateway.Line)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.line)
}

type options struct {
	line     func(*gateway.Line)
	config   func(*gateway.Config)
	trunk    func(*gateway.Trunk)
	numbers  func(*index.Builder)
	sip      func(*sip.Config)
	addr     netip.Addr // of everything; 127.0.0.1 by default
	codec    sdp.Codec  // of both phones; PCMA by default
	caller   softphone.Options
	merchant softphone.Options
	ports    uint16        // how many the media engine may use; 0 is 400
	rest     time.Duration // of a port after its call; 0 is 5 s
}

// newWorld starts everything on loopback and takes it down with the test,
// which fails if a goroutine is left.
func newWorld(t *testing.T, o options) *world {
	t.Helper()
	before := runtime.NumGoroutine()
	w := &world{t: t, records: make(chan gateway.Record, 2000), events: make(chan gateway.Event, 20000), reports: make(chan gateway.Report, 10)}
	log := slog.New(slog.NewTextHandler(logSink(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	loopback := netip.MustParseAddr("127.0.0.1")
	if o.addr.IsValid() {
		loopback, o.caller.Addr, o.merchant.Addr = o.addr, o.addr, o.addr
	}
	w.caller, w.merchant = newPhoneWith(t, o.caller, o.codec), newPhoneWith(t, o.merchant, o.codec)
	ports := o.ports
	if ports == 0 {
		ports = 400
	}
	var err error
	if w.engine, err = media.NewEngine(media.Config{Addr: loopback, MinPort: 40000, MaxPort: 40000 + ports - 1, Quarantine: o.rest, Log: log}); err != nil {
		t.Fatal(err)
	}
	b := index.NewBuilder(0)
	b.AddInstitution(index.Institution{ID: "unionpay", Names: []string{"中国银联", "银联", "UnionPay"}, NameZH: "中国银联", NameEN: "UnionPay", Kind: "scheme",
		Country: "CN", Hotline: numbering.Number{Country: "CN", Digits: "95516", Short: true}, HotlineVerified: true})
	if o.numbers != nil {
		o.numbers(b)
	}
	x := b.Build("test-1")
	w.line = gateway.Line{ID: "shop", Targets: []string{"sip:100@" + w.merchant.Addr().String()}, Language: "zh-CN",
		Policy: screening.Policy{Mode: screening.ModeAnnounce}}
	if o.line != nil {
		o.line(&w.line)
	}
	trunk := gateway.Trunk{Name: "carrier", Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, Trusted: true, Domestic: true, ScreensNumbers: true}
	if o.trunk != nil {
		o.trunk(&trunk)
	}
	cfg := gateway.Config{
		Log: log, Media: w.engine, Lines: oneLine{w}, Register: fixed{x}, Voice: beeps{}, Trunks: []gateway.Trunk{trunk},
		QueueDelay: time.Minute, // a busy machine's tests are no overload
		Recorder:   w, Reports: w, Events: func(e gateway.Event) { w.events <- e },
	}
	if o.config != nil {
		o.config(&cfg)
	}
	if w.gateway, err = gateway.New(cfg); err != nil {
		t.Fatal(err)
	}
	sc := sip.Config{Log: log, Listen: []transport.Listen{{Network: "udp", Addr: netip.AddrPortFrom(loopback, 0), Sockets: 1}}}
	sc.Transfers = true
	if o.sip != nil {
		o.sip(&sc)
	}
	w.stack, err = sip.New(sc, w.gateway)
	if err != nil {
		t.Fatal(err)
	}
	w.gateway.Attach(w.stack)
	w.serve(before)
	return w
}

func (w *world) serve(before int) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{w.engine.Run, w.stack.Run} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := run(ctx); err != nil && ctx.Err() == nil {
				w.t.Errorf("serve: %v", err)
			}
		}()
	}
	w.t.Cleanup(func() {
		drain, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		w.gateway.Hangup()
		if err := w.gateway.Drain(drain); err != nil {
			w.t.Errorf("drain: %v", err)
		}
		if s := w.engine.Stats(); s.Bridges != 0 || s.PairsInUse != 0 {
			w.t.Errorf("after the calls: %d bridges and %d port pairs are left", s.Bridges, s.PairsInUse)
		}
		_ = w.caller.Close()
		_ = w.merchant.Close()
		if s := w.stack.Stats(); s.Legs != 0 {
			w.t.Errorf("after the calls: %d legs are left", s.Legs)
		}
		stop()
		wg.Wait()
		noGoroutineLeft(w.t, before)
	})
}

// noGoroutineLeft waits for goroutines that are about to return.
func noGoroutineLeft(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
			return
		}
		runtime.Gosched()
	}
}

func logSink() io.Writer {
	if os.Getenv("RINGWARD_TEST_LOG") != "" {
		return os.Stderr
	}
	return io.Discard
}

func newPhone(t *testing.T) *softphone.Phone {
	return newPhoneWith(t, softphone.Options{}, sdp.Codec{})
}

func newPhoneWith(t *testing.T, o softphone.Options, codec sdp.Codec) *softphone.Phone {
	t.Helper()
	o.Codec = codec
	p, err := softphone.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Keep takes a record (gateway.Recorder).
func (w *world) Keep(r gateway.Record) { w.records <- r }

// Report takes a report (gateway.Reports).
func (w *world) Report(r gateway.Report) { w.reports <- r }

type oneLine struct{ w *world }

func (o oneLine) Line(user string, n numbering.Number) (gateway.Line, bool) {
	if n.String() != lineNumber {
		return gateway.Line{}, false
	}
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	return o.w.line.For(n), true
}

type fixed struct{ x *index.Index }

func (f fixed) Index() *index.Index { return f.x }

// beeps is a voice of tones: 0.4 s of 700 Hz for a prompt, so that it is told
// from what people say.
type beeps struct{}

const promptHz = 700

func (beeps) Clip(id, _ string) []int16 { return sine(promptHz, 400*time.Millisecond) }
func (beeps) Hotline(_, _ string) []int16 {
	return sine(promptHz, 400*time.Millisecond)
}
func (beeps) Label(id, _ string, ascii bool) string {
	if ascii {
		return "!" + strings.TrimPrefix(id, "label.")
	}
	return "!未核实"
}

func sine(hz float64, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*8000))
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return pcm
}

// power is how much of hz is in pcm (Goertzel), relative to a full tone of
// sine's amplitude.
func power(pcm []int16, hz float64) float64 {
	if len(pcm) == 0 {
		return 0
	}
	w := 2 * math.Cos(2*math.Pi*hz/8000)
	var s1, s2 float64
	for _, x := range pcm {
		s1, s2 = float64(x)+w*s1-s2, s1
	}
	p := s1*s1 + s2*s2 - w*s1*s2
	return 2 * math.Sqrt(max(p, 0)) / float64(len(pcm)) / 6000
}

// call places a call from number and returns both ends once the phone rings.
func (w *world) call(number string, more ...func(*softphone.Outgoing)) (caller, merchant *softphone.Call) {
	w.t.Helper()
	caller = w.dial(number, more...)
	return caller, w.rings()
}

func (w *world) dial(number string, more ...func(*softphone.Outgoing)) *softphone.Call {
	w.t.Helper()
	o := softphone.Outgoing{To: w.stack.Addrs()[0].Addr, Number: lineNumber, From: number}
	for _, m := range more {
		m(&o)
	}
	c, err := w.caller.Call(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) rings() *softphone.Call {
	w.t.Helper()
	return recv(w.t, w.merchant.Incoming(), "the merchant's phone to ring")
}

func (w *world) record() gateway.Record {
	w.t.Helper()
	return recv(w.t, w.records, "the call's record")
}

// event waits for an event of a kind and drops those before it.
func (w *world) event(kind gateway.EventKind) gateway.Event {
	w.t.Helper()
	for {
		if e := recv(w.t, w.events, "the event "+string(kind)); e.Kind == kind {
			return e
		}
	}
}

func recv[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited for %s", what)
		panic("unreachable")
	}
}

func done(t *testing.T, ch <-chan struct{}, what string) { t.Helper(); recv(t, ch, what) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition that other goroutines bring about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	untilAfter(t, patience, what, ok)
}

// untilAfter is until with a patience of its own.
func untilAfter(t *testing.T, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited for %s", what)
		}
	}
}

// scamListing makes a confirmed scam listing of number.
func scamListing(number string) func(*index.Builder) {
	return func(b *index.Builder) {
		n, err := numbering.ParseCanonical(number)
		if err != nil {
			panic(err)
		}
		b.Add(n.Key(), index.Listing{ID: 1, Kind: index.Scam, Verified: true, Reports: 12, Purpose: "pos-freeze", Confidence: 100})
	}
}
