//go:build sherpa && cgo && linux

package native

// Besides its folder in the module cache, which only the machine that built it
// has, the program looks for the two libraries beside itself and where
// libraries are.

// #cgo LDFLAGS: -Wl,-rpath,$ORIGIN -Wl,-rpath,$ORIGIN/lib -Wl,-rpath,/usr/local/lib
import "C"

import (
	"errors"
	"fmt"
	"os"

	sherpa "github.com/k2-fsa/sherpa-onnx-go-linux"

	"ringward/speech/engine"
	"ringward/speech/engine/worker"
)

// Settings that speech at 8 kHz was measured with.
const (
	modelRate        = 16000
	features         = 80
	defaultThreshold = 0.15
	defaultBoost     = 1.5
	paths            = 4
	longPause        = 2.4 // seconds of silence that end a segment without words
	shortPause       = 0.8 // and one with words
	longest          = 20  // seconds of one segment
)

// ErrNotBuilt is the other build's error.
var ErrNotBuilt = errors.New("built without sherpa-onnx")

// Backend is the library, or an error that says how to get it.
func Backend() (worker.Backend, error) { return backend{}, nil }

type backend struct{}

// Load loads one model for one task or both.
func (backend) Load(c worker.ModelConfig) (worker.Model, error) {
	files, err := worker.FindFiles(c.Dir)
	if err != nil {
		return nil, err
	}
	for _, f := range []string{files.Encoder, files.Decoder, files.Joiner, files.Ctc} {
		if f == "" {
			continue
		}
		if info, err := os.Stat(f); err != nil || info.Size() == 0 {
			return nil, fmt.Errorf("%s is missing or empty", f)
		}
	}
	tokens, err := worker.ReadTokens(files.Tokens)
	if err != nil {
		return nil, err
	}
	m := &model{}
	if c.Task != worker.Keywords {
		if err := m.loadRecogniser(c, files); err != nil {
			return nil, err
		}
	}
	if c.Task == worker.Keywords || c.Task == worker.Both {
		if err := m.loadSpotter(c, files, tokens); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// model is loaded once and lasts as long as the process.
type model struct {
	recogniser *sherpa.OnlineRecognizer
	spotter    *sherpa.KeywordSpotter
}

var errLoad = errors.New("sherpa-onnx refuses the model (its reason is on standard error)")

func (m *model) loadRecogniser(c worker.ModelConfig, f worker.Files) error {
	m.recogniser = sherpa.NewOnlineRecognizer(&sherpa.OnlineRecognizerConfig{
		FeatConfig: featureConfig(), ModelConfig: modelConfig(c, f), DecodingMethod: "greedy_search",
		EnableEndpoint: 1, Rule1MinTrailingSilence: longPause, Rule2MinTrailingSilence: shortPause, Rule3MinUtteranceLength: longest,
	})
	if m.recogniser == nil {
		return errLoad
	}
	return nil
}

func (m *model) loadSpotter(c worker.ModelConfig, f worker.Files, tokens worker.Tokens) error {
	if len(c.Keywords) == 0 {
		return errors.New("task keywords needs keywords")
	}
	if f.Encoder == "" {
		return errors.New("task keywords needs a transducer (encoder, decoder, joiner)")
	}
	lines, err := tokens.Lines(c.Keywords)
	if err != nil {
		return err
	}
	m.spotter = sherpa.NewKeywordSpotter(&sherpa.KeywordSpotterConfig{
		FeatConfig: featureConfig(), ModelConfig: modelConfig(c, f), MaxActivePaths: paths,
		KeywordsBuf: lines, KeywordsBufSize: len(lines),
		KeywordsScore: or(c.Boost, defaultBoost), KeywordsThreshold: or(c.Threshold, defaultThreshold),
	})
	if m.spotter == nil {
		return errLoad
	}
	return nil
}

func or(v, otherwise float32) float32 {
	if v > 0 {
		return v
	}
	return otherwise
}

func featureConfig() sherpa.FeatureConfig {
	return sherpa.FeatureConfig{SampleRate: modelRate, FeatureDim: features}
}

func modelConfig(c worker.ModelConfig, f worker.Files) sherpa.OnlineModelConfig {
	return sherpa.OnlineModelConfig{
		Transducer:    sherpa.OnlineTransducerModelConfig{Encoder: f.Encoder, Decoder: f.Decoder, Joiner: f.Joiner},
		Zipformer2Ctc: sherpa.OnlineZipformer2CtcModelConfig{Model: f.Ctc},
		Tokens:        f.Tokens, NumThreads: max(c.Threads, 1), Provider: "cpu",
	}
}

var errStream = errors.New("sherpa-onnx gives no stream")

// NewDecoder opens a stream of each task.
func (m *model) NewDecoder() (worker.Decoder, error) {
	d := &decoder{}
	if m.spotter != nil {
		s := sherpa.NewKeywordStream(m.spotter)
		if s == nil {
			return nil, errStream
		}
		d.parts = append(d.parts, &spotting{k: m.spotter, s: s})
	}
	if m.recogniser != nil {
		s := sherpa.NewOnlineStream(m.recogniser)
		if s == nil {
			d.Close()
			return nil, errStream
		}
		d.parts = append(d.parts, &recognition{r: m.recogniser, s: s})
	}
	return d, nil
}

// part is one of the library's streams.
type part interface {
	accept(f []float32) []engine.Result
	finish() []engine.Result
	close()
}

// decoder feeds the same sound to its parts.
type decoder struct {
	parts []part
	wave  []float32
}

// Accept must not get empty sound: the library indexes its first sample.
func (d *decoder) Accept(pcm []int16) (list []engine.Result) {
	if len(pcm) == 0 {
		return nil
	}
	d.wave = d.wave[:0]
	for _, s := range pcm {
		d.wave = append(d.wave, float32(s)/32768)
	}
	for _, p := range d.parts {
		list = append(list, p.accept(d.wave)...)
	}
	return list
}

func (d *decoder) Finish() (list []engine.Result) {
	for _, p := range d.parts {
		list = append(list, p.finish()...)
	}
	return list
}

func (d *decoder) Close() {
	for _, p := range d.parts {
		p.close()
	}
	d.parts = nil
}
