package transaction_test

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// TestMemoryOfLingering: 10,000 answered transactions that only absorb repeats
// keep neither request nor body alive. The bounds are about twice what was
// measured.
func TestMemoryOfLingering(t *testing.T) {
	const n = 10_000
	for _, c := range []struct {
		method string
		status int
		limit  int // octets each
	}{{"INVITE", 200, 1200}, {"BYE", 200, 2800}} {
		u := &answering{status: []int{c.status}, done: make(chan struct{}, 1)}
		l := transaction.New(transaction.Config{Transport: null{}, Timers: transaction.Timers{T1: time.Minute}}, u)
		wire := raw(c.method, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-0123456789-%", "raw-1", "0123456789@host-%",
			"Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 800\r\n\r\n"+strings.Repeat("x", 800))
		before := heap()
		for i := range n {
			m, err := sipmsg.Decode([]byte(strings.ReplaceAll(wire, "%", strconv.Itoa(i))), true)
			if err != nil {
				t.Fatal(err)
			}
			m.Source, m.Local, m.Transport = alice, bob, "udp"
			l.Receive(m, nil)
			<-u.done
		}
		if got := l.Stats().Server; got != n {
			t.Errorf("%d transactions, want %d", got, n)
		}
		each := int(heap()-before) / n
		t.Logf("%s: %d octets each", c.method, each)
		if each > c.limit {
			t.Errorf("%s: %d octets each, want at most %d", c.method, each, c.limit)
		}
		l.Close()
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
