package worker_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"ringward/speech/engine"
	"ringward/speech/engine/worker"
)

// TestMain lets the test binary be the child too: with a fake library in it.
func TestMain(m *testing.M) {
	switch mode := os.Getenv("RINGWARD_TEST_WORKER"); mode {
	case "":
		os.Exit(m.Run())
	case "garbage":
		fmt.Println("Loading model ... done. Have a nice day, and this is more than five bytes.")
	case "dies":
		fmt.Fprintln(os.Stderr, "sherpa.cc: cannot open libonnxruntime.so")
		os.Exit(127)
	case "notbuilt":
		_ = worker.Serve(os.Stdin, os.Stdout, nil, errors.New("built without it"))
		os.Exit(1)
	default:
		if err := worker.Serve(os.Stdin, os.Stdout, fake{}, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// fake is a library that hears the level of each half second, and that ends the
// process when it hears level 666, as the real one does on other grounds.
type fake struct{ hold chan struct{} }

func (f fake) Load(c worker.ModelConfig) (worker.Model, error) {
	if c.Dir == "missing" {
		return nil, errors.New("no such folder")
	}
	return fakeModel{f, c}, nil
}

type fakeModel struct {
	fake
	c worker.ModelConfig
}

func (m fakeModel) NewDecoder() (worker.Decoder, error) {
	if m.c.Name == "broken" {
		return nil, errors.New("the library gives no stream")
	}
	return &fakeDecoder{model: m}, nil
}

type fakeDecoder struct {
	model fakeModel
	n     int
	words []engine.Word
}

func (d *fakeDecoder) Accept(pcm []int16) (list []engine.Result) {
	if d.model.hold != nil {
		<-d.model.hold
	}
	for _, s := range pcm {
		if s == 666 {
			os.Exit(255)
		}
		if d.n++; d.n%4000 == 0 {
			d.words = append(d.words, engine.Word{Text: fmt.Sprint(s), Start: engine.Span(d.n - 4000), End: engine.Span(d.n)})
			list = append(list, d.result(false))
		}
	}
	return list
}

func (d *fakeDecoder) result(final bool) engine.Result {
	return engine.Result{Text: d.model.c.Name + " " + engine.Spoken(d.words), Words: append([]engine.Word(nil), d.words...), Final: final}
}

func (d *fakeDecoder) Finish() []engine.Result { return []engine.Result{d.result(true)} }
func (d *fakeDecoder) Close()                  {}

// level is d of sound that is one value all over.
func level(v int16, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*8000))
	for i := range pcm {
		pcm[i] = v
	}
	return pcm
}
