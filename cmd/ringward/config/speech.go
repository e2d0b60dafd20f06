package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Speech is what listens to calls besides the known recordings, which need
// nothing. Which calls are listened to is each line's own setting.
type Speech struct {
	Recognisers []Recogniser  `yaml:"recognisers"`
	Worker      Worker        `yaml:"worker"`
	KeepWords   time.Duration `yaml:"keep_words"` // how long the words of lines that keep them are kept
}

// Recogniser is one engine: a server, or a model in the process of our own.
type Recogniser struct {
	Name       string   `yaml:"name"`
	Kind       string   `yaml:"kind" allowed:"vosk|funasr|sherpa|worker"`
	URL        string   `yaml:"url"`         // of a server: ws:// or wss://
	Language   string   `yaml:"language"`    // lines of another language do not use it unless they name it
	CallerOnly bool     `yaml:"caller_only"` // the merchant's side is not given to it
	Calls      int      `yaml:"calls"`       // sides it hears at a time; more get none
	SelfSigned bool     `yaml:"self_signed"` // take any certificate: encrypts, proves nothing
	Pin        string   `yaml:"pin"`         // SHA-256 of the server's certificate, hex
	Variant    string   `yaml:"variant" allowed:"plain|python|narrow"`
	Model      string   `yaml:"model"` // of a worker: the folder of the model
	Task       string   `yaml:"task" allowed:"words|keywords|both"`
	Keywords   []string `yaml:"keywords"` // phrases that a worker spots
}

// Worker is the process that models run in.
type Worker struct {
	Program []string `yaml:"program"` // asr-worker and its arguments
	Threads int      `yaml:"threads"` // that decode; 0: one a core
}

// variants are what a kind of server can be besides its usual form.
var variants = map[string]string{
	"plain":  "vosk",   // the C++ server, which takes no settings
	"python": "funasr", // the Python server
	"narrow": "sherpa", // started with --input-sample-rate=8000
}

func checkSpeech(c *Config, d *decoder) {
	names := []string{}
	for i, r := range c.Speech.Recognisers {
		at := fmt.Sprintf("speech.recognisers[%d]", i)
		switch {
		case r.Name == "":
			d.add(at, "no name", "a short name for lines and records")
		case slices.Contains(names, r.Name):
			d.add(at+".name", fmt.Sprintf("%q stands here twice", r.Name), "every recogniser needs its own")
		}
		names = append(names, r.Name)
		checkRecogniser(r, at, d)
	}
	for i, l := range c.Lines {
		for j, name := range l.Recognisers {
			if !slices.Contains(names, name) {
				d.add(fmt.Sprintf("lines[%d].recognisers[%d]", i, j), fmt.Sprintf("there is no recogniser %q", name), "named under speech.recognisers: "+strings.Join(names, ", "))
			}
		}
		if l.KeepWords && !l.OwnerAgreed {
			d.add(fmt.Sprintf("lines[%d].keep_words", i), "words are kept only with the agreement of the line's owner", "once you have it, set owner_agreed: true beside it")
		}
	}
}

func checkRecogniser(r Recogniser, at string, d *decoder) {
	switch r.Kind {
	case "":
		d.add(at, "no kind", "vosk, funasr, sherpa or worker")
	case "worker":
		if r.Model == "" {
			d.add(at, "no model", "the folder that holds the model's files")
		}
		if (r.Task == "keywords" || r.Task == "both") && len(r.Keywords) == 0 {
			d.add(at, "no keywords to spot", "phrases under keywords, or task: words")
		}
	default:
		if u, err := url.Parse(r.URL); err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
			d.add(at+".url", fmt.Sprintf("%q is no address of a %s server", r.URL, r.Kind), "for example ws://127.0.0.1:2700")
		}
	}
	if kind := variants[r.Variant]; r.Variant != "" && kind != r.Kind {
		d.add(at+".variant", fmt.Sprintf("%q is a form of %s, not of %s", r.Variant, kind, r.Kind), "leave it out")
	}
}
