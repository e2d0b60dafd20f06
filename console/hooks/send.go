package hooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

const (
	sendTimeout = 10 * time.Second
	maxAnswer   = 64 << 10
	robotGap    = 3100 * time.Millisecond // robots take 20 messages a minute
)

// waits are the times between the tries of a delivery. After the last it is dead.
var waits = []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour}

// errPrivate says that an address is not for a hook.
var errPrivate = errors.New("the address is not a public one; mark the hook private if it stands in your own network")

// newClient makes the client of a hook: no proxy, no redirect, no cookie, and
// where the hook is not marked private no connection into a private network,
// whatever the name resolves to at the moment of connecting.
func newClient(private bool) *http.Client {
	d := &net.Dialer{Timeout: sendTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !private && !public(ap.Addr()) {
			return errPrivate
		}
		return nil
	}}
	return &http.Client{Timeout: sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: sendTimeout, ResponseHeaderTimeout: sendTimeout, MaxResponseHeaderBytes: 32 << 10,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
}

// special are the ranges that are no public hosts and that netip does not name.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// public reports whether an address is a host of the public Internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// post sends one event. wait is what the other side asks for before the next
// try, 0 if it says nothing.
func (h Hook) post(ctx context.Context, client *http.Client, e Event, now time.Time) (wait time.Duration, err error) {
	r, err := h.requestFor(e, now)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(r.body))
	if err != nil {
		return 0, err
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	req.Header.Set("User-Agent", "Ringward")
	res, err := client.Do(req)
	if err != nil {
		return 0, plain(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // a date counts as nothing
		return time.Duration(min(max(seconds, 0), 3600)) * time.Second, fmt.Errorf("answered %d", res.StatusCode)
	}
	if err != nil {
		return 0, plain(err)
	}
	if why := h.refusal(body); why != "" {
		return 0, errors.New(why)
	}
	return 0, nil
}

// plain takes the URL out of an error: it may carry a robot's key.
func plain(err error) error {
	if u := new(url.Error); errors.As(err, &u) {
		return u.Err
	}
	return err
}
