// Package prompts holds the words and recordings that are shown and played:
// every warning in every language as a label for the phone's display, as a text
// for page and message, and as sound (8 kHz, 16-bit, mono).
//
// A warning is never silent. A recording is looked for in the operator's folder,
// then among the built-in ones, then in another language; if there is none, a
// built-in tone pattern sounds. Texts come from one catalogue file per language
// (catalogue/*.yaml), which needs no programmer to edit; the built-in recordings
// and their manifests (wav/) are made from it by package build.
//
// The package decides nothing about calls: which prompt is due, on which leg and
// how loud is for others to say. It reads files only in Open.
package prompts
