package transport

import (
	"log/slog"
	"net/netip"
	"time"

	"ringward/sip/sipmsg"
)

// Listen is one address to listen on. On a host with several addresses name each
// of them: from an unspecified address the kernel's route decides which one an
// answer leaves from.
type Listen struct {
	Network string         // "udp", "tcp", "tls", "ws" or "wss"
	Addr    netip.AddrPort // port 0 picks a free one; an unspecified address takes its own family only
	Sockets int            // UDP on Linux: sockets that share the port (SO_REUSEPORT); 0 is GOMAXPROCS
	TLS     *TLS           // tls and wss: what we show, and whom we let in; needed
	WS      *WebSocket     // ws and wss; nil is the zero value
}

// WebSocket says which upgrade requests a listener takes (RFC 7118 §4). The zero
// value takes any path, and pages of the host that is asked for.
type WebSocket struct {
	// Path of the request, "" any.
	Path string
	// Origins are further sites whose pages may connect: host or scheme://host,
	// in the patterns of path.Match; "*" is any site. What is no browser sends
	// no Origin and is taken.
	Origins []string
}

// Config is what a Set is made of. Zero fields take the values named.
type Config struct {
	Listen []Listen
	Log    *slog.Logger // nil discards

	MaxConns         int           // connections in all, 10,000; those that we make may be one eighth more
	MaxConnsPerAddr  int           // and with one address (IPv6: one /64), 200
	MaxQueue         int           // octets waiting to be written to one connection, 256 KiB; beyond it the connection is dropped
	IdleTimeout      time.Duration // connection without a message or keep-alive, 5 min
	MessageTimeout   time.Duration // from the first octet of a message to its last, 30 s
	HandshakeTimeout time.Duration // TLS and the WebSocket upgrade, 10 s
	WriteTimeout     time.Duration // one write to a connection, 10 s
	DialTimeout      time.Duration // 4 s

	// PingInterval is how often a connection that we made gets CRLF CRLF (RFC
	// 5626 §3.5.1), 100 s; negative is never. A peer that answered one and then
	// does not within 10 s is taken for gone.
	PingInterval time.Duration

	// DialTLS is what we show and believe when we connect by TLS to a target that
	// says nothing else; nil shows nothing and believes the system's authorities.
	DialTLS *TLS

	// Limits bound one message on a stream; zero fields are sipmsg.DefaultLimits.
	Limits sipmsg.Limits

	// Admit, if set, decides on n octets from src before they are decoded, and
	// with n of 0 on a connection; false drops them without an answer. It runs
	// on reader goroutines, several at a time, and must be cheap.
	Admit func(src netip.AddrPort, n int) bool
	// Trace is shown every message that was admitted or sent. It runs where the
	// message is handled, several at a time, and must not block; nil costs nothing.
	Trace func(Crossing)
}

// Sink takes what was received, on the goroutine that read it: it must not
// block, and calls for one UDP socket or connection come in order.
type Sink interface {
	// Receive gets a message, or a request that could not be decoded with the
	// *sipmsg.Error that says which response it deserves; m is never nil.
	Receive(m *sipmsg.Message, err error)
}

// FailureSink is a Sink that also wants to know of requests that were taken by
// Send and then could not be delivered: a TCP connection that could not be made
// or broke with the request unwritten, an ICMP error for a datagram (Linux).
// branch is that of the request's top Via. It is told at most once per Send;
// nothing is told of responses. ICMP can be forged by who sees the traffic or
// guesses branch and port; it does no more than a lost datagram would.
type FailureSink interface {
	Undelivered(branch string, to netip.AddrPort, err error)
}

// Target is where a message goes.
type Target struct {
	Network string         // "udp", "tcp", "tls", "ws" or "wss"
	Addr    netip.AddrPort // where to
	ConnID  uint64         // connection to prefer while it is open; 0 for none
	Local   netip.AddrPort // listening address to send from; zero for any of the right family
	// Flow says that nothing but the connection ConnID will do: to a peer behind
	// a NAT no other can be made (RFC 5626 §5.3). WebSocket targets are always so.
	Flow bool
	// ServerName is whom the certificate of a TLS peer must name, and the SNI;
	// "" is the address.
	ServerName string
	TLS        *TLS // for a TLS connection that is made; nil is Config.DialTLS
	// AllowTCP says that a request to a UDP target may go over TCP to the same
	// address when it is longer than 1300 octets (RFC 3261 §18.1.1).
	AllowTCP bool
}

// Reliable reports whether the target's transport delivers or fails (RFC 3261
// §17: no retransmission over it).
func (t Target) Reliable() bool { return t.Network != "udp" }

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	setInt(&c.MaxConns, 10_000)
	setInt(&c.MaxConnsPerAddr, 200)
	setInt(&c.MaxQueue, 256<<10)
	setDuration(&c.IdleTimeout, 5*time.Minute)
	setDuration(&c.MessageTimeout, 30*time.Second)
	setDuration(&c.HandshakeTimeout, 10*time.Second)
	setDuration(&c.WriteTimeout, 10*time.Second)
	if c.PingInterval == 0 {
		c.PingInterval = 100 * time.Second
	}
	setDuration(&c.DialTimeout, 4*time.Second)
	return c
}

func setInt(v *int, d int) {
	if *v <= 0 {
		*v = d
	}
}

func setDuration(v *time.Duration, d time.Duration) {
	if *v <= 0 {
		*v = d
	}
}
