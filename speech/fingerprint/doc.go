// Package fingerprint recognises recordings that it knows in a running call,
// wherever in the recording the call begins: many fraud calls are one recording
// played again and again. It needs no language and no model.
//
//	8 kHz PCM ─ Extractor ─┬─ NewRecording ─ Recording ─ Index      (analyst adds a file)
//	                       └─ Matcher ── candidates ── trials ── Hit (every listened call)
//
// A sound is a row of 32 bits every 16 ms: the signs of how the differences
// between 33 neighbouring bands (300 to 2800 Hz) changed within 192 ms, after
// Haitsma and Kalker. A recording keeps every third row and a mask of the bits
// that are strong enough to survive noise. A Matcher looks the rows of the call
// up, follows what looks alike backwards (a candidate), and then compares the
// sound that comes after that moment (a trial), in which what the search picked
// by chance has no part; the sound before counts only beside it and must show
// much more. A strong trial is a Strict hit and may be told to the merchant; a
// weaker one is evidence only. Every row may decide, in the packet that ends it.
//
// The package is pure: it opens nothing, starts nothing and reads no clock;
// times are counted in samples of the call. Its input must be 8 kHz; it knows
// nothing of codecs, packets, or what a recording is about. Recordings made by
// one version of the row layout are refused by another (ErrVersion). It does not
// recognise a speaker, nor the same words read anew.
package fingerprint
