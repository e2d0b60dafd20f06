package bundle_test

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"ringward/numberdb/bundle"
)

func none(string) int64 { return 0 }

func TestFeedInAFolder(t *testing.T) {
	private, public := keys(t)
	stranger, _ := keys(t)
	dir := t.TempDir()
	f := bundle.Feed{Source: dir, Keys: []ed25519.PublicKey{public}}
	if path, err := f.Newest(t.Context(), none, ""); path != "" || err != nil {
		t.Errorf("an empty folder: %q, %v", path, err)
	}
	write(t, filepath.Join(dir, "new.rwb"), private, 9)
	write(t, filepath.Join(dir, "old.rwb"), private, 8)
	write(t, filepath.Join(dir, "forged.rwb"), stranger, 99)
	if err := os.WriteFile(filepath.Join(dir, "readme.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if path, err := f.Newest(t.Context(), none, ""); filepath.Base(path) != "new.rwb" || err != nil {
		t.Errorf("got %q, %v", path, err)
	}
	path, err := f.Newest(t.Context(), func(string) int64 { return 9 }, "")
	if path != "" || !errors.Is(err, bundle.ErrUntrusted) {
		t.Errorf("nothing new but a forged one: %q, %v", path, err)
	}
	f.Most = 10
	if _, err := f.Newest(t.Context(), none, ""); !errors.Is(err, bundle.ErrTooLarge) {
		t.Errorf("large files: %v", err)
	}
}

func TestFeedOverHTTPS(t *testing.T) {
	private, public := keys(t)
	file := filepath.Join(t.TempDir(), "x.rwb")
	write(t, file, private, 9)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "http://127.0.0.1:1/x", http.StatusFound)
		case "/gone":
			http.NotFound(w, r)
		case "/noise":
			_, _ = w.Write([]byte("hello"))
		default:
			http.ServeFile(w, r, file)
		}
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	f := bundle.Feed{Source: server.URL, Keys: []ed25519.PublicKey{public}, TLS: &tls.Config{RootCAs: roots}}
	if _, err := f.Newest(t.Context(), none, t.TempDir()); !errors.Is(err, bundle.ErrAddress) {
		t.Errorf("a loopback address that is not allowed: %v", err)
	}
	f.Private = true
	dir := t.TempDir()
	path, err := f.Newest(t.Context(), none, dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(t.Context(), path, f.Keys)
	if err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if path, err := f.Newest(t.Context(), func(string) int64 { return 9 }, dir); path != "" || err != nil {
		t.Errorf("a known bundle: %q, %v", path, err)
	}
	for _, c := range []struct {
		source string
		want   error
	}{
		{server.URL + "/redirect", bundle.ErrAddress}, {server.URL + "/noise", bundle.ErrFormat}, {server.URL + "/gone", nil},
		{"http://127.0.0.1/x", bundle.ErrAddress}, {"https://user:pw@127.0.0.1/x", bundle.ErrAddress}, {"file:///etc/passwd", bundle.ErrAddress},
	} {
		f.Source = c.source
		if _, err := f.Newest(t.Context(), none, dir); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.source, err, c.want)
		}
	}
	f.Source, f.Most = server.URL, 10
	if _, err := f.Newest(t.Context(), none, dir); !errors.Is(err, bundle.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files are left behind: %v", left)
	}
}
