package prompts

import (
	"math"
	"strings"

	"ringward/prompts/wave"
)

// note is one part of a tone pattern: a sine, or a pause for frequency 0.
type note struct {
	hertz, milliseconds int
	level               float64 // dBFS
}

// The frequencies keep away from DTMF and from the 425 and 450 Hz of call
// progress tones, so that no device takes them for a signal.
var (
	beep  = []note{{620, 180, -26}}
	alarm = []note{{1050, 160, -19}, {650, 160, -19}, {1050, 160, -19}, {650, 160, -19}}
	// notice stands in for a missing recording: three rising notes, unlike any
	// ring tone, twice.
	notice = []note{{520, 140, -21}, {660, 140, -21}, {830, 220, -21}, {0, 180, 0}, {520, 140, -21}, {660, 140, -21}, {830, 220, -21}}
)

// pattern returns what sounds for a prompt without a recording: an alarm for
// warnings, a notice for the rest.
func pattern(id ID) []int16 {
	switch {
	case id == ToneBeep:
		return render(beep)
	case strings.HasPrefix(string(id), "digit."):
		return render(beep)
	case id == ToneAlarm:
		return render(alarm)
	case strings.HasPrefix(string(id), "warn."), id == AnnounceScam, id == AnnounceImitation:
		return append(render(alarm), render([]note{{0, 150, 0}, {1050, 320, -19}})...)
	}
	return render(notice)
}

// render plays notes one after the other, each with ramps of 10 ms.
func render(notes []note) []int16 {
	var out []int16
	for _, n := range notes {
		length, ramp := wave.Rate*n.milliseconds/1000, wave.Rate/100
		peak := 32768 * math.Sqrt2 * math.Pow(10, n.level/20)
		for i := range length {
			g := min(1, float64(min(i, length-1-i))/float64(ramp))
			v := 0.0
			if n.hertz > 0 {
				v = g * peak * math.Sin(2*math.Pi*float64(n.hertz)*float64(i)/wave.Rate)
			}
			out = append(out, int16(math.Round(v)))
		}
	}
	return out
}
