// Package build makes the recordings of package prompts from its catalogues: it
// asks a voice (a text-to-speech program or service) for each text, brings the
// sound to rate and level, and writes WAV files with their manifest.
//
// It runs at the operator's or the developer's desk, never in a call. It starts
// the programs and calls the addresses that it is told to, without a shell.
package build
