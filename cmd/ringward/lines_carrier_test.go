package main

import (
	"encoding/json"
	"testing"

	"ringward/gateway"
	"ringward/numberdb"
)

func TestStoredLineIsProtected(t *testing.T) {
	for policy, want := range map[string]gateway.Line{
		`{}`: {},
		`{"srtp":"required","srtp_clear_keys":true,"verdict_uui":true}`: {SRTP: gateway.SRTPRequired, SRTPClearKeys: true, VerdictUUI: true},
		`{"srtp":"optional"}`: {SRTP: gateway.SRTPOptional},
	} {
		l, err := storedLine(numberdb.Line{Number: "+862155550100", Policy: json.RawMessage(policy)})
		if err != nil || l.SRTP != want.SRTP || l.SRTPClearKeys != want.SRTPClearKeys || l.VerdictUUI != want.VerdictUUI {
			t.Errorf("%s: got %v %v %v, %v", policy, l.SRTP, l.SRTPClearKeys, l.VerdictUUI, err)
		}
	}
	if _, err := storedLine(numberdb.Line{Number: "+862155550100", Policy: json.RawMessage(`{"srtp":"requierd"}`)}); err == nil {
		t.Error("a misspelt protection is served in the clear")
	}
}
