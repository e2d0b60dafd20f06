package bundle_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/numberdb/bundle"
)

var day = time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)

// keys makes a key pair through its files.
func keys(t testing.TB) (ed25519.PrivateKey, ed25519.PublicKey) {
	t.Helper()
	base := filepath.Join(t.TempDir(), "k")
	if _, err := bundle.NewKey(base); err != nil {
		t.Fatal(err)
	}
	private, err := bundle.ReadPrivateKey(base + ".key")
	if err != nil {
		t.Fatal(err)
	}
	public, err := bundle.ReadPublicKey(base + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

func content(name, text string) bundle.Source {
	return bundle.Source{Name: name, Write: func(w io.Writer) (int, error) {
		_, err := io.WriteString(w, text)
		return strings.Count(text, "\n"), err
	}}
}

func write(t testing.TB, path string, key ed25519.PrivateKey, sequence int64) {
	t.Helper()
	h := bundle.Header{Issuer: "issuer", Sequence: sequence, Created: day}
	if _, err := bundle.Write(path, key, h, []bundle.Source{content("scam", "a\nb\n"), content("number", "")}); err != nil {
		t.Fatal(err)
	}
}

func TestBundleComesBack(t *testing.T) {
	private, public := keys(t)
	path := filepath.Join(t.TempDir(), "x.rwb")
	write(t, path, private, 7)
	_, stranger := keys(t)
	b, err := bundle.Open(t.Context(), path, []ed25519.PublicKey{stranger, public})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Header.Sequence != 7 || len(b.Header.Tables) != 2 || b.Header.Tables[0].Records != 2 || !b.Key.Equal(public) {
		t.Errorf("header: %+v", b.Header)
	}
	r, ok, err := b.Table("scam")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != "a\nb\n" {
		t.Errorf("table: %q, %v", text, err)
	}
	if _, ok, err := b.Table("line"); ok || err != nil {
		t.Errorf("a table that is not there: %v, %v", ok, err)
	}
	if _, err := bundle.Open(t.Context(), path, []ed25519.PublicKey{stranger}); !errors.Is(err, bundle.ErrUntrusted) {
		t.Errorf("signed by another: %v", err)
	}
}

// TestEveryFlippedBitIsFound changes, cuts and extends a bundle.
func TestEveryFlippedBitIsFound(t *testing.T) {
	private, public := keys(t)
	path := filepath.Join(t.TempDir(), "x.rwb")
	write(t, path, private, 7)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, at int, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := bundle.Open(t.Context(), path, []ed25519.PublicKey{public}); err == nil {
			_ = b.Close()
			t.Errorf("%s at byte %d of %d was not found", what, at, len(good))
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		try("flipped bit", i, bad)
		try("cut", i, good[:i])
	}
	try("addition", len(good), append(bytes.Clone(good), 'x'))
}

func TestKeysAreKeptSafe(t *testing.T) {
	base := filepath.Join(t.TempDir(), "k")
	if _, err := bundle.NewKey(base); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.NewKey(base); !errors.Is(err, os.ErrExist) {
		t.Errorf("a key was written over: %v", err)
	}
	if err := os.Chmod(base+".key", 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.ReadPrivateKey(base + ".key"); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that all may read: %v", err)
	}
	if _, err := bundle.ReadPublicKey(base + ".key"); err == nil {
		t.Error("a private key was taken for a public one")
	}
}

func TestLedgerKnowsOldFromNew(t *testing.T) {
	_, public := keys(t)
	path := filepath.Join(t.TempDir(), "bundles.json")
	l, err := bundle.OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	h := bundle.Header{Issuer: "issuer", Sequence: 7, Created: day}
	if err := l.Check(h, public, day, time.Hour); err != nil {
		t.Errorf("first: %v", err)
	}
	if err := l.Note(h, public, day, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	if l, err = bundle.OpenLedger(path); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sequence int64
		now      time.Time
		want     error
	}{
		{7, day, bundle.ErrReplayed}, {6, day, bundle.ErrReplayed}, {8, day.Add(2 * time.Hour), bundle.ErrOld},
		{8, day.Add(-2 * time.Hour), bundle.ErrFuture}, {8, day, nil},
	} {
		h.Sequence = c.sequence
		if err := l.Check(h, public, c.now, time.Hour); !errors.Is(err, c.want) {
			t.Errorf("sequence %d at %v: got %v, want %v", c.sequence, c.now, err, c.want)
		}
	}
	i, err := l.Find("issuer")
	if err != nil || len(i.Applied) != 1 {
		t.Fatalf("%+v, %v", i, err)
	}
	if err := l.Drop(i); err != nil {
		t.Fatal(err)
	}
	if l, err = bundle.OpenLedger(path); err != nil || l.Last(bundle.KeyID(public)) != 7 {
		t.Errorf("a bundle that was taken back may come again: %+v, %v", l, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.OpenLedger(path); err == nil {
		t.Error("a damaged ledger was taken for an empty one")
	}
}

func FuzzReadHeader(f *testing.F) {
	private, public := keys(f)
	path := filepath.Join(f.TempDir(), "x.rwb")
	write(f, path, private, 7)
	good, _ := os.ReadFile(path)
	f.Add(good)
	f.Add([]byte("ringward-bundle 1\n{}\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, _, n, err := bundle.ReadHeader(bytes.NewReader(data), []ed25519.PublicKey{public})
		if err == nil && !bytes.HasPrefix(data, good[:n]) {
			t.Errorf("a header that nobody signed was taken: %+v", h)
		}
	})
}
