package bundle

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Feed is a place where an issuer puts its bundles: a folder, or an HTTPS
// address that answers with the newest one. The zero values of the limits are
// useful.
type Feed struct {
	Source  string // folder, or https://...
	Keys    []ed25519.PublicKey
	Private bool          // the address may be a private or loopback one
	Most    int64         // bytes of a bundle, 0: 1 GiB
	Timeout time.Duration // of one look, 0: 10 min
	TLS     *tls.Config   // nil: the system's authorities
}

// Suffix is what files in a folder end with to be looked at.
const Suffix = ".rwb"

const (
	defaultMost    = 1 << 30
	defaultTimeout = 10 * time.Minute
	maxFiles       = 1000 // in a folder
	maxRedirects   = 3
)

// Newest looks for a bundle that one of the keys signed and whose sequence is
// beyond last(id of the key), and returns the path of it: the file itself in a
// folder, or one in dir, which the caller removes. "" if there is none. The
// bundle is not checked whole: Open does.
func (f *Feed) Newest(ctx context.Context, last func(keyID string) int64, dir string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(f.Timeout, defaultTimeout))
	defer cancel()
	if strings.Contains(f.Source, "://") {
		return f.download(ctx, last, dir)
	}
	return f.inFolder(last)
}

func (f *Feed) inFolder(last func(string) int64) (string, error) {
	entries, err := os.ReadDir(f.Source)
	if err != nil {
		return "", err
	}
	newest, highest := "", int64(0)
	var bad []error
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !strings.HasSuffix(e.Name(), Suffix) || !e.Type().IsRegular() })
	if len(entries) > maxFiles {
		return "", fmt.Errorf("%s holds more than %d bundles: take old ones away", f.Source, maxFiles)
	}
	for _, e := range entries {
		path := filepath.Join(f.Source, e.Name())
		h, err := f.newer(path, last)
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", path, err))
		} else if h.Sequence > highest {
			newest, highest = path, h.Sequence
		}
	}
	if newest == "" {
		return "", errors.Join(bad...)
	}
	return newest, nil
}

// newer reads the header of a file; it is empty if the bundle is known already.
func (f *Feed) newer(path string, last func(string) int64) (Header, error) {
	in, err := os.Open(path)
	if err != nil {
		return Header{}, err
	}
	defer in.Close()
	st, err := in.Stat()
	if err == nil && st.Size() > f.most() {
		err = ErrTooLarge
	}
	if err != nil {
		return Header{}, err
	}
	h, key, _, err := ReadHeader(in, f.Keys)
	if err != nil || h.Sequence <= last(KeyID(key)) {
		return Header{}, err
	}
	return h, nil
}

func (f *Feed) most() int64 { return cmp.Or(f.Most, defaultMost) }

// download reads no more of an answer than its header if the bundle is known.
func (f *Feed) download(ctx context.Context, last func(string) int64, dir string) (_ string, err error) {
	u, err := url.Parse(f.Source)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", fmt.Errorf("%w: %q has to be https://host/path, without a password", ErrAddress, f.Source)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	client := f.client()
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s", f.Source, resp.Status)
	}
	if resp.ContentLength > f.most() {
		return "", fmt.Errorf("%s: %w: %d bytes", f.Source, ErrTooLarge, resp.ContentLength)
	}
	out, err := os.CreateTemp(dir, "feed-*"+Suffix)
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := out.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(out.Name())
		}
	}()
	h, key, _, err := ReadHeader(io.TeeReader(resp.Body, out), f.Keys)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Source, err)
	}
	if h.Sequence <= last(KeyID(key)) {
		return "", os.Remove(out.Name())
	}
	if n, err := io.Copy(out, io.LimitReader(resp.Body, f.most()+1)); err != nil || n > f.most() {
		return "", errors.Join(err, fmt.Errorf("%s: %w, or broken off", f.Source, ErrTooLarge))
	}
	return out.Name(), nil
}

// client asks no proxy, follows few redirects, and these to HTTPS only, and
// connects to no address inside our own network unless it may.
func (f *Feed) client() *http.Client {
	dial := &net.Dialer{Timeout: 10 * time.Second}
	if !f.Private {
		dial.Control = func(_, address string, _ syscall.RawConn) error { return publicOnly(address) }
	}
	return &http.Client{
		Transport: &http.Transport{DialContext: dial.DialContext, TLSClientConfig: f.TLS, TLSHandshakeTimeout: 10 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10, DisableCompression: true},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Scheme != "https" || len(via) > maxRedirects {
				return fmt.Errorf("%w: redirect to %s", ErrAddress, req.URL.Redacted())
			}
			return nil
		},
	}
}

// inner are addresses that look global and may lead into a network of our own,
// or nowhere: this host, RFC 6598 carrier NAT, protocol assignments, benchmarks,
// reserved; and IPv6 that carries an IPv4 address (NAT64, 6to4, Teredo).
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
}

// publicOnly refuses addresses that lead into a network of our own. It sees the
// address that is dialled, after any name was looked up.
func publicOnly(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	a := ap.Addr().Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || slices.ContainsFunc(inner, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return fmt.Errorf("%w: %s is not a public one", ErrAddress, a)
	}
	return nil
}
