package gateway_test

import (
	"encoding/json"
	"fmt"
	"net"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
)

// command has a running baresip do something, by its module ctrl_tcp: one JSON
// object as a netstring.
func (b *baresip) command(port int, name, params string) {
	b.t.Helper()
	text, err := json.Marshal(map[string]string{"command": name, "params": params})
	must(b.t, err)
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), patience)
	must(b.t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "%d:%s,", len(text), text)
	must(b.t, err)
	must(b.t, conn.SetReadDeadline(time.Now().Add(patience)))
	_, err = conn.Read(make([]byte, 512)) // its answer: the command was run
	must(b.t, err)
}

// TestBaresipTransfers has a telephone that is not ours send its caller to
// another line: it is told, and let go.
func TestBaresipTransfers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	port := freeTCP(t)
	phone := startBaresipAs(t, "100", 500, "", "", fmt.Sprintf("ctrl_tcp_listen 127.0.0.1:%d\nmodule ctrl_tcp.so\n", port))
	phone.says("baresip is ready")
	w, back := withBack(t, options{line: func(l *gateway.Line) {
		l.Targets = []string{fmt.Sprintf("sip:100@127.0.0.1:%d", phone.port)}
		l.Policy = screening.Policy{Mode: screening.ModeLabel}
	}})
	caller := w.dial(ordinary)
	caller.Say(sine(300, time.Minute))
	done(t, caller.Answered(), "baresip to answer")
	packets(t, caller, 30)
	phone.command(port, "transfer", "sip:"+backNumber+"@"+w.stack.Addrs()[0].Addr.String())
	second := recv(t, back.Incoming(), "the second phone to ring")
	must(t, second.Ring())
	second.Say(sine(900, time.Minute))
	must(t, second.Answer())
	packets(t, second, 30)
	packets(t, caller, 60)
	if p := power(lastSecond(caller), 900); p < 0.5 {
		t.Errorf("the caller hears %.2f of the second phone", p)
	}
	until(t, "baresip to be let go", func() bool { return w.stack.Stats().Legs == 2 })
	caller.Hangup()
	if r := w.record(); !hasEvent(r, "transferred", "") {
		t.Errorf("got %+v", r.Events)
	}
}

func freeTCP(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
