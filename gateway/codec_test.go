package gateway_test

import (
	"bytes"
	"testing"

	"ringward/gateway"
	"ringward/media/sdp"
	"ringward/screening"
)

// Codecs that we do not speak pass octet by octet, under the payload types and
// with the parameters that the sides agree on.
func TestCodecsPassThrough(t *testing.T) {
	for _, codec := range []sdp.Codec{
		{PT: 9, Name: "G722", Clock: 8000, Channels: 1},
		{PT: 18, Name: "G729", Clock: 8000, Channels: 1, FMTP: "annexb=no"},
		{PT: 111, Name: "opus", Clock: 48000, Channels: 2, FMTP: "minptime=10;useinbandfec=1"},
		{PT: 97, Name: "AMR", Clock: 8000, Channels: 1, FMTP: "mode-set=0,2,4,7;octet-align=1"},
		{PT: 98, Name: "AMR-WB", Clock: 16000, Channels: 1, FMTP: "octet-align=1"},
	} {
		t.Run(codec.Name, func(t *testing.T) {
			w := newWorld(t, options{codec: codec, line: func(l *gateway.Line) { l.Policy = screening.Policy{Mode: screening.ModeLabel} }})
			caller, merchant := talking(t, w)
			packets(t, merchant, 20)
			packets(t, caller, 20)
			offer, err := sdp.Parse(merchant.Invite().Body)
			must(t, err)
			a, _ := offer.Audio()
			if len(a.Codecs) != 1 || a.Codecs[0] != codec {
				t.Errorf("the phone was offered %+v, want %+v", a.Codecs, codec)
			}
			heard, _ := merchant.Payloads()
			_, said := caller.Payloads()
			same(t, "caller to merchant", said, heard)
			heard, _ = caller.Payloads()
			_, said = merchant.Payloads()
			same(t, "merchant to caller", said, heard)
			caller.Hangup()
			if r := w.record(); r.Media.Codec != codec.Name || r.Outcome != gateway.OutcomeAnswered {
				t.Errorf("got codec %s, outcome %s", r.Media.Codec, r.Outcome)
			}
		})
	}
}

// same sees that what was heard is a run of what was said.
func same(t *testing.T, way string, said, heard [][]byte) {
	t.Helper()
	all, run := bytes.Join(said, nil), bytes.Join(heard, nil)
	if len(run) == 0 || !bytes.Contains(all, run) {
		t.Errorf("%s: %d octets heard are no run of the %d said", way, len(run), len(all))
	}
}
