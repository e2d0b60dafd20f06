package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// claimsOf runs `ringward claims` over lines and returns its answers by id.
func claimsOf(t *testing.T, in string, args ...string) map[string]claimsAnswer {
	t.Helper()
	var out, errs bytes.Buffer
	if err := runClaims(context.Background(), stdio{strings.NewReader(in), &out, &errs}, args); err != nil {
		t.Fatalf("claims %v: %v\n%s", args, err, errs.String())
	}
	answers := map[string]claimsAnswer{}
	dec := json.NewDecoder(&out)
	for dec.More() {
		var a claimsAnswer
		if err := dec.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers[a.ID] = a
	}
	return answers
}

const twoCalls = `{"id":"a","lang":"zh","turns":[{"speaker":"callee","text":"喂"},{"speaker":"caller","text":"您好银联商户部"},{"speaker":"caller","text":"您的POS机已经被停用了，把收到的验证码念给我"}]}

{"id":"b","lang":"en","turns":[{"speaker":"caller","text":"hi can I book a table for two"}]}
`

func TestClaimsAnswersEachCall(t *testing.T) {
	for _, args := range [][]string{nil, {"--rules-alone"}} {
		got := claimsOf(t, twoCalls, args...)
		a, b := got["a"], got["b"]
		if a.Verdict != "scam" || a.FirstAlert == nil || *a.FirstAlert != 2 || !strings.Contains(strings.Join(a.Claims, " "), "account_frozen") || len(a.Because) == 0 {
			t.Errorf("%v: scam call: %+v", args, a)
		}
		if b.Verdict != "ok" || b.FirstAlert != nil || b.Claims == nil {
			t.Errorf("%v: normal call: %+v", args, b)
		}
	}
}

func TestClaimsRefusesBadLines(t *testing.T) {
	var out, errs bytes.Buffer
	err := runClaims(context.Background(), stdio{strings.NewReader("{\"id\":\"a\"}\nnonsense\n"), &out, &errs}, nil)
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v, want an error that names line 2", err)
	}
}

// TestTrainRepeats holds that the same transcripts give the same model, and
// that cross-validation answers each call.
func TestTrainRepeats(t *testing.T) {
	dir := t.TempDir()
	train := filepath.Join("..", "..", "screening", "claims", "train")
	var files [2][]byte
	for i := range files {
		name := filepath.Join(dir, "model.bin")
		var out, errs bytes.Buffer
		if err := runClaims(context.Background(), stdio{strings.NewReader(""), &out, &errs}, []string{"train", "--out", name, train}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = b
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two runs over the same transcripts gave different models")
	}
	if n := len(files[0]); n > 2<<20 {
		t.Errorf("the model has %d bytes, want at most 2 MB", n)
	}
	b, err := os.ReadFile(filepath.Join(train, "zh.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfterN(string(b), "\n", 4)
	if got := claimsOf(t, strings.Join(lines[:3], ""), "train", "--cross-validate", "call", train); len(got) != 3 {
		t.Errorf("cross-validation answered %d of 3 calls", len(got))
	}
	var out, errs bytes.Buffer
	if err := runClaims(context.Background(), stdio{strings.NewReader(""), &out, &errs}, []string{"train", train}); err == nil {
		t.Error("train without --out or --cross-validate was accepted")
	}
}
