package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"ringward/prompts/wave"
)

// Voice turns text into a WAV file of linear PCM, any rate.
type Voice interface {
	Say(ctx context.Context, text, lang string) ([]byte, error)
}

// sayTimeout is how long one text may take when the caller sets no deadline.
const sayTimeout = 60 * time.Second

// Command is a voice that is a program. In its arguments {text}, {lang} and
// {out} are replaced by the text, its language and a file to write; without
// {text} the text is given on standard input, without {out} the sound is read
// from standard output. There is no shell: the text cannot become a command.
type Command struct {
	Argv []string // program and arguments
}

// Say runs the program.
func (c Command) Say(ctx context.Context, text, lang string) ([]byte, error) {
	if len(c.Argv) == 0 {
		return nil, errors.New("the voice's command is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, sayTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "ringward-voice-")
	if err != nil {
		return nil, fmt.Errorf("make folder for the voice: %w", err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out.wav")
	args := make([]string, len(c.Argv))
	for i, a := range c.Argv {
		args[i] = strings.NewReplacer("{text}", text, "{lang}", lang, "{out}", out).Replace(a)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = time.Second // a child of it that keeps the pipe open must not keep us
	whole := strings.Join(c.Argv, " ")
	if !strings.Contains(whole, "{text}") {
		cmd.Stdin = strings.NewReader(text)
	}
	var stdout, stderr limited
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run voice %s: %w: %s", args[0], err, firstLine(stderr.Bytes()))
	}
	if !strings.Contains(whole, "{out}") {
		return stdout.Bytes(), nil
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return nil, fmt.Errorf("voice %s wrote no sound: %w", args[0], err)
	}
	return data, nil
}

// limited keeps the first wave.MaxBytes of what a program writes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > wave.MaxBytes {
		return 0, errors.New("the voice writes too much")
	}
	return l.Buffer.Write(p)
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return line[:min(len(line), 200)]
}

// HTTP is a voice that is a service. {text} and {lang} are replaced in URL,
// escaped for a query, and in Body, escaped for JSON if ContentType says so; SSML
// passes as it is. With a Body the request is a POST. The answer's body is the sound.
type HTTP struct {
	URL         string
	Body        string
	ContentType string            // "" is application/json
	Header      map[string]string // e.g. Authorization
	Client      *http.Client      // nil is http.DefaultClient
}

// Say asks the service.
func (h HTTP) Say(ctx context.Context, text, lang string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sayTimeout)
	defer cancel()
	req, err := h.request(ctx, text, lang)
	if err != nil {
		return nil, fmt.Errorf("voice service: %w", err)
	}
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask voice service: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, wave.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read from voice service: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("voice service answers %s: %s", resp.Status, firstLine(data))
	}
	return data, nil
}

func (h HTTP) request(ctx context.Context, text, lang string) (*http.Request, error) {
	address := strings.NewReplacer("{text}", url.QueryEscape(text), "{lang}", url.QueryEscape(lang)).Replace(h.URL)
	method, body, kind := http.MethodGet, io.Reader(nil), h.ContentType
	if kind == "" {
		kind = "application/json"
	}
	if h.Body != "" {
		method = http.MethodPost
		if strings.Contains(kind, "json") {
			text, lang = jsonEscape(text), jsonEscape(lang)
		}
		body = strings.NewReader(strings.NewReplacer("{text}", text, "{lang}", lang).Replace(h.Body))
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	for name, value := range h.Header {
		req.Header.Set(name, value)
	}
	return req, nil
}

// jsonEscape returns s as it stands between the quotes of a JSON string.
func jsonEscape(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // a string always encodes
		return ""
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}
