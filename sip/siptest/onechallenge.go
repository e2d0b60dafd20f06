package siptest

import "strings"

// OneChallenge says that a User-Agent is one of the phones of the tests that fail
// on a challenge with an algorithm that they do not know (digest.Config.OnlyMD5).
func OneChallenge(agent string) bool {
	return strings.HasPrefix(agent, "baresip v1") || strings.HasPrefix(agent, "JsSIP")
}
