package models_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringward/speech/engine/models"
)

func tiny(t *testing.T) (data []byte, sum string) {
	t.Helper()
	data, err := os.ReadFile("testdata/tiny.tar.bz2")
	if err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(data)
	return data, hex.EncodeToString(s[:])
}

// serve serves data and counts requests; cut breaks the connection of the first
// answers after so many bytes each.
func serve(t *testing.T, data []byte, ranges bool, cut ...int) (*httptest.Server, *atomic.Int32, chan string) {
	t.Helper()
	var n atomic.Int32
	asked := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		asked <- r.Header.Get("Range")
		if !ranges {
			r.Header.Del("Range")
		}
		if i < len(cut) {
			w = &cutter{ResponseWriter: w, left: cut[i]}
		}
		http.ServeContent(w, r, "tiny.tar.bz2", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	return s, &n, asked
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		_, _ = c.ResponseWriter.Write(b[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

func fetcher(t *testing.T) models.Fetcher {
	return models.Fetcher{Dir: filepath.Join(t.TempDir(), "models"), Wait: time.Millisecond}
}

func TestFetch(t *testing.T) {
	data, sum := tiny(t)
	s, n, _ := serve(t, data, true)
	f := fetcher(t)
	var last models.Progress
	f.Progress = func(p models.Progress) { last = p }
	m := models.Model{Name: "tiny", URL: s.URL + "/tiny.tar.bz2", SHA256: sum}
	man, err := f.Fetch(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if man.SHA256 != sum || len(man.Files) != 5 || man.Files["test_wavs/a.txt"] == "" {
		t.Errorf("manifest %+v", man)
	}
	if last.Done != int64(len(data)) || last.Total != last.Done {
		t.Errorf("progress ended at %+v", last)
	}
	if b, err := os.ReadFile(filepath.Join(f.Folder(m), "tokens.txt")); err != nil || !strings.Contains(string(b), "zh 1") {
		t.Errorf("tokens.txt: %q, %v", b, err)
	}
	left, err := filepath.Glob(filepath.Join(f.Dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := f.Fetch(t.Context(), m); err != nil || n.Load() != 1 {
		t.Errorf("second fetch: %v, %d requests", err, n.Load())
	}
	// A file that was changed is noticed, and fetched again.
	if err := os.WriteFile(filepath.Join(f.Folder(m), "tokens.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Verify(m); !errors.Is(err, models.ErrChecksum) {
		t.Errorf("verify: %v", err)
	}
	if _, err := f.Fetch(t.Context(), m); err != nil || n.Load() != 2 || f.Verify(m) != nil {
		t.Errorf("third fetch: %v, %d requests", err, n.Load())
	}
}

// TestBrokenDownloads go on where they ended, within one fetch and in the next.
func TestBrokenDownloads(t *testing.T) {
	data, sum := tiny(t)
	for _, ranges := range []bool{true, false} {
		s, n, asked := serve(t, data, ranges, 100, 50, 0)
		f := fetcher(t)
		if _, err := f.Fetch(t.Context(), models.Model{Name: "tiny", URL: s.URL + "/tiny.tar.bz2", SHA256: sum}); err != nil {
			t.Fatalf("ranges %v: %v", ranges, err)
		}
		if n.Load() != 4 {
			t.Errorf("ranges %v: %d requests", ranges, n.Load())
		}
		<-asked
		if got := <-asked; got != "bytes=100-" {
			t.Errorf("second request asks for %q", got)
		}
	}
	s, _, asked := serve(t, data, true, 100, 0, 0, 0, 0)
	f := fetcher(t)
	m := models.Model{Name: "tiny", URL: s.URL + "/tiny.tar.bz2"}
	if _, err := f.Fetch(t.Context(), m); err == nil || !strings.Contains(err.Error(), "again to go on") {
		t.Fatalf("five broken answers: %v", err)
	}
	for range 5 {
		<-asked
	}
	if _, err := f.Fetch(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "bytes=100-" {
		t.Errorf("the next run asks for %q", got)
	}
}

func TestRefusals(t *testing.T) {
	data, sum := tiny(t)
	s, n, _ := serve(t, data, true)
	for _, tt := range []struct {
		name string
		m    models.Model
		want error
		text string
	}{
		{"wrong checksum", models.Model{SHA256: strings.Repeat("0", 64)}, models.ErrChecksum, sum},
		{"wrong part", models.Model{Files: map[string]string{"tokens.txt": "00"}}, models.ErrChecksum, "tokens.txt"},
		{"missing part", models.Model{Files: map[string]string{"vad.onnx": "00"}}, models.ErrChecksum, "vad.onnx"},
	} {
		f := fetcher(t)
		tt.m.Name, tt.m.URL = "tiny", s.URL+"/tiny.tar.bz2"
		_, err := f.Fetch(t.Context(), tt.m)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(f.Dir, "*")); len(left) != 0 {
			t.Errorf("%s: left behind %v", tt.name, left)
		}
	}
	n.Store(0)
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { n.Add(1); w.WriteHeader(http.StatusNotFound) }))
	defer gone.Close()
	if _, err := fetcher(t).Fetch(t.Context(), models.Model{Name: "x", URL: gone.URL + "/x.tar.bz2"}); err == nil || !strings.Contains(err.Error(), "404") || n.Load() != 1 {
		t.Errorf("404: %v after %d requests", err, n.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fetcher(t).Fetch(ctx, models.Model{Name: "x", URL: s.URL + "/x.tar.bz2"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestSingleFile: a model that is no archive.
func TestSingleFile(t *testing.T) {
	s, _, _ := serve(t, []byte("onnx"), true)
	f := fetcher(t)
	m := models.Model{Name: "silero_vad", URL: s.URL + "/silero_vad.onnx"}
	if _, err := f.Fetch(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(f.Folder(m), "silero_vad.onnx")); err != nil || string(b) != "onnx" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestHostileArchives(t *testing.T) {
	for _, tt := range []struct {
		name string
		h    tar.Header
		n    int
	}{
		{"leads out", tar.Header{Name: "a/../../etc/passwd", Typeflag: tar.TypeReg}, 1},
		{"absolute", tar.Header{Name: "/etc/passwd", Typeflag: tar.TypeReg}, 1},
		{"link", tar.Header{Name: "a/x", Linkname: "/etc", Typeflag: tar.TypeSymlink}, 1},
		{"device", tar.Header{Name: "a/x", Typeflag: tar.TypeChar}, 1},
		{"our manifest", tar.Header{Name: "a/ringward-model.json", Typeflag: tar.TypeReg}, 1},
		{"twice", tar.Header{Name: "a/x", Typeflag: tar.TypeReg}, 2},
		{"many", tar.Header{Name: "a/%d", Typeflag: tar.TypeReg}, 1001},
		{"empty", tar.Header{}, 0},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i := range tt.n {
			h := tt.h
			if strings.Contains(h.Name, "%d") {
				h.Name = fmt.Sprintf(h.Name, i)
			}
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		if names, err := models.Unpack(&b, t.TempDir()); err == nil {
			t.Errorf("%s: unpacked %v", tt.name, names)
		}
	}
}

// TestTable: names are unique, sources are secure, licences are named.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range models.List() {
		if seen[m.Name] || m.Licence == "" || m.Use == "" || m.MB == 0 || !strings.HasPrefix(m.URL, "https://github.com/k2-fsa/sherpa-onnx/releases/download/") {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
		if got, ok := models.Find(m.Name); !ok || got.URL != m.URL {
			t.Errorf("Find(%q) = %v, %v", m.Name, got, ok)
		}
	}
}
