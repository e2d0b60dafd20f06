package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	maxDownload  = 2 << 30
	maxTries     = 5
	stall        = 30 * time.Second // a download that brings nothing for so long is begun again
	manifestName = "ringward-model.json"
)

// ErrChecksum says that what came is not what was expected.
var ErrChecksum = errors.New("checksum differs")

// Progress of a download. Total is 0 when the server does not say.
type Progress struct {
	Done, Total int64
	Resumed     bool
}

// Manifest is written beside a model that was fetched.
type Manifest struct {
	Name   string            `json:"name"`
	URL    string            `json:"url"`
	SHA256 string            `json:"sha256"` // of the download
	Files  map[string]string `json:"files"`  // of each file
}

// Fetcher downloads models into a folder.
type Fetcher struct {
	Dir      string
	Client   *http.Client   // nil: one that follows redirects
	Progress func(Progress) // nil: none
	Wait     time.Duration  // before the second try, then doubled; 0 is 1 s
}

// Folder is where a model is or would be.
func (f Fetcher) Folder(m Model) string { return filepath.Join(f.Dir, m.Name) }

// Installed reads a model's manifest; an error when it has not been fetched.
func (f Fetcher) Installed(m Model) (Manifest, error) {
	b, err := os.ReadFile(filepath.Join(f.Folder(m), manifestName))
	if err != nil {
		return Manifest{}, err
	}
	var man Manifest
	if err := json.Unmarshal(b, &man); err != nil {
		return Manifest{}, fmt.Errorf("read %s: %w", manifestName, err)
	}
	return man, nil
}

// Verify compares every file of a fetched model with its manifest.
func (f Fetcher) Verify(m Model) error {
	man, err := f.Installed(m)
	if err != nil {
		return err
	}
	for name, want := range man.Files {
		got, err := sumFile(filepath.Join(f.Folder(m), filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s: %w: has %s, was fetched as %s", name, ErrChecksum, got, want)
		}
	}
	return nil
}

// Fetch downloads and unpacks a model unless it is there and sound. A download
// that was broken off goes on where it ended, also in a later run.
func (f Fetcher) Fetch(ctx context.Context, m Model) (Manifest, error) {
	if err := f.Verify(m); err == nil {
		return f.Installed(m)
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return Manifest{}, fmt.Errorf("fetch %s: %w", m.Name, err)
	}
	part := filepath.Join(f.Dir, m.Name+".part")
	if err := f.download(ctx, m.URL, part); err != nil {
		return Manifest{}, fmt.Errorf("fetch %s: %w (run it again to go on)", m.Name, err)
	}
	sum, err := sumFile(part)
	if err == nil && m.SHA256 != "" && sum != strings.ToLower(m.SHA256) {
		err = errors.Join(fmt.Errorf("%w: got %s, expected %s; the download was deleted", ErrChecksum, sum, m.SHA256), os.Remove(part))
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("fetch %s: %w", m.Name, err)
	}
	man, err := f.install(m, part, sum)
	if err != nil {
		return Manifest{}, errors.Join(fmt.Errorf("fetch %s: %w", m.Name, err), os.Remove(part))
	}
	return man, os.Remove(part)
}

// install unpacks beside the final folder and moves it there in one step.
func (f Fetcher) install(m Model, part, sum string) (Manifest, error) {
	fresh := f.Folder(m) + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return Manifest{}, err
	}
	defer os.RemoveAll(fresh)
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return Manifest{}, err
	}
	files, err := place(part, fresh, m.URL)
	if err != nil {
		return Manifest{}, err
	}
	for name, want := range m.Files {
		if got := files[name]; got != want {
			return Manifest{}, fmt.Errorf("%s: %w: got %q, known is %s", name, ErrChecksum, got, want)
		}
	}
	man := Manifest{Name: m.Name, URL: m.URL, SHA256: sum, Files: files}
	b, err := json.MarshalIndent(man, "", "  ")
	if err != nil {
		return Manifest{}, err
	}
	if err := os.WriteFile(filepath.Join(fresh, manifestName), append(b, '\n'), 0o644); err != nil {
		return Manifest{}, err
	}
	if err := os.RemoveAll(f.Folder(m)); err != nil {
		return Manifest{}, err
	}
	return man, os.Rename(fresh, f.Folder(m))
}

