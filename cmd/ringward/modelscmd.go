package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"ringward/media/wav"
	"ringward/prompts"
	"ringward/speech/engine"
	"ringward/speech/engine/models"
	"ringward/speech/engine/worker"
)

const modelsUsage = `models list  [--dir DIR] [--json]
       ringward models fetch NAME [--dir DIR] [--sha256 HEX] [--url URL]
       ringward models check NAME|FOLDER [--wav FILE] [--worker PROGRAM] [--keywords TEXT,TEXT] [--dir DIR] [--json]

Speech models. list shows the public ones that ringward knows by name; fetch
downloads one, going on where a broken download ended; check lets one hear a WAV
file (8 kHz, 16 bit, mono; without --wav a built-in prompt) and prints what it
heard and the real-time factor: seconds of work for a second of sound.
check needs the program asr-worker, built with speech recognition:
  CGO_ENABLED=1 go build -tags sherpa -o asr-worker ./cmd/asr-worker`

// modelsOptions are the flags of `ringward models`.
type modelsOptions struct {
	dir, sha256, url, wav, worker, keywords string
	asJSON                                  bool
}

func runModels(ctx context.Context, io stdio, args []string) error {
	f := newFlags(io, "models", modelsUsage)
	var o modelsOptions
	f.StringVar(&o.dir, "dir", filepath.Join("data", "models"), "`DIR` of the models")
	f.StringVar(&o.sha256, "sha256", "", "what the download must have, in `HEX`")
	f.StringVar(&o.url, "url", "", "another place to fetch from")
	f.StringVar(&o.wav, "wav", "", "`FILE` that check lets the model hear")
	f.StringVar(&o.worker, "worker", "", "the `PROGRAM` asr-worker, if not beside ringward or in the path")
	f.StringVar(&o.keywords, "keywords", "", "what check listens for, by comma, with a keyword model; the usual phrases if empty")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON document")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "list":
		return listModels(io, o)
	case len(rest) == 2 && rest[0] == "fetch":
		return fetchModel(ctx, io, o, rest[1])
	case len(rest) == 2 && rest[0] == "check":
		return checkModel(ctx, io, o, rest[1])
	}
	return f.wrong("expected list, fetch NAME or check NAME")
}

func listModels(io stdio, o modelsOptions) error {
	type row struct {
		models.Model
		Installed bool `json:"installed"`
	}
	var rows []row
	fetcher := models.Fetcher{Dir: o.dir}
	for _, m := range models.List() {
		_, err := fetcher.Installed(m)
		rows = append(rows, row{m, err == nil})
	}
	if o.asJSON {
		return printJSON(io.out, map[string]any{"models": rows})
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tLANGUAGE\tTASK\tMB\tHERE\tUSE")
	for _, r := range rows {
		here := "-"
		if r.Installed {
			here = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\t%s\t%s\n", r.Name, r.Language, r.Task, r.MB, here, r.Use)
	}
	fmt.Fprintf(w, "\nLicence of all but silero_vad (MIT): %s\n", rows[0].Licence)
	return w.Flush()
}

func fetchModel(ctx context.Context, io stdio, o modelsOptions, name string) error {
	m, ok := models.Find(name)
	if !ok {
		return fmt.Errorf("there is no model %q; see: ringward models list", name)
	}
	if o.url != "" {
		m.URL = o.url
	}
	if o.sha256 != "" {
		m.SHA256 = o.sha256
	}
	f := models.Fetcher{Dir: o.dir, Progress: func(p models.Progress) { printProgress(io.err, p) }}
	man, err := f.Fetch(ctx, m)
	fmt.Fprintln(io.err)
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(io.out, map[string]any{"folder": f.Folder(m), "manifest": man})
	}
	fmt.Fprintf(io.out, "%s is in %s\nlicence: %s\nsha256 of the download: %s\n", m.Name, f.Folder(m), m.Licence, man.SHA256)
	if m.SHA256 == "" && m.Files == nil {
		fmt.Fprintln(io.out, "Its publisher gives no checksum to compare with: keep this one, and pass it with --sha256 on other machines.")
	}
	return nil
}

func printProgress(w io.Writer, p models.Progress) {
	const mb = 1e6
	if p.Total > 0 {
		fmt.Fprintf(w, "\r%6.1f of %.1f MB (%d %%) ", float64(p.Done)/mb, float64(p.Total)/mb, p.Done*100/p.Total)
		return
	}
	fmt.Fprintf(w, "\r%6.1f MB ", float64(p.Done)/mb)
}

// checked is what `models check` found.
type checked struct {
	Model      string          `json:"model"`
	Seconds    float64         `json:"seconds"`     // of sound
	Wall       float64         `json:"wall_factor"` // seconds of time for a second of sound
	CPU        float64         `json:"cpu_factor"`  // seconds of a core for a second of sound
	LoadMillis int64           `json:"load_ms"`
	Heard      []engine.Result `json:"heard"`
}

func checkModel(ctx context.Context, io stdio, o modelsOptions, name string) error {
	c, language, err := modelToCheck(o, name)
	if err != nil {
		return err
	}
	pcm, err := sample(o.wav, language)
	if err != nil {
		return err
	}
	program, err := findWorker(o.worker)
	if err != nil {
		return err
	}
	r, err := tryModel(ctx, program, c, pcm)
	if err != nil {
		return err
	}
	r.Model = name
	if o.asJSON {
		return printJSON(io.out, r)
	}
	for _, h := range r.Heard {
		what := "heard  "
		if h.Spotted {
			what = "keyword"
		}
		var at time.Duration
		if len(h.Words) > 0 {
			at = h.Words[0].Start
		}
		fmt.Fprintf(io.out, "%7.2f s  %s  %s\n", at.Seconds(), what, h.Text)
	}
	fmt.Fprintf(io.out, "%.1f s of sound, loaded in %d ms, real-time factor %.3f (%.3f of one core)\n", r.Seconds, r.LoadMillis, r.Wall, r.CPU)
	return nil
}

// modelToCheck finds a model by its name or its folder.
func modelToCheck(o modelsOptions, name string) (c worker.ModelConfig, language string, err error) {
	c = worker.ModelConfig{Name: "model", Dir: name, Task: worker.Words}
	m, known := models.Find(name)
	switch {
	case known && m.Task == "voice":
		return c, "", fmt.Errorf("%s tells speech from silence and recognises nothing: check has nothing to do", name)
	case known:
		c.Dir = models.Fetcher{Dir: o.dir}.Folder(m)
		if _, err := os.Stat(c.Dir); err != nil {
			return c, "", fmt.Errorf("%s is not in %s; first: ringward models fetch %s", name, o.dir, name)
		}
	}
	if _, err := worker.FindFiles(c.Dir); err != nil {
		return c, "", err
	}
	if m.Task == "keywords" || strings.Contains(filepath.Base(c.Dir), "-kws-") {
		c.Task = worker.Both
		for _, k := range strings.FieldsFunc(o.keywords, func(r rune) bool { return r == ',' }) {
			c.Keywords = append(c.Keywords, worker.Keyword{Phrase: k})
		}
		if len(c.Keywords) == 0 {
			c.Keywords = worker.FreezeKeywords()
		}
	}
	if m.Language == "en" {
		language = "en"
		c.Task, c.Keywords = worker.Words, nil // its keywords are byte pairs
	}
	return c, language, nil
}

// sample is the sound to hear: a file, or the longest built-in prompt.
func sample(file, language string) (pcm []int16, err error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if pcm, err = wav.Read(f); err != nil {
			return nil, fmt.Errorf("%s: %w (convert it: sox IN -r 8000 -b 16 -c 1 OUT.wav)", file, err)
		}
		return pcm, nil
	}
	set, err := prompts.Open(prompts.Options{})
	if err != nil {
		return nil, err
	}
	if language == "" {
		language = "zh-CN"
	}
	for _, s := range prompts.Specs() {
		if c := set.Lookup(s.ID, language); len(c.Samples) > len(pcm) {
			pcm = c.Samples
		}
	}
	return pcm, nil
}

