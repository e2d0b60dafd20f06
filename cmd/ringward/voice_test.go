package main

import (
	"log/slog"
	"testing"

	"ringward/prompts"
	"ringward/screening"
)

func TestEveryIDOfScreeningHasAPrompt(t *testing.T) {
	v, err := openVoice("", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range screening.PromptIDs() {
		if _, ok := prompts.SpecOf(prompts.ID(id)); !ok {
			t.Errorf("screening asks for %s, which is no prompt", id)
		}
	}
	for _, lang := range []string{"zh-CN", "en"} {
		for _, id := range screening.PromptIDs() {
			if v.Label(id, lang, false) == "!" || v.Label(id, lang, true) == "!" {
				t.Errorf("%s has no label in %s", id, lang)
			}
		}
		for _, id := range screening.PromptIDs() {
			if len(v.Clip(id, lang)) == 0 {
				t.Errorf("%s is silent in %s", id, lang)
			}
		}
	}
}
