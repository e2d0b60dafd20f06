package main

import (
	"fmt"
	"log/slog"

	"ringward/prompts"
)

// voice gives the gateway the prompts; screening asks for them by the same ids.
type voice struct{ set *prompts.Set }

// openVoice loads the prompts and tells what of the operator's own cannot be used.
func openVoice(folder string, log *slog.Logger) (voice, error) {
	set, err := prompts.Open(prompts.Options{Dir: folder})
	if err != nil {
		return voice{}, fmt.Errorf("prompts: %w", err)
	}
	for _, p := range set.Problems() {
		log.Warn("a prompt cannot be used", "err", p)
	}
	return voice{set}, nil
}

// Clip is one prompt's sound (gateway.Voice).
func (v voice) Clip(id, lang string) []int16 { return v.set.Clip(prompts.ID(id), lang) }

// Hotline says a number, twice (gateway.Voice).
func (v voice) Hotline(digits, lang string) []int16 {
	var out []int16
	for _, intro := range []prompts.ID{prompts.HotlineIs, prompts.HotlineAgain} {
		out = append(out, v.set.Clip(intro, lang)...)
		out = append(out, make([]int16, 2000)...) // 250 ms
		out = append(out, v.set.Number(digits, lang)...)
	}
	return out
}

// Label is what the phone shows before the caller's name (gateway.Voice). The
// mark says that it is ours, in one character that every display has.
func (v voice) Label(id, lang string, ascii bool) string {
	form := prompts.Short
	if ascii {
		form = prompts.ShortASCII
	}
	text := v.set.Text(prompts.ID(id), lang, form, prompts.Params{})
	if prompts.ID(id) == prompts.AnnounceRegistered {
		return text
	}
	return "!" + text
}

// long is a prompt's text for pages and terminals.
func (v voice) long(id, lang string) string {
	return v.set.Text(prompts.ID(id), lang, prompts.Long, prompts.Params{})
}