// findWorker finds the program asr-worker.
func findWorker(program string) (string, error) {
	if program != "" {
		return program, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "asr-worker")
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	if found, err := exec.LookPath("asr-worker"); err == nil {
		return found, nil
	}
	return "", errors.New("the program asr-worker is neither beside ringward nor in the path; build it with: CGO_ENABLED=1 go build -tags sherpa -o asr-worker ./cmd/asr-worker")
}

// loadTimeout bounds the wait for the largest model on a slow disk.
const loadTimeout = 90 * time.Second

// tryModel lets a model hear pcm as fast as it can.
func tryModel(ctx context.Context, program string, c worker.ModelConfig, pcm []int16) (*checked, error) {
	p := worker.NewProcess(worker.Config{Argv: []string{program}, Models: []worker.ModelConfig{c}, Threads: 1})
	ctx, cancel := context.WithTimeout(ctx, loadTimeout+time.Duration(len(pcm)/engine.Rate)*5*time.Second)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { p.Run(ctx) })
	began := time.Now()
	ses, err := openModel(ctx, p, c.Name)
	if err != nil {
		return nil, err
	}
	defer ses.Close()
	r := &checked{Seconds: engine.Span(len(pcm)).Seconds(), LoadMillis: time.Since(began).Milliseconds()}
	before, err := p.CPU(ctx)
	if err != nil {
		return nil, err
	}
	began = time.Now()
	if r.Heard, err = hearAll(ctx, ses, pcm); err != nil {
		return nil, err
	}
	r.Wall = time.Since(began).Seconds() / r.Seconds
	after, err := p.CPU(ctx)
	if err != nil {
		return nil, err
	}
	r.CPU = (after - before).Seconds() / r.Seconds
	return r, nil
}

// openModel waits for the model to load, but not for one that cannot be.
func openModel(ctx context.Context, p *worker.Process, name string) (engine.Session, error) {
	for {
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		ses, err := p.Model(name).Open(short, engine.Options{})
		cancel()
		if err == nil {
			return ses, nil
		}
		if last := p.Stats().LastFail; last != "" {
			return nil, errors.New(last)
		}
		if ctx.Err() != nil {
			return nil, err
		}
	}
}

func hearAll(ctx context.Context, ses engine.Session, pcm []int16) (list []engine.Result, err error) {
	fed := make(chan error, 1)
	go func() {
		fed <- func() error {
			for len(pcm) > 0 {
				n := min(len(pcm), engine.Rate/5)
				if err := ses.Write(ctx, pcm[:n]); err != nil {
					return err
				}
				pcm = pcm[n:]
			}
			return ses.Finish(ctx)
		}()
	}()
	for {
		r, err := ses.Read(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			ses.Close()
			return nil, errors.Join(err, <-fed)
		}
		if r.Final {
			list = append(list, r)
		}
	}
	return list, <-fed
}
