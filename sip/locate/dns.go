package locate

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// The bounds of one query.
const (
	maxAnswer  = 4096                   // octets; what is longer is cut, over TCP as well
	maxRecords = 16                     // of one type that are looked at
	oneTry     = 700 * time.Millisecond // then the next server
)

var (
	// ErrNotFound: DNS says that there is nothing of that name and type.
	ErrNotFound = errors.New("locate: no such record")
	// ErrNoServer: no name server is configured or gave a usable answer.
	ErrNoServer = errors.New("locate: no name server answers")
)

// dns asks name servers. It is a stub: it wants servers that recurse.
type dns struct{ servers []netip.AddrPort }

// record is one answer: of a type that dnsmessage knows, or NAPTR.
type record struct {
	body dnsmessage.ResourceBody
	ttl  time.Duration
}

// lookup returns the records of one type, following nothing: the server does.
func (d dns) lookup(ctx context.Context, name string, t dnsmessage.Type) ([]record, error) {
	q, err := question(name, t)
	if err != nil {
		return nil, err
	}
	last := errors.New("none configured")
	for i := range min(max(len(d.servers), 2), 4) {
		if len(d.servers) == 0 || ctx.Err() != nil {
			break
		}
		got, err := d.ask(ctx, d.servers[i%len(d.servers)], q)
		if err == nil || errors.Is(err, ErrNotFound) {
			return got, err
		}
		last = err
	}
	return nil, fmt.Errorf("look up %s %v: %w: %w", name, t, ErrNoServer, last)
}

func question(name string, t dnsmessage.Type) (dnsmessage.Question, error) {
	if !isName(name) {
		return dnsmessage.Question{}, fmt.Errorf("locate: %.80q is no host name", name)
	}
	n, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil {
		return dnsmessage.Question{}, fmt.Errorf("locate: %.80q: %w", name, err)
	}
	return dnsmessage.Question{Name: n, Type: t, Class: dnsmessage.ClassINET}, nil
}

// isName reports a host name, with the underscores of SRV.
func isName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return false
		}
	}
	return true
}

// ask asks one server, over UDP and again over TCP if the answer was cut.
func (d dns) ask(ctx context.Context, server netip.AddrPort, q dnsmessage.Question) ([]record, error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	got, cut, err := exchange(ctx, "udp", server, q)
	if err == nil && cut {
		got, _, err = exchange(ctx, "tcp", server, q)
	}
	return got, err
}

// exchange sends one query from a port of its own and reads the answer. Datagrams
// that do not answer the question are passed over: they may be forged.
func exchange(ctx context.Context, network string, server netip.AddrPort, q dnsmessage.Question) ([]record, bool, error) {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, network, server.String())
	if err != nil {
		return nil, false, err
	}
	defer c.Close()
	deadline, _ := ctx.Deadline()
	if err := c.SetDeadline(deadline); err != nil {
		return nil, false, err
	}
	id := newID()
	b, err := query(id, q)
	if err != nil {
		return nil, false, err
	}
	if network == "tcp" {
		b = append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
	}
	if _, err := c.Write(b); err != nil {
		return nil, false, err
	}
	for range 16 {
		b, err := readAnswer(c, network)
		if err != nil {
			return nil, false, err
		}
		got, cut, err := parseAnswer(b, id, q)
		if !errors.Is(err, errForeign) {
			return got, cut, err
		}
	}
	return nil, false, errForeign
}

func newID() uint16 {
	var b [2]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	return binary.BigEndian.Uint16(b[:])
}

func readAnswer(c net.Conn, network string) ([]byte, error) {
	buf := make([]byte, maxAnswer)
	if network == "udp" {
		n, err := c.Read(buf)
		return buf[:n], err
	}
	if _, err := io.ReadFull(c, buf[:2]); err != nil {
		return nil, err
	}
	n := min(int(binary.BigEndian.Uint16(buf)), len(buf))
	_, err := io.ReadFull(c, buf[:n])
	return buf[:n], err
}

// query builds a query that takes answers of 1232 octets (RFC 6891).
func query(id uint16, q dnsmessage.Question) ([]byte, error) {
	var opt dnsmessage.ResourceHeader
	if err := opt.SetEDNS0(1232, dnsmessage.RCodeSuccess, false); err != nil {
		return nil, err
	}
	m := dnsmessage.Message{
		Header:      dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions:   []dnsmessage.Question{q},
		Additionals: []dnsmessage.Resource{{Header: opt, Body: &dnsmessage.OPTResource{}}},
	}
	return m.Pack()
}

// errRCode: the server is there and cannot or will not say.
var errRCode = errors.New("server says")

// errForeign: not the answer to the question.
var errForeign = errors.New("answer to another question")

// parseAnswer reads the records of the type asked for; cut says that there are
// more over TCP.
func parseAnswer(b []byte, id uint16, q dnsmessage.Question) (out []record, cut bool, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || h.ID != id || !h.Response {
		return nil, false, errForeign
	}
	got, err := p.Question()
	if err != nil || got.Type != q.Type || got.Class != q.Class || !strings.EqualFold(got.Name.String(), q.Name.String()) {
		return nil, false, errForeign
	}
	switch {
	case h.Truncated:
		return nil, true, nil
	case h.RCode == dnsmessage.RCodeNameError:
		return nil, false, ErrNotFound
	case h.RCode != dnsmessage.RCodeSuccess:
		return nil, false, fmt.Errorf("%w %v", errRCode, h.RCode)
	}
	if err := p.SkipAllQuestions(); err != nil {
		return nil, false, err
	}
	for range 4 * maxRecords { // CNAMEs may stand before them
		rr, err := p.Answer()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			break
		}
		if err != nil {
			return nil, false, fmt.Errorf("answer: %w", err)
		}
		if rr.Header.Type == q.Type && len(out) < maxRecords {
			out = append(out, record{rr.Body, time.Duration(rr.Header.TTL) * time.Second})
		}
	}
	if len(out) == 0 {
		return nil, false, ErrNotFound
	}
	return out, false, nil
}

// systemServers reads the name servers of resolv.conf(5).
func systemServers(file string) []netip.AddrPort {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	var out []netip.AddrPort
	lines := bufio.NewScanner(f)
	for lines.Scan() && len(out) < 3 {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(words[1]); err == nil {
			out = append(out, netip.AddrPortFrom(a, 53))
		}
	}
	return out
}
