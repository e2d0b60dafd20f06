package funasr

import "ringward/speech/engine"

// Answers takes the same answer n times, for the fuzz target.
func Answers(mode, text, stamp string, n int) (list []engine.Result) {
	var s session
	for range n {
		if r, ok := s.result(reply{Mode: mode, Text: text, Timestamp: stamp}); ok {
			list = append(list, r)
		}
	}
	return list
}
