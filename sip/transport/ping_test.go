package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/sipmsg"
)

// TestPingsOfOurs: a connection that we made is kept alive; a peer that answers
// and then stops is given up, one that never does is not (RFC 5626 §4.4.1).
func TestPingsOfOurs(t *testing.T) {
	for _, c := range []struct {
		name  string
		pongs int
		lives bool
	}{{"answers", 5, true}, {"stops answering", 2, false}, {"never answers", 0, true}} {
		synctest.Test(t, func(t *testing.T) {
			s, err := Open(Config{IdleTimeout: 24 * time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- s.Run(context.Background(), sinkFunc(func(*sipmsg.Message, error) {})) }()
			ours, theirs := net.Pipe()
			cn := s.newConn(Target{Network: "tcp", Addr: netip.MustParseAddrPort("192.0.2.1:5060")}, true)
			if err := s.conns.add(cn, s.cfg); err != nil {
				t.Fatal(err)
			}
			cn.connected(ours)
			s.goDo(func() { cn.read(cn.streamReader()) })
			s.goDo(cn.write)
			begin := time.Now()
			ping := make([]byte, 4)
			for i := range 5 {
				if _, err := io.ReadFull(theirs, ping); err != nil {
					if c.lives || !errors.Is(err, io.EOF) {
						t.Errorf("%s: ping %d: %v", c.name, i, err)
					}
					break
				}
				if got, want := time.Since(begin), time.Duration(i+1)*100*time.Second; got != want || string(ping) != "\r\n\r\n" {
					t.Errorf("%s: ping %d %q after %v, want %v", c.name, i, ping, got, want)
				}
				if i < c.pongs {
					if _, err := theirs.Write([]byte("\r\n")); err != nil {
						t.Fatal(err)
					}
				}
			}
			synctest.Wait()
			cn.mu.Lock()
			if cn.err == nil != c.lives {
				t.Errorf("%s: connection ended with %v", c.name, cn.err)
			}
			cn.mu.Unlock()
			s.Close()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