// download brings the whole file, in several tries if need be.
func (f Fetcher) download(ctx context.Context, url, file string) error {
	wait := f.Wait
	if wait <= 0 {
		wait = time.Second
	}
	var err error
	for try := range maxTries {
		if try > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return ctx.Err()
			}
			wait *= 2
		}
		var final refusal
		if err = f.attempt(ctx, url, file); err == nil || errors.As(err, &final) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// refusal is an answer that another try does not change.
type refusal struct{ error }

// attempt asks for what is missing and appends it.
func (f Fetcher) attempt(ctx context.Context, url, file string) error {
	out, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return refusal{err}
	}
	defer out.Close()
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return refusal{err}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := f.ask(ctx, url, have)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && have > 0 {
		if total(resp) == have {
			return nil // it was complete
		}
		return errors.Join(errors.New("the broken download does not fit the file on the server"), os.Truncate(file, 0))
	}
	if resp.StatusCode == http.StatusOK && have > 0 { // the server knows no ranges
		if err := out.Truncate(0); err != nil {
			return refusal{err}
		}
		if have, err = out.Seek(0, io.SeekStart); err != nil {
			return refusal{err}
		}
	}
	watch := time.AfterFunc(stall, cancel)
	defer watch.Stop()
	p := &meter{now: Progress{Done: have, Total: total(resp), Resumed: have > 0}, tell: f.Progress, watch: watch}
	n, err := io.Copy(io.MultiWriter(out, p), io.LimitReader(resp.Body, maxDownload-have+1))
	switch {
	case err != nil:
		return fmt.Errorf("after %d bytes: %w", have+n, err)
	case have+n > maxDownload:
		return refusal{fmt.Errorf("more than %d bytes", int64(maxDownload))}
	case p.now.Total > 0 && have+n != p.now.Total:
		return fmt.Errorf("%d bytes of %d came", have+n, p.now.Total)
	}
	return out.Sync()
}

func (f Fetcher) ask(ctx context.Context, url string, have int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, refusal{err}
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	c := f.Client
	if c == nil {
		c = http.DefaultClient
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusRequestedRangeNotSatisfiable:
		return resp, nil
	case http.StatusPartialContent:
		if start := strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)); start {
			return resp, nil
		}
		resp.Body.Close()
		return nil, refusal{errors.New("the server sent another part of the file than was asked for")}
	}
	resp.Body.Close()
	err = fmt.Errorf("%s answers %s", path.Base(url), resp.Status)
	if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
		return nil, refusal{err}
	}
	return nil, err
}

// total is the size of the whole file, 0 when the server does not say.
func total(resp *http.Response) int64 {
	if _, size, ok := strings.Cut(resp.Header.Get("Content-Range"), "/"); ok {
		n, _ := strconv.ParseInt(size, 10, 64)
		return max(n, 0)
	}
	if resp.StatusCode == http.StatusOK {
		return max(resp.ContentLength, 0)
	}
	return 0
}

// meter counts what comes and tells, ten times a second at most.
type meter struct {
	now   Progress
	tell  func(Progress)
	last  time.Time
	watch *time.Timer
}

func (m *meter) Write(b []byte) (int, error) {
	m.watch.Reset(stall)
	m.now.Done += int64(len(b))
	if t := time.Now(); m.tell != nil && (t.Sub(m.last) > 100*time.Millisecond || m.now.Done == m.now.Total) {
		m.last = t
		m.tell(m.now)
	}
	return len(b), nil
}

func sumFile(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
