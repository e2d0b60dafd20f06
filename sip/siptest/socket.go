package siptest

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"

	"ringward/sip/sipmsg"
)

// UDP returns an agent on a free port of 127.0.0.1, closed with the test.
func UDP(t testing.TB) *Agent {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatalf("siptest: %v", err)
	}
	a := newAgent(t, "udp", c.LocalAddr().(*net.UDPAddr).AddrPort())
	w := &udpWire{c: c}
	a.wire = w
	w.wg.Go(func() {
		b := make([]byte, 65536)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			a.got(b[:n], from)
		}
	})
	t.Cleanup(w.close)
	return a
}

type udpWire struct {
	c  *net.UDPConn
	wg sync.WaitGroup
}

func (w *udpWire) send(b []byte, to netip.AddrPort) error {
	_, err := w.c.WriteToUDPAddrPort(b, to)
	return err
}

func (w *udpWire) close() {
	_ = w.c.Close()
	w.wg.Wait()
}

// TCP returns an agent that listens on a free port of 127.0.0.1 and connects to
// where it sends, unless the other side has connected before. It is closed with
// the test.
func TCP(t testing.TB) *Agent {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("siptest: %v", err)
	}
	a := newAgent(t, "tcp", ln.Addr().(*net.TCPAddr).AddrPort())
	w := &tcpWire{a: a, ln: ln}
	a.wire = w
	w.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			w.serve(c)
		}
	})
	t.Cleanup(w.close)
	return a
}

// tcpWire uses the connection made last, by whichever side.
type tcpWire struct {
	a  *Agent
	ln net.Listener
	wg sync.WaitGroup

	mu    sync.Mutex // guards conns
	conns []net.Conn
}

func (w *tcpWire) serve(c net.Conn) {
	w.mu.Lock()
	w.conns = append(w.conns, c)
	w.mu.Unlock()
	w.wg.Go(func() {
		from := c.RemoteAddr().(*net.TCPAddr).AddrPort()
		r := bufio.NewReader(c)
		for {
			b, err := sipmsg.ReadFrame(r, sipmsg.DefaultLimits)
			if err == sipmsg.ErrKeepAlive {
				continue
			}
			if err != nil {
				return
			}
			w.a.got(b, from)
		}
	})
}

func (w *tcpWire) send(b []byte, to netip.AddrPort) error {
	w.mu.Lock()
	n := len(w.conns)
	w.mu.Unlock()
	if n == 0 {
		c, err := net.Dial("tcp4", to.String())
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		w.serve(c)
	}
	w.mu.Lock()
	c := w.conns[len(w.conns)-1]
	w.mu.Unlock()
	_, err := c.Write(b)
	return err
}

func (w *tcpWire) close() {
	_ = w.ln.Close()
	w.mu.Lock()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.mu.Unlock()
	w.wg.Wait()
}
