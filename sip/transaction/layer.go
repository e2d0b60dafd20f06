package transaction

import (
	"hash/maphash"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Sender is what the layer needs of a transport; *transport.Set is one.
type Sender interface {
	Send(m *sipmsg.Message, to transport.Target) error
	Local(network string, to netip.Addr) netip.AddrPort
}

// User is the layer above.
type User interface {
	// Request gets a new request, on its own goroutine. ACK and CANCEL never
	// come here. The user must answer with a final response, then or later; if
	// it panics the request is answered 500.
	Request(tx *Server)
	// Ack gets an ACK that belongs to no non-2xx answer: the one for a 2xx. It
	// runs on the reader's goroutine and must not block.
	Ack(m *sipmsg.Message)
	// Response gets a 2xx to an INVITE that has no client transaction any more,
	// or that repeats one already delivered, so that it can be acknowledged
	// again. It runs on the reader's goroutine and must not block.
	Response(m *sipmsg.Message)
}

// Gatekeeper is a User that looks at new requests before anything is kept of
// them: where strangers are refused, or answered from a table.
type Gatekeeper interface {
	// Admit gets a request that belongs to no transaction, not an ACK or CANCEL,
	// on the reader's goroutine, and must not block. With admit true the request
	// goes on to a transaction and to Request. Otherwise answer, if there is
	// one, is sent once, and nothing is kept: a repeat of the request comes
	// again, and nothing is repeated to who may not have sent it.
	Admit(m *sipmsg.Message) (answer *sipmsg.Message, admit bool)
}

// Config is what a Layer is made of. Zero fields take the values named.
type Config struct {
	Transport Sender // needed
	Clock     Clock  // RealClock
	Timers    Timers // of RFC 3261
	Log       *slog.Logger
	// MaxServer bounds the server transactions that exist and the handlers that
	// run at a time, 200,000; beyond it requests are answered 503. Requests
	// within a dialog may go one eighth further.
	MaxServer int
	// RetryAfter is the number of seconds in the 503 beyond MaxServer, 5.
	RetryAfter int
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = RealClock()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxServer <= 0 {
		c.MaxServer = 200_000
	}
	if c.RetryAfter <= 0 {
		c.RetryAfter = 5
	}
	c.Timers = c.Timers.withDefaults()
	return c
}

// Layer is the transaction layer. Its methods are safe for concurrent use.
type Layer struct {
	cfg    Config
	user   User
	gate   Gatekeeper // the user, if it is one; or nil
	epoch  time.Time  // deadlines count from here
	seed   maphash.Seed
	shards [numShards]shard
	stats  counters
	closed atomic.Bool
	queued atomic.Int64   // requests read whose handler has not begun
	logged atomic.Int64   // Unix second of the last panic logged
	wg     sync.WaitGroup // timers running and user.Request calls
}

// New returns a layer for that user.
func New(cfg Config, user User) *Layer {
	l := &Layer{cfg: cfg.withDefaults(), user: user, seed: maphash.MakeSeed()}
	l.gate, _ = user.(Gatekeeper)
	l.epoch = l.cfg.Clock.Now().Add(-1) // so that no deadline is 0
	for i := range l.shards {
		l.shards[i].init()
	}
	return l
}

// Queued is how many requests were read whose handler has not begun yet: they
// wait for a processor.
func (l *Layer) Queued() int { return int(l.queued.Load()) }

// now is the time since the epoch, never 0.
func (l *Layer) now() time.Duration { return l.cfg.Clock.Now().Sub(l.epoch) }

// Close ends all transactions with ErrClosed, sends nothing more and waits for
// the goroutines of the layer: the user's Request calls have to return.
func (l *Layer) Close() {
	l.closed.Store(true)
	for i := range l.shards {
		servers, clients := l.shards[i].close()
		for _, s := range servers {
			s.abort(ErrClosed)
		}
		for _, c := range clients {
			c.abort(ErrClosed)
		}
	}
	l.wg.Wait()
}

// send gives a message to the transport unless the layer is closed.
func (l *Layer) send(m *sipmsg.Message, to transport.Target) error {
	if l.closed.Load() {
		return ErrClosed
	}
	return l.cfg.Transport.Send(m, to)
}
