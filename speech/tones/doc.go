// Package tones hears signals in 8 kHz sound that are not speech: fax and modem
// tones, at which listening ends and no warning may be spoken, call progress
// tones, and digits keyed in band. It is pure: no I/O, no clock, no goroutine.
//
//	8 kHz PCM ─ frames of 20 ms ─┬─ one sinusoid? its frequency ─ runs ─ Event
//	                             └─ Goertzel at pairs of tones  ─ runs
//	          └ blocks of 12.75 ms ─ Goertzel at 8 tones ─ digits  (Digits)
//
// After ITU-T T.30 (fax calling tone 1100 Hz, V.21 preamble), V.25 and V.8 (answer
// tone 2100 Hz, phase reversals, ANSam), V.22 and Bell 103/212 (carriers of
// payment terminals), E.180 (call progress), Q.23 and Q.24 (keys). It decodes no
// data, and it asks for about 20 dB between tone and noise, as lines that carry
// fax have. Speech seldom holds one pure tone; every decision takes 160 to 420 ms
// of it.
package tones
