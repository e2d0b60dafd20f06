package media

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// plainNet is the portable network: a goroutine a port. Those end with their
// port or with run, which waits for them.
type plainNet struct {
	now   func() time.Time
	dscp  int
	awake chan struct{} // 1; full means that run is to look anyway

	mu      sync.Mutex
	running bool
	ports   map[*plainPort]struct{}
	readers sync.WaitGroup
}

// maxRefusals is how many errors in a row a port survives.
const maxRefusals = 1000

type plainPort struct {
	n  *plainNet
	c  *net.UDPConn
	in *inlet
}

func newPlainNet(cfg Config) *plainNet {
	return &plainNet{now: cfg.Clock, dscp: int(cfg.DSCP), awake: make(chan struct{}, 1), ports: map[*plainPort]struct{}{}}
}

func (n *plainNet) listen(at netip.AddrPort, in *inlet) (conn, error) {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	if n.dscp != 0 { // an unmarked packet is better than none: errors are left
		if at.Addr().Unmap().Is4() {
			_ = ipv4.NewConn(c).SetTOS(n.dscp << 2)
		} else {
			_ = ipv6.NewConn(c).SetTrafficClass(n.dscp << 2)
		}
	}
	p := &plainPort{n: n, c: c, in: in}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ports[p] = struct{}{}
	if n.running {
		n.readers.Go(p.read)
	}
	return p, nil
}

func (n *plainNet) run(ctx context.Context, w *worker) error {
	n.start()
	defer n.stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.awake:
		case <-timer.C:
		}
		if next := w.tick(n.now()); !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}

func (n *plainNet) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.running = true
	for p := range n.ports {
		n.readers.Go(p.read)
	}
}

// stop ends the readers; the ports stay their bridges' to close.
func (n *plainNet) stop() {
	n.mu.Lock()
	n.running = false
	for p := range n.ports {
		_ = p.c.SetReadDeadline(time.Unix(1, 0)) // fails only when closed
	}
	n.mu.Unlock()
	n.readers.Wait()
}

func (n *plainNet) wake() {
	select {
	case n.awake <- struct{}{}:
	default:
	}
}

func (p *plainPort) read() {
	buf := make([]byte, bufferSize)
	for refused := 0; refused < maxRefusals; {
		size, from, err := p.c.ReadFromUDPAddrPort(buf)
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() || p.gone() {
				return
			}
			refused++ // by ICMP: about one packet, not the port
			continue
		}
		refused = 0
		p.in.deliver(buf[:size], size, plainAddr(from), p.n.now())
	}
}

func (p *plainPort) gone() bool {
	p.n.mu.Lock()
	defer p.n.mu.Unlock()
	_, there := p.n.ports[p]
	return !there
}

func (p *plainPort) send(b []byte, to *target) bool {
	_, err := p.c.WriteToUDPAddrPort(b, to.addr)
	return err == nil
}

func (p *plainPort) close() {
	p.n.mu.Lock()
	delete(p.n.ports, p)
	p.n.mu.Unlock()
	p.c.Close()
}
