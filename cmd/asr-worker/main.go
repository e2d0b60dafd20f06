// Command asr-worker is the process that sherpa-onnx lives in. ringward starts
// it and talks to it over its standard input and output (package worker); it is
// of no use by hand. Built with the tag sherpa it recognises speech, otherwise
// it says how to build it so.
package main

import (
	"fmt"
	"os"

	"ringward/speech/engine/native"
	"ringward/speech/engine/worker"
)

func main() {
	out, err := claimOutput()
	if err == nil {
		backend, broken := native.Backend()
		err = worker.Serve(os.Stdin, out, backend, broken)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "asr-worker: %v\n", err)
		os.Exit(1)
	}
}
