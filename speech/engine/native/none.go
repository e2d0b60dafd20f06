//go:build !(sherpa && cgo && linux)

package native

import (
	"errors"

	"ringward/speech/engine/worker"
)

// ErrNotBuilt says that this program has no speech recogniser in it.
var ErrNotBuilt = errors.New("asr-worker was built without sherpa-onnx; on Linux, with a C compiler: CGO_ENABLED=1 go build -tags sherpa -o asr-worker ringward/cmd/asr-worker")

// Backend is the library, or an error that says how to get it.
func Backend() (worker.Backend, error) { return nil, ErrNotBuilt }
