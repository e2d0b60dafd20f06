// Package models is the list of public speech models that Ringward knows by
// name, and fetches them: with progress, going on where a broken download
// ended, with a checksum, and without trusting an archive with where it writes.
//
// No model is part of Ringward: their training data has terms of its own. The
// publisher gives no checksums of its archives; what a fetch found is written
// down beside the model (Manifest), so that a second machine can be held to the
// same bytes, and where the parts of a model are known, they are compared.
package models

import "slices"

const releases = "https://github.com/k2-fsa/sherpa-onnx/releases/download/"

// Model is one public model.
type Model struct {
	Name     string            `json:"name"`
	Use      string            `json:"use"`
	Language string            `json:"language"`
	Task     string            `json:"task"` // "keywords" or "words", as package worker calls them; "voice" for voice activity
	URL      string            `json:"url"`
	MB       float64           `json:"mb"` // of its main file; the archive may be larger
	Licence  string            `json:"licence"`
	SHA256   string            `json:"sha256,omitempty"` // of the download; "" is not published
	Files    map[string]string `json:"files,omitempty"`  // SHA-256 of parts that are known
}

// apache is what the models' own cards say.
const apache = "Apache-2.0 (model card; the training data has its own terms)"

// wenetMobile are the parts of the small Mandarin keyword model.
var wenetMobile = map[string]string{
	"encoder-epoch-12-avg-2-chunk-16-left-64.int8.onnx": "4ded45b30961270f2a9a64bede4569b324c36d4f3a772c1b35bb70a244150675",
	"decoder-epoch-12-avg-2-chunk-16-left-64.onnx":      "fb581d6734511676e246e0dff2fea01b31b0913176cb3ca64576dbab0a177774",
	"joiner-epoch-12-avg-2-chunk-16-left-64.int8.onnx":  "f79760052b87239e325f0567c752ad3130b30d92effb847d4307743c20c59a24",
	"tokens.txt": "72316508d9119696145abc6f1f8cdc46287535c34e5ce7e595f845cb1499cf2e",
}

func keywords(name, use, lang string, mb float64, files map[string]string) Model {
	return Model{Name: name, Use: use, Language: lang, Task: "keywords", URL: releases + "kws-models/" + name + ".tar.bz2", MB: mb, Licence: apache, Files: files}
}

func words(name, use, lang string, mb float64) Model {
	return Model{Name: name, Use: use, Language: lang, Task: "words", URL: releases + "asr-models/" + name + ".tar.bz2", MB: mb, Licence: apache}
}

var list = []Model{
	keywords("sherpa-onnx-kws-zipformer-zh-en-3M-2025-12-20", "Mandarin and English keywords, the usual choice", "zh,en", 4.4, nil),
	keywords("sherpa-onnx-kws-zipformer-wenetspeech-3.3M-2024-01-01", "Mandarin keywords and pinyin", "zh", 4.6, nil),
	keywords("sherpa-onnx-kws-zipformer-wenetspeech-3.3M-2024-01-01-mobile", "the same, smaller; the one that Ringward's tests measure", "zh", 4.0, wenetMobile),
	keywords("sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01", "English keywords (given as byte pairs)", "en", 4.6, nil),
	keywords("sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01-mobile", "the same, smaller", "en", 4.0, nil),
	words("sherpa-onnx-streaming-zipformer-small-ctc-zh-int8-2025-04-01", "Mandarin words on little CPU", "zh", 25),
	words("sherpa-onnx-streaming-zipformer-zh-14M-2023-02-23", "Mandarin words, smallest", "zh", 21),
	words("sherpa-onnx-streaming-zipformer-ctc-zh-int8-2025-06-30", "Mandarin words, best that a CPU keeps up with", "zh", 155),
	words("sherpa-onnx-streaming-zipformer-zh-int8-2025-06-30", "the same as a transducer", "zh", 155),
	words("sherpa-onnx-streaming-zipformer-small-bilingual-zh-en-2023-02-16", "Mandarin and English words", "zh,en", 41),
	words("sherpa-onnx-streaming-zipformer-bilingual-zh-en-2023-02-20", "Mandarin and English words, better and larger", "zh,en", 174),
	words("sherpa-onnx-streaming-zipformer-en-20M-2023-02-17", "English words", "en", 41),
	{Name: "silero_vad", Use: "voice activity, if the built-in gate does not do", Language: "any", Task: "voice",
		URL: releases + "asr-models/silero_vad.onnx", MB: 0.6, Licence: "MIT"},
}

// List is every model, in the order of the table.
func List() []Model { return slices.Clone(list) }

// Find returns the model of that name.
func Find(name string) (Model, bool) {
	i := slices.IndexFunc(list, func(m Model) bool { return m.Name == name })
	if i < 0 {
		return Model{}, false
	}
	return list[i], true
}
