package screening_test

import (
	"testing"

	"ringward/prompts"
	"ringward/screening"
)

// What decisions and warnings ask to be said can be said.
func TestEveryPromptExists(t *testing.T) {
	for _, id := range screening.PromptIDs() {
		if spec, ok := prompts.SpecOf(prompts.ID(id)); !ok || spec.Audience != prompts.Merchant {
			t.Errorf("%s: there is no such prompt for the merchant", id)
		}
	}
}
