package models

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds on an archive: the largest model known unpacks to some 500 MB.
const (
	maxUnpacked = 4 << 30
	maxFiles    = 1000
)

// place puts a download into dir: an archive's files, or the one file. It
// returns the checksum of each.
func place(part, dir, url string) (map[string]string, error) {
	in, err := os.Open(part)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var names []string
	if strings.HasSuffix(url, ".tar.bz2") {
		names, err = unpack(bzip2.NewReader(bufio.NewReader(in)), dir)
	} else {
		names = []string{path.Base(url)}
		_, err = save(filepath.Join(dir, names[0]), in, maxUnpacked)
	}
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for _, n := range names {
		if sums[n], err = sumFile(filepath.Join(dir, filepath.FromSlash(n))); err != nil {
			return nil, err
		}
	}
	return sums, nil
}

// unpack writes an archive's plain files below dir, without their common first
// folder. Links, devices and names that lead elsewhere are refused.
func unpack(r io.Reader, dir string) (names []string, err error) {
	left := int64(maxUnpacked)
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			if len(names) == 0 {
				return nil, errors.New("unpack: the archive holds no file")
			}
			return names, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if h.Typeflag != tar.TypeReg {
			return nil, fmt.Errorf("unpack %q: only plain files are taken from an archive", h.Name)
		}
		name := path.Clean(h.Name)
		if _, rest, ok := strings.Cut(name, "/"); ok {
			name = rest
		}
		if !filepath.IsLocal(filepath.FromSlash(path.Clean(h.Name))) || !filepath.IsLocal(filepath.FromSlash(name)) || name == manifestName {
			return nil, fmt.Errorf("unpack %q: the name leads out of the folder", h.Name)
		}
		if len(names) == maxFiles {
			return nil, fmt.Errorf("unpack: more than %d files", maxFiles)
		}
		n, err := save(filepath.Join(dir, filepath.FromSlash(name)), t, left)
		if err != nil {
			return nil, fmt.Errorf("unpack %q: %w", name, err)
		}
		left -= n
		names = append(names, name)
	}
}

// save writes a file of at most limit bytes.
func save(file string, r io.Reader, limit int64) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return 0, err
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("more than %d bytes", int64(maxUnpacked))
	}
	return n, errors.Join(err, out.Close())
}
