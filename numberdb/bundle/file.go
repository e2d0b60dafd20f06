package bundle

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"
)

// Source writes one table and returns how many records it wrote.
type Source struct {
	Name  string
	Write func(io.Writer) (records int, err error)
}

// Write makes a bundle at path, whole or not at all. h says all but the tables.
func Write(path string, key ed25519.PrivateKey, h Header, sources []Source) (_ Header, err error) {
	body, err := os.CreateTemp("", "ringward-bundle-*")
	if err != nil {
		return h, err
	}
	defer os.Remove(body.Name())
	defer body.Close()
	h.Tables = nil
	for _, s := range sources {
		t, err := writeTable(body, s)
		if err != nil {
			return h, fmt.Errorf("table %s: %w", s.Name, err)
		}
		h.Tables = append(h.Tables, t)
	}
	if err := h.check(); err != nil {
		return h, err
	}
	head, err := h.sealed(key)
	if err != nil {
		return h, err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return h, err
	}
	return h, settle(path, io.MultiReader(bytes.NewReader(head), body))
}

func writeTable(w io.Writer, s Source) (Table, error) {
	t := Table{Name: s.Name}
	sum := sha256.New()
	packed := &counter{w: io.MultiWriter(w, sum)}
	z := gzip.NewWriter(packed)
	raw := &counter{w: z}
	var err error
	if t.Records, err = s.Write(raw); err != nil {
		return t, err
	}
	if err := z.Close(); err != nil {
		return t, err
	}
	t.Size, t.Raw, t.SHA256 = packed.n, raw.n, sum.Sum(nil)
	return t, nil
}

// settle writes a file beside path, and gives it its name when it is on disk.
func settle(path string, r io.Reader) error {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(part)
	if _, err = io.Copy(f, r); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(part, path)
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// Bundle is an open bundle that was checked whole.
type Bundle struct {
	Header Header
	Key    ed25519.PublicKey // that signed it
	f      *os.File
	start  int64 // of the first table
}

// Open opens a bundle and checks all of it: the signature by one of the keys,
// and every table's size and sum. Close it.
func Open(ctx context.Context, path string, keys []ed25519.PublicKey) (_ *Bundle, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b := &Bundle{f: f}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	if b.Header, b.Key, b.start, err = ReadHeader(f, keys); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	end := b.start
	for _, t := range b.Header.Tables {
		if err := b.checkTable(ctx, t, end); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		end += t.Size
	}
	st, err := f.Stat()
	if err == nil && st.Size() != end {
		err = fmt.Errorf("%s: %w: %d bytes, the header names %d", path, ErrDamaged, st.Size(), end)
	}
	return b, err
}

func (b *Bundle) checkTable(ctx context.Context, t Table, at int64) error {
	sum := sha256.New()
	n, err := io.Copy(sum, &stopped{ctx, io.NewSectionReader(b.f, at, t.Size)})
	if err != nil {
		return err
	}
	if n != t.Size || !bytes.Equal(sum.Sum(nil), t.SHA256) {
		return fmt.Errorf("%w: table %s is not what was signed", ErrDamaged, t.Name)
	}
	return nil
}

// stopped reads until its context ends.
type stopped struct {
	ctx context.Context
	r   io.Reader
}

func (s *stopped) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// Table returns the content of a table; false if the bundle has none of that
// name. No more is read than the header names.
func (b *Bundle) Table(name string) (io.Reader, bool, error) {
	i := slices.IndexFunc(b.Header.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return nil, false, nil
	}
	at := b.start
	for _, t := range b.Header.Tables[:i] {
		at += t.Size
	}
	t := b.Header.Tables[i]
	z, err := gzip.NewReader(io.NewSectionReader(b.f, at, t.Size))
	if err != nil {
		return nil, true, fmt.Errorf("%w: table %s: %v", ErrDamaged, name, err)
	}
	return io.LimitReader(z, t.Raw), true, nil
}

// Close closes the file.
func (b *Bundle) Close() error { return b.f.Close() }
