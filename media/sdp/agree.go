package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Agreed is what an offer and its answer settle: each party's stream, cut down to what both can do.
type Agreed struct {
	// Offerer and Answerer are the two streams. Codecs, Events and CN are those of the answer (under the payload types
	// of each side), and a side sends only if the other receives.
	Offerer, Answerer Audio
}

// Agree holds an answer against its offer (RFC 3264 §6): the same number of sections with the same media and protocol,
// no refused section taken up, at least one offered codec. Errors unwrap to ErrMismatch, ErrNoAudio (the answer refuses
// the stream), ErrNoCodec, or what Check says of either.
//
// An answer may leave out the rtpmap of an offered payload type; the offer's name is then taken.
func Agree(offer, answer *Session) (Agreed, error) {
	if err := offer.Check(); err != nil {
		return Agreed{}, fmt.Errorf("offer: %w", err)
	}
	if err := matches(offer, answer); err != nil {
		return Agreed{}, err
	}
	o, _ := offer.Audio()
	sec := answer.sections[o.Index]
	if sec.name.port == 0 {
		return Agreed{}, fmt.Errorf("answer: %w", ErrNoAudio)
	}
	a := answer.audioAt(o.Index)
	if a.Secure() && len(a.Crypto) == 0 {
		return Agreed{}, fmt.Errorf("%w: %s without a key", ErrMismatch, a.Profile)
	}
	a.adopt(sec.name, o)
	common := Agreed{Offerer: o, Answerer: a}
	common.Answerer.Codecs = shared(a.Codecs, o.Codecs)
	common.Offerer.Codecs = shared(o.Codecs, a.Codecs)
	if len(common.Answerer.Codecs) == 0 {
		return Agreed{}, fmt.Errorf("answer: %w", ErrNoCodec)
	}
	if err := a.checkTargets(); err != nil {
		return Agreed{}, fmt.Errorf("answer: %w", err)
	}
	common.settle()
	return common, nil
}

// ours reports whether we can carry the profile: on one leg so, on the other with or without protection.
func (n name) ours() bool { return n.plain() || n.sdes() }

// matches compares the two section by section. Offer and answer may come from different legs, of which one is protected
// and the other is not.
func matches(offer, answer *Session) error {
	if len(offer.sections) != len(answer.sections) {
		return fmt.Errorf("%w: %d media sections for %d", ErrMismatch, len(answer.sections), len(offer.sections))
	}
	for i := range offer.sections {
		o, a := offer.sections[i].name, answer.sections[i].name
		switch {
		case o.media != a.media, a.port != 0 && o.proto != a.proto && !(o.ours() && a.ours()):
			return fmt.Errorf("%w: section %d is another media or protocol", ErrMismatch, i+1)
		case o.port == 0 && a.port != 0:
			return fmt.Errorf("%w: section %d was not offered", ErrMismatch, i+1)
		}
	}
	return nil
}

// adopt names payload types of the answer that it lists without an rtpmap as the offer does.
func (a *Audio) adopt(n name, offer Audio) {
	all := slices.Concat(offer.Codecs, []Codec{offer.Events, offer.CN})
	known := slices.Concat(a.Codecs, []Codec{a.Events, a.CN})
	var missing []Codec
	order := payloadTypes(n)
	for _, pt := range order {
		has := func(c Codec) bool { return c.Name != "" && c.PT == pt }
		if i := slices.IndexFunc(all, has); i >= 0 && !slices.ContainsFunc(known, has) {
			missing = append(missing, all[i])
		}
	}
	a.setCodecs(missing)
	slices.SortStableFunc(a.Codecs, func(x, y Codec) int { return slices.Index(order, x.PT) - slices.Index(order, y.PT) })
}

// shared are the codecs of mine that are also in theirs.
func shared(mine, theirs []Codec) []Codec {
	var list []Codec
	for _, c := range mine {
		if slices.ContainsFunc(theirs, c.Same) {
			list = append(list, c)
		}
	}
	return list
}

// settle drops events and comfort noise that one side lacks and flows that one side does not want.
func (g *Agreed) settle() {
	o, a := &g.Offerer, &g.Answerer
	if !o.Events.Same(a.Events) {
		o.Events, a.Events = Codec{}, Codec{}
	}
	if !o.CN.Same(a.CN) {
		o.CN, a.CN = Codec{}, Codec{}
	}
	o.Direction &= a.Direction.Reverse()
	a.Direction &= o.Direction.Reverse()
}

// Restrict returns the description with only those voice codecs that are among keep (by name, clock and channels), in
// the description's own order; telephone-event and comfort noise stay. ErrNoCodec if none is left. It serves to offer
// the second leg no more than what the first has already agreed to.
func (s *Session) Restrict(keep []Codec) (*Session, error) {
	audio, ok := s.Audio()
	if !ok {
		return nil, ErrNoAudio
	}
	voice := shared(audio.Codecs, keep)
	if len(voice) == 0 {
		return nil, ErrNoCodec
	}
	stays := slices.Concat(voice, []Codec{audio.Events, audio.CN})
	formats := slices.DeleteFunc(slices.Clone(s.sections[audio.Index].name.formats), func(f string) bool {
		return !slices.ContainsFunc(stays, func(c Codec) bool { return c.Name != "" && strconv.Itoa(int(c.PT)) == f })
	})
	return s.withFormats(audio.Index, formats), nil
}

// Prefer returns the description with the voice codecs of those names (in any case) before the others, in the order of
// names. What has no audio stream stays as it is.
func (s *Session) Prefer(names []string) *Session {
	audio, ok := s.Audio()
	if !ok || len(names) == 0 {
		return s
	}
	rank := map[string]int{}
	for _, c := range audio.Codecs {
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, c.Name) })
		if i >= 0 {
			rank[strconv.Itoa(int(c.PT))] = i - len(names)
		}
	}
	formats := slices.Clone(s.sections[audio.Index].name.formats)
	slices.SortStableFunc(formats, func(a, b string) int { return rank[a] - rank[b] })
	return s.withFormats(audio.Index, formats)
}

// withFormats is the description with other formats on one m= line.
func (s *Session) withFormats(index int, formats []string) *Session {
	sec := s.sections[index]
	sec.name.formats = formats
	limited := *sec.desc
	limited.MediaName.Formats = sec.name.formats
	out := *s
	out.desc.MediaDescriptions = slices.Clone(s.desc.MediaDescriptions)
	out.desc.MediaDescriptions[slices.Index(s.desc.MediaDescriptions, sec.desc)] = &limited
	sec.desc = &limited
	out.sections = slices.Clone(s.sections)
	out.sections[index] = sec
	out.audio = out.findAudio()
	return &out
}
