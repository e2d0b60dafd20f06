// Package worker runs sherpa-onnx in a process of its own. The library ends its
// process on ordinary mistakes, so it must never share one with calls: a
// Process starts and supervises the child (command asr-worker), Serve is what
// the child runs, and between them go length-prefixed frames over the child's
// standard input and output:
//
//	 0        4      5          9
//	┌────────┬──────┬──────────┬─────────┐
//	│ length │ kind │ stream   │ payload │   little-endian; length counts what follows it
//	└────────┴──────┴──────────┴─────────┘
//
//	parent                         child
//	Hello {version, models}  →
//	                         ←     Hello {version, error}
//	Open {model}             →
//	                         ←     Opened, or Failed {text}
//	Audio s16le              →
//	                         ←     Ack {samples worked off}, Result {…}
//	Finish                   →
//	                         ←     Result {…}, End
//	Close                    →
//	Ping                     ↔     Pong {streams, oldest waiting, CPU time}
//
// A stream has at most one second of sound unanswered; that is its back
// pressure. The child works with a fixed number of goroutines, each locked to
// its thread: the library keeps a pool for each thread it sees, and a goroutine
// a call would make hundreds.
//
// This package is pure Go; the library itself is behind Backend (package
// native, build tag sherpa). It refuses another version of the protocol,
// keywords with tokens that the model does not know (they would end the
// process), and frames above 256 KiB.
package worker
