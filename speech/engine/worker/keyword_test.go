package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/speech/engine/worker"
)

// tokens are units like those of a pinyin model.
func tokens() worker.Tokens {
	t := worker.Tokens{"<unk>": true, "ān": true}
	for x := range strings.FieldsSeq("zh h b d j sh y n x m d l ch g àng ù èi òng ié í óu ǐ īng ín áng óng ǎ e uō") {
		t[x] = true
	}
	return t
}

func TestEncode(t *testing.T) {
	for _, tt := range []struct{ phrase, want string }{
		{"账户被冻结", "zh àng h ù b èi d òng j ié"},
		{"已经冻结", "y ǐ j īng d òng j ié"},
		{"银行", "y ín h áng"}, // not xíng
		{"b èi d òng j ié", "b èi d òng j ié"},
		{"被 冻结", "b èi d òng j ié"},
		{"安", "ān"}, // no initial
	} {
		got, err := tokens().Encode(tt.phrase)
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("Encode(%q) = %v, %v, want %s", tt.phrase, got, err, tt.want)
		}
	}
	for _, bad := range []string{"", "frozen", "飞", "<unk>", "账户x", "dh", "bxyz", strings.Repeat("被", 100)} {
		if got, err := tokens().Encode(bad); err == nil {
			t.Errorf("Encode(%q) = %v, want an error", bad, got)
		}
	}
	chars := worker.Tokens{"冻": true, "结": true}
	if got, err := chars.Encode("冻结"); err != nil || len(got) != 2 {
		t.Errorf("a model of characters: %v, %v", got, err)
	}
}

func TestLines(t *testing.T) {
	got, err := tokens().Lines([]worker.Keyword{{Phrase: "被冻结", Boost: 2, Threshold: 0.1}, {Phrase: "d òng j ié", Label: "冻结/ @x"}})
	if want := "b èi d òng j ié :2.00 #0.100 @被冻结\nd òng j ié @冻结x\n"; err != nil || got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
	if _, err := tokens().Lines(make([]worker.Keyword, 1001)); err == nil {
		t.Error("1001 keywords were taken")
	}
}

func TestFindFiles(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files string
		want  worker.Files
		fault string
	}{
		{name: "transducer", files: "tokens.txt encoder.onnx encoder.int8.onnx decoder.onnx decoder.int8.onnx joiner.onnx joiner.int8.onnx",
			want: worker.Files{Encoder: "encoder.int8.onnx", Decoder: "decoder.onnx", Joiner: "joiner.int8.onnx", Tokens: "tokens.txt"}},
		{name: "ctc", files: "tokens.txt model.int8.onnx", want: worker.Files{Ctc: "model.int8.onnx", Tokens: "tokens.txt"}},
		{name: "no tokens", files: "model.onnx", fault: "no tokens.txt"},
		{name: "half", files: "tokens.txt encoder.onnx", fault: "found encoder.onnx"},
		{name: "none", files: "tokens.txt", fault: "no .onnx file"},
	} {
		dir := t.TempDir()
		for f := range strings.FieldsSeq(tt.files) {
			if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := worker.FindFiles(dir)
		if tt.fault != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.fault)
			}
			continue
		}
		for _, f := range []*string{&got.Encoder, &got.Decoder, &got.Joiner, &got.Ctc, &got.Tokens} {
			if *f != "" {
				*f = filepath.Base(*f)
			}
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: got %+v (%v), want %+v", tt.name, got, err, tt.want)
		}
	}
}

func TestReadTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens.txt")
	if err := os.WriteFile(file, []byte("<blk> 0\nzh 1\r\nàng 2\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := worker.ReadTokens(file)
	if err != nil || len(got) != 3 || !got["àng"] {
		t.Errorf("%v, %v", got, err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := worker.ReadTokens(file); err == nil {
		t.Error("an empty file was taken")
	}
}
