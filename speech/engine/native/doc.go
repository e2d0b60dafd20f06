// Package native is the sherpa-onnx library as a worker.Backend. It is empty
// unless built with the tag sherpa (and cgo, on Linux): Backend then says how to
// build it. It must only run in a process of its own: the library calls exit on
// ordinary mistakes, and those that are known are caught before they reach it:
// keywords with unknown tokens, empty sound, decoding when nothing is ready,
// files that are missing.
package native
