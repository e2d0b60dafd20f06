package vosk

import (
	"encoding/json"

	"ringward/speech/engine"
)

// Answer parses one answer, for the fuzz target.
func Answer(data []byte) (engine.Result, bool) {
	var r reply
	if json.Unmarshal(data, &r) != nil {
		return engine.Result{}, false
	}
	return new(session).result(r)
}
