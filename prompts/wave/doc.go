// Package wave is the sound side of prompts: it reads WAV files, and brings
// speech of any rate and level to what is played on a telephone line: 8 kHz,
// 16-bit, mono, active level -19 dBFS, no sample above -3 dBFS.
//
// It is pure: samples in, samples out. It reads linear PCM (8, 16, 24, 32 bit)
// and nothing compressed. Full scale, 0 dBFS, is the sample value 32768.
package wave
