package hep

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	senderQueue = 1024 // packets
	maxPayload  = 16 << 10
)

// Config is where packets go.
type Config struct {
	Server   string // HOST:PORT, UDP; looked up once a minute at most
	Agent    uint32
	Password string
}

// Sender sends packets to one server by UDP.
type Sender struct {
	cfg   Config
	queue chan []byte
	sent  atomic.Uint64
	lost  atomic.Uint64
}

// NewSender makes a sender; it sends from Run on.
func NewSender(cfg Config) (*Sender, error) {
	if _, _, err := net.SplitHostPort(cfg.Server); err != nil {
		return nil, fmt.Errorf("hep: server %q is no HOST:PORT: %w", cfg.Server, err)
	}
	return &Sender{cfg: cfg, queue: make(chan []byte, senderQueue)}, nil
}

// Message queues one SIP message. It copies payload, never waits, and cuts what
// is longer than 16 KiB. stream is true for all but UDP.
func (s *Sender) Message(at time.Time, from, to netip.AddrPort, stream bool, payload []byte) {
	if len(payload) > maxPayload {
		payload = payload[:maxPayload]
	}
	p := Packet{At: at, From: from, To: to, Stream: stream, Agent: s.cfg.Agent, Password: s.cfg.Password, Payload: payload}
	b, err := p.Append(make([]byte, 0, len(payload)+160))
	if err != nil {
		s.lost.Add(1)
		return
	}
	select {
	case s.queue <- b:
	default:
		s.lost.Add(1)
	}
}

// redial is how often a server that cannot be reached is looked up anew.
const redial = time.Minute

// Run sends until ctx ends. A server that is not there costs nothing but the
// packets.
func (s *Sender) Run(ctx context.Context) error {
	var conn net.Conn
	var next time.Time
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-s.queue:
			if conn == nil && time.Now().After(next) {
				conn, _ = (&net.Dialer{}).DialContext(ctx, "udp", s.cfg.Server)
				next = time.Now().Add(redial)
			}
			if conn == nil {
				s.lost.Add(1)
				continue
			}
			if _, err := conn.Write(b); err != nil {
				s.lost.Add(1) // nobody listens there, for now
				continue
			}
			s.sent.Add(1)
		}
	}
}

// Stats are the packets sent, and those lost because the queue was full or the
// server was not there.
func (s *Sender) Stats() (sent, lost uint64) { return s.sent.Load(), s.lost.Load() }
