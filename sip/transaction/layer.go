package transaction

import (
	"errors"
	"log/slog"
	"net/netip"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

var (
	// ErrTimeout: timer B or F (no final answer) or H (no ACK) fired.
	ErrTimeout = errors.New("transaction timed out")
	// ErrTransport: the message could not be delivered; wrapped with the cause.
	ErrTransport = errors.New("transport failed")
	// ErrState: the transaction already has a final answer or has ended.
	ErrState = errors.New("transaction already answered")
	// ErrClosed: the layer was closed.
	ErrClosed = errors.New("transaction layer closed")
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
	// Response gets a response that has no client transaction or that repeats a
	// 2xx already delivered, so that it can be acknowledged again. It runs on
	// the reader's goroutine and must not block.
	Response(m *sipmsg.Message)
}

// Config is what a Layer is made of. Zero fields take the values named.
type Config struct {
	Transport Sender // needed
	Clock     Clock  // RealClock
	Timers    Timers // of RFC 3261
	Log       *slog.Logger
	// MaxServer bounds the server transactions that exist at a time, 200,000.
	// Requests within a dialog may go one eighth beyond it.
	MaxServer int
	// RetryAfter is the number of seconds in the 503 beyond MaxServer, 5.
	RetryAfter int
}

// Layer is the transaction layer. Its methods are safe for concurrent use.
type Layer struct{}

// New returns a layer for that user.
func New(cfg Config, user User) *Layer { return &Layer{} }

// Receive takes a message from the transport (transport.Sink).
func (l *Layer) Receive(m *sipmsg.Message, err error) {}

// Undelivered takes the news that a request could not be delivered
// (transport.FailureSink).
func (l *Layer) Undelivered(branch string, to netip.AddrPort, err error) {}

// Close ends all transactions with ErrClosed, sends nothing more and waits for
// the goroutines of the layer: the user's Request calls have to return.
func (l *Layer) Close() {}

// Send sends a copy of req, with a Via of ours on top, in a new client
// transaction. ACK goes by SendAck, CANCEL by Client.Cancel.
func (l *Layer) Send(req *sipmsg.Message, to transport.Target) (*Client, error) {
	return nil, ErrClosed
}

// SendAck sends a copy of an ACK for a 2xx with a Via of ours on top, once
// (RFC 3261 §13.2.2.4).
func (l *Layer) SendAck(ack *sipmsg.Message, to transport.Target) error { return ErrClosed }

// Stats returns the layer's counters.
func (l *Layer) Stats() Stats { return Stats{} }

// Stats counts what a Layer did.
type Stats struct {
	Server, Client      int64  // transactions now
	Repeats             uint64 // requests and responses absorbed
	Resent              uint64 // messages sent again
	Timeouts            uint64
	Merged              uint64 // answered 482
	Overload            uint64 // answered 503
	Undecodable         uint64 // answered by the codec's verdict
	Stray               uint64 // responses without a transaction
	DroppedProvisionals uint64
	Panics              uint64 // contained in User.Request
}

// Server is a server transaction. Its methods are safe for concurrent use.
type Server struct{}

// Request returns the request as it was received.
func (s *Server) Request() *sipmsg.Message { return nil }

// Target returns where responses go; requests of the same dialog over the same
// flow may use it.
func (s *Server) Target() transport.Target { return transport.Target{} }

// Respond sends a response. A To tag is added where one is missing (RFC 3261
// §8.2.6.2); r is kept and must not be changed afterwards. ErrState says that
// the transaction has its final answer already, ErrTransport that sending
// failed. After a 2xx to INVITE the same or another 2xx may be sent again until
// the transaction ends (RFC 6026 §7.1).
func (s *Server) Respond(r *sipmsg.Message) error { return ErrState }

// Cancelled is closed when a matching CANCEL arrived before a final answer. It
// was answered 200; the user answers the INVITE with 487.
func (s *Server) Cancelled() <-chan struct{} { return nil }

// CancelRequest returns that CANCEL, nil before.
func (s *Server) CancelRequest() *sipmsg.Message { return nil }

// Done is closed when the transaction has ended.
func (s *Server) Done() <-chan struct{} { return nil }

// Err says why the transaction ended: nil for the usual way and before the end,
// ErrTimeout (no ACK for a non-2xx), ErrTransport, ErrClosed.
func (s *Server) Err() error { return nil }

// Client is a client transaction. Its methods are safe for concurrent use.
type Client struct{}

// Request returns the request as it was sent, with our Via.
func (c *Client) Request() *sipmsg.Message { return nil }

// Target returns where the request went, after a change to TCP for its length.
func (c *Client) Target() transport.Target { return transport.Target{} }

// Responses delivers the answers in order, and is closed when the transaction
// ends. It holds 16: provisional answers beyond 10 unread ones are dropped and
// counted; a final answer always has room. For an INVITE further 2xx of other
// forks follow, as long as there is room; repeats of a 2xx go to User.Response,
// as do forks beyond it.
func (c *Client) Responses() <-chan *sipmsg.Message { return nil }

// Done is closed when the transaction has ended.
func (c *Client) Done() <-chan struct{} { return nil }

// Err says why the transaction ended: nil for the usual way and before the end,
// ErrTimeout, ErrTransport, ErrClosed.
func (c *Client) Err() error { return nil }

// Cancel sends a CANCEL for an INVITE with these header fields added (Reason),
// now or with the first provisional answer (RFC 3261 §9.1). If no final answer
// comes within 64*T1 of it, the transaction ends with ErrTimeout. Cancelling
// an answered or another transaction does nothing.
func (c *Client) Cancel(extra ...sipmsg.Header) error { return nil }
