package ears

import "ringward/speech"

// listenToBehaviour adds what listens to how the call is made.
func (e *Ears) listenToBehaviour(*speech.Config) {}
