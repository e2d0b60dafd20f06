package sdp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ringward/media/sdp"
)

func TestNewOffer(t *testing.T) {
	got := string(sdp.NewOffer(ours, []sdp.Codec{sdp.PCMA, sdp.PCMU, sdp.TelephoneEvent}, sdp.SendRecv))
	want := strings.Join([]string{"v=0", "o=- 5 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0",
		"m=audio 30000 RTP/AVP 8 0 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
		"a=fmtp:101 0-15", "a=sendrecv", ""}, "\r\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnswerFor(t *testing.T) {
	offer := []string{"m=image 4400 udptl t38", "m=audio 4000 RTP/AVP 18 0 97 13 96", "a=rtpmap:97 pcma/8000",
		"a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-16,66", "a=ptime:30", "a=rtcp-mux"}
	tests := []struct {
		name   string
		extra  string
		prefer []sdp.Codec
		want   []string // the audio section
		err    error
	}{
		{"first choice", "", []sdp.Codec{sdp.PCMA}, []string{"m=audio 30000 RTP/AVP 97 96", "a=rtpmap:97 pcma/8000",
			"a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-15", "a=ptime:30", "a=sendrecv"}, nil},
		{"our order, comfort noise named, held", "a=sendonly", []sdp.Codec{sdp.PCMA, sdp.PCMU, sdp.PCMU, sdp.ComfortNoise},
			[]string{"m=audio 30000 RTP/AVP 97 0 13 96", "a=rtpmap:97 pcma/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:13 CN/8000",
				"a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-15", "a=ptime:30", "a=recvonly"}, nil},
		{"nothing in common", "", []sdp.Codec{{PT: 9, Name: "G722", Clock: 8000, Channels: 1}}, nil, sdp.ErrNoCodec},
		{"hostile address", "c=IN IP4 224.0.0.1", []sdp.Codec{sdp.PCMA}, nil, sdp.ErrAddress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := offer
			if tt.extra != "" {
				in = slices.Concat(offer, []string{tt.extra})
			}
			s := parse(t, describe(in...))
			out, err := s.AnswerFor(ours, tt.prefer)
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			_, got, _ := strings.Cut(string(out), "m=image 0 udptl t38\r\n")
			if want := strings.Join(tt.want, "\r\n") + "\r\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if _, err := sdp.Agree(s, parse(t, out)); err != nil {
				t.Errorf("our own answer does not fit: %v", err)
			}
		})
	}
	if _, err := parse(t, describe(offer...)).AnswerFor(sdp.Local{}, []sdp.Codec{sdp.PCMA}); !errors.Is(err, sdp.ErrLocal) {
		t.Errorf("got %v, want %v", err, sdp.ErrLocal)
	}
}

func TestAgreeRefuses(t *testing.T) {
	offer := []string{"m=audio 4000 RTP/AVP 8 0", "m=video 0 RTP/AVP 31"}
	tests := []struct {
		name          string
		offer, answer []string
		want          error
	}{
		{"good", offer, []string{"m=audio 5000 RTP/AVP 8", "m=video 0 RTP/AVP 31"}, nil},
		{"AVP for AVPF", []string{"m=audio 4000 RTP/AVPF 8"}, []string{"m=audio 5000 RTP/AVP 8"}, nil},
		{"one section less", offer, []string{"m=audio 5000 RTP/AVP 8"}, sdp.ErrMismatch},
		{"one section more", offer, []string{"m=audio 5000 RTP/AVP 8", "m=video 0 RTP/AVP 31", "m=text 0 RTP/AVP 98"}, sdp.ErrMismatch},
		{"order changed", offer, []string{"m=video 0 RTP/AVP 31", "m=audio 5000 RTP/AVP 8"}, sdp.ErrMismatch},
		{"refused section taken up", offer, []string{"m=audio 5000 RTP/AVP 8", "m=video 5002 RTP/AVP 31"}, sdp.ErrMismatch},
		{"encrypted answer", offer, []string{"m=audio 5000 RTP/SAVP 8", "m=video 0 RTP/AVP 31"}, sdp.ErrMismatch},
		{"encrypted offer", []string{"m=audio 4000 RTP/SAVP 8"}, []string{"m=audio 5000 RTP/AVP 8"}, sdp.ErrProfile},
		{"refused", offer, []string{"m=audio 0 RTP/AVP 8", "m=video 0 RTP/AVP 31"}, sdp.ErrNoAudio},
		{"refused by another profile", offer, []string{"m=audio 0 RTP/SAVP 8", "m=video 0 RTP/AVP 31"}, sdp.ErrNoAudio},
		{"codec not offered", offer, []string{"m=audio 5000 RTP/AVP 18", "m=video 0 RTP/AVP 31"}, sdp.ErrNoCodec},
		{"answer to multicast", offer, []string{"m=audio 5000 RTP/AVP 8", "c=IN IP4 224.0.0.1", "m=video 0 RTP/AVP 31"}, sdp.ErrAddress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdp.Agree(parse(t, describe(tt.offer...)), parse(t, describe(tt.answer...)))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAgreeSettles(t *testing.T) {
	offer := parse(t, describe("m=audio 4000 RTP/AVP 96 8 0 13 101", "a=rtpmap:96 opus/48000/2", "a=rtpmap:101 telephone-event/8000"))
	answer := parse(t, describe("m=audio 5000 RTP/AVP 96 0 101", "a=rtpmap:101 telephone-event/8000", "a=sendonly"))
	g, err := sdp.Agree(offer, answer)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range slices.Concat(g.Offerer.Codecs, g.Answerer.Codecs) {
		names = append(names, c.Name)
	}
	// The answer's 96 has the offer's name, although it has no rtpmap of its own.
	if want := []string{"opus", "PCMU", "opus", "PCMU"}; !slices.Equal(names, want) {
		t.Errorf("got codecs %v, want %v", names, want)
	}
	if g.Offerer.Direction != sdp.RecvOnly || g.Answerer.Direction != sdp.SendOnly {
		t.Errorf("got directions %v and %v, want recvonly and sendonly", g.Offerer.Direction, g.Answerer.Direction)
	}
	if !g.Offerer.HasEvents() || !g.Answerer.HasEvents() || g.Offerer.HasCN() || g.Answerer.HasCN() {
		t.Errorf("events must stay and comfort noise go: %+v", g)
	}
}

func TestRestrict(t *testing.T) {
	s := parse(t, pbxOffer)
	r, err := s.Restrict([]sdp.Codec{sdp.PCMA})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.ForPeer(ours)
	if err != nil || !strings.Contains(string(out), "m=audio 30000 RTP/AVP 8 13 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:101 ") {
		t.Errorf("got %v\n%s", err, out)
	}
	if b, err := r.Bytes(); err != nil || !strings.Contains(string(b), "m=audio 16384 RTP/AVP 8 13 101\r\n") {
		t.Errorf("got %v\n%s", err, b)
	}
	if a, _ := s.Audio(); len(a.Codecs) != 4 {
		t.Errorf("the description itself was changed: %v", a.Codecs)
	}
	if _, err := s.Restrict([]sdp.Codec{{Name: "opus", Clock: 48000, Channels: 2}}); !errors.Is(err, sdp.ErrNoCodec) {
		t.Errorf("got %v, want %v", err, sdp.ErrNoCodec)
	}
	if _, err := parse(t, describe("m=image 4400 udptl t38")).Restrict(nil); !errors.Is(err, sdp.ErrNoAudio) {
		t.Errorf("got %v, want %v", err, sdp.ErrNoAudio)
	}
}
