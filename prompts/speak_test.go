package prompts_test

import (
	"fmt"
	"testing"

	"ringward/prompts"
	"ringward/prompts/wave"
)

func TestGroups(t *testing.T) {
	tests := []struct{ number, want string }{
		{"95588", "[[9 5 5 8 8]]"},
		{"400-820-8820", "[[4 0 0] [8 2 0] [8 8 2 0]]"},
		{"4008208820", "[[4 0 0] [8 2 0] [8 8 2 0]]"},
		{"13800138000", "[[1 3 8] [0 0 1 3] [8 0 0 0]]"},
		{"138 0013 8000", "[[1 3 8] [0 0 1 3] [8 0 0 0]]"},
		{"952005", "[[9 5 2] [0 0 5]]"},
		{"82345678", "[[8 2 3 4] [5 6 7 8]]"},
		{"+1 855-853-8340", "[[1] [8 5 5] [8 5 3] [8 3 4 0]]"},
		{"", "[]"},
		{"none", "[]"},
		{"1234567890123456", "[]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(prompts.Groups(tt.number)); got != tt.want {
			t.Errorf("Groups(%q) is %s, want %s", tt.number, got, tt.want)
		}
	}
}

func FuzzGroups(f *testing.F) {
	f.Add("400-820-8820")
	f.Fuzz(func(t *testing.T, number string) {
		total := 0
		for _, g := range prompts.Groups(number) {
			if len(g) == 0 || len(g) > 5 {
				t.Errorf("a group of %d digits in %q", len(g), number)
			}
			total += len(g)
		}
		if total > 15 {
			t.Errorf("%d digits of %q are spoken", total, number)
		}
	})
}

// silences returns the lengths, in milliseconds, of the stretches of digital
// silence that are at least 20 ms long.
func silences(samples []int16) []int {
	var all []int
	run := 0
	for _, v := range append(samples, 1) {
		if v == 0 {
			run++
			continue
		}
		if ms := run * 1000 / wave.Rate; ms >= 20 {
			all = append(all, ms)
		}
		run = 0
	}
	return all
}

func TestNumberKeepsItsGaps(t *testing.T) {
	s := open(t, prompts.Options{})
	for _, lang := range []string{"zh-CN", "en"} {
		digits, groups := 0, 0
		for _, ms := range silences(s.Number("400-820-8820", lang)) {
			switch {
			case ms >= 60 && ms <= 80:
				digits++
			case ms >= 245 && ms <= 260:
				groups++
			default:
				t.Errorf("%s: a gap of %d ms, want 60 to 80 between digits, 250 between groups", lang, ms)
			}
		}
		if digits != 7 || groups != 2 {
			t.Errorf("%s: %d gaps between digits and %d between groups, want 7 and 2", lang, digits, groups)
		}
	}
}

func TestChineseSaysYaoForOne(t *testing.T) {
	s := open(t, prompts.Options{})
	if got := s.Text(prompts.Digit(1), "zh-CN", prompts.Speech, prompts.Params{}); got != "幺" {
		t.Errorf("the digit 1 is said %q, want 幺", got)
	}
}

func TestSpeakAddsTheHotlineTwice(t *testing.T) {
	s := open(t, prompts.Options{})
	p := prompts.Params{Hotline: "95588"}
	for _, lang := range []string{"zh-CN", "en"} {
		alone := len(s.Clip(prompts.WarnCode, lang))
		got := len(s.Speak(prompts.WarnCode, lang, p))
		number := len(s.Number("95588", lang))
		least := alone + 2*number + len(s.Clip(prompts.HotlineIs, lang)) + len(s.Clip(prompts.HotlineAgain, lang))
		if got < least || got > least+2*wave.Rate {
			t.Errorf("%s: it plays %d samples, want %d and pauses of at most 2 s", lang, got, least)
		}
		if got := len(s.Speak(prompts.WarnCode, lang, prompts.Params{})); got != alone {
			t.Errorf("%s: without hotline it plays %d samples, want %d", lang, got, alone)
		}
		if got, want := len(s.Speak(prompts.MenuKeys, lang, p)), len(s.Clip(prompts.MenuKeys, lang)); got != want {
			t.Errorf("%s: the menu plays %d samples, want %d and no hotline", lang, got, want)
		}
	}
}

// Speak's result is the caller's: changing it must not change the set.
func TestSpeakGivesACopy(t *testing.T) {
	s := open(t, prompts.Options{})
	first := s.Clip(prompts.MenuKeys, "en")[1000]
	s.Speak(prompts.MenuKeys, "en", prompts.Params{})[1000] = first + 1
	if got := s.Clip(prompts.MenuKeys, "en")[1000]; got != first {
		t.Errorf("the set's sample became %d, want %d", got, first)
	}
}

func BenchmarkSpeak(b *testing.B) {
	s, err := prompts.Open(prompts.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Speak(prompts.WarnCode, "zh-CN", prompts.Params{Hotline: "400-820-8820"})
	}
}

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prompts.Open(prompts.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
