package worker

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Task is what a model is used for.
type Task string

// The tasks. A keyword model does both: as a recogniser it writes pinyin.
const (
	Words    Task = "words"    // streaming recognition
	Keywords Task = "keywords" // keyword spotting: surer in noise, hears nothing else
	Both     Task = "both"     // two streams over one model: twice the work
)

// ModelConfig names a model and how to use it. Dir holds the files as they are
// released: tokens.txt and encoder*, decoder*, joiner*.onnx, or one *ctc* or
// model*.onnx.
type ModelConfig struct {
	Name      string    `json:"name"`
	Dir       string    `json:"dir"`
	Task      Task      `json:"task"` // "" is Words
	Keywords  []Keyword `json:"keywords,omitempty"`
	Threshold float32   `json:"threshold,omitempty"` // of keywords without one; 0 is 0.15
	Boost     float32   `json:"boost,omitempty"`     // of keywords without one; 0 is 1.5
	Threads   int       `json:"threads,omitempty"`   // in one Decode; 0 is 1, which is best with many streams
}

// Files are the parts of a model in its folder; Ctc or the other three are set.
type Files struct {
	Encoder, Decoder, Joiner string
	Ctc                      string
	Tokens                   string
}

// FindFiles finds a model's parts. Where there are several of a kind the int8
// one is taken for encoder and joiner, the other for the decoder, whose int8
// form saves nothing.
func FindFiles(dir string) (Files, error) {
	f := Files{Tokens: filepath.Join(dir, "tokens.txt")}
	if _, err := os.Stat(f.Tokens); err != nil {
		return Files{}, fmt.Errorf("model folder %s: no tokens.txt: %w", dir, err)
	}
	list, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	if err != nil {
		return Files{}, fmt.Errorf("model folder %s: %w", dir, err)
	}
	f.Encoder, f.Decoder, f.Joiner = pick(list, "encoder", true), pick(list, "decoder", false), pick(list, "joiner", true)
	if f.Encoder != "" && f.Decoder != "" && f.Joiner != "" {
		return f, nil
	}
	if f.Ctc = pick(list, "ctc", true); f.Ctc == "" {
		f.Ctc = pick(list, "model", true)
	}
	if f.Ctc == "" || f.Encoder != "" || f.Decoder != "" || f.Joiner != "" {
		return Files{}, fmt.Errorf("model folder %s: expected encoder*.onnx, decoder*.onnx and joiner*.onnx, or one model*.onnx; found %s", dir, names(list))
	}
	return f, nil
}

func pick(list []string, part string, small bool) string {
	best := ""
	for _, f := range list {
		base := filepath.Base(f)
		if !strings.Contains(base, part) {
			continue
		}
		if best == "" || strings.Contains(base, "int8") == small {
			best = f
		}
	}
	return best
}

func names(list []string) string {
	if len(list) == 0 {
		return "no .onnx file"
	}
	var short []string
	for _, f := range list {
		short = append(short, filepath.Base(f))
	}
	slices.Sort(short)
	return strings.Join(short, ", ")
}

// Tokens are the units of a model.
type Tokens map[string]bool

const maxTokens = 200_000

// ReadTokens reads a model's tokens.txt: a token and its number a line.
func ReadTokens(file string) (Tokens, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	defer f.Close()
	t := Tokens{}
	for s := bufio.NewScanner(f); ; {
		if !s.Scan() {
			if err := s.Err(); err != nil {
				return nil, fmt.Errorf("read tokens %s: %w", file, err)
			}
			break
		}
		if fields := strings.Fields(s.Text()); len(fields) == 2 {
			t[fields[0]] = true
		}
		if len(t) > maxTokens {
			return nil, fmt.Errorf("read tokens %s: more than %d", file, maxTokens)
		}
	}
	if len(t) == 0 {
		return nil, fmt.Errorf("read tokens %s: %w", file, errors.New("no token in it"))
	}
	return t, nil
}
