package screening_test

import (
	"fmt"
	"strings"

	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

// institution ID NAME... [english NAME] [hotline NUMBER verified|unverified]
func (p *scriptParser) institution(args *arguments) error {
	id, err := args.next("the institution's id")
	if err != nil {
		return err
	}
	inst := index.Institution{ID: id, Country: "CN"}
	for len(args.words) > 0 {
		switch {
		case args.take("english"):
			if inst.NameEN, err = args.next("the English name"); err == nil {
				inst.Names = append(inst.Names, inst.NameEN)
			}
		case args.take("hotline"):
			if inst.Hotline, err = args.number(); err == nil {
				inst.HotlineVerified, err = args.verified()
			}
		default:
			name, _ := args.next("a name")
			inst.Names = append(inst.Names, name)
			if inst.NameZH == "" {
				inst.NameZH = name
			}
		}
		if err != nil {
			return err
		}
	}
	p.s.register.institutions = append(p.s.register.institutions, inst)
	return nil
}

func (a *arguments) verified() (bool, error) {
	switch {
	case a.take("verified"):
		return true, nil
	case a.take("unverified"):
		return false, nil
	}
	return false, fmt.Errorf("say verified or unverified")
}

// listing NUMBER registered ID DIRECTION verified|unverified [from DAY] [to DAY]
// listing NUMBER scam verified|unverified [campaign NAME] [reports N] [from DAY] [to DAY]
func (p *scriptParser) listing(args *arguments) error {
	n, err := args.number()
	if err != nil {
		return err
	}
	l := index.Listing{ID: int64(len(p.s.register.listings) + 1), Source: "script", Match: index.MatchAreaShort}
	if l.Kind, err = named(args, "listing (registered or scam)", index.ParseKind); err != nil {
		return err
	}
	if l.Kind == index.Registered {
		if l.Institution, err = args.next("the institution's id"); err != nil {
			return err
		}
		if l.Direction, err = named(args, "direction (may-call-out, inbound-only, outbound-only, sms-only, unknown)", index.ParseDirection); err != nil {
			return err
		}
	}
	if l.Verified, err = args.verified(); err != nil {
		return err
	}
	for err == nil && len(args.words) > 0 {
		err = listingOption(&l, args)
	}
	p.s.register.listings = append(p.s.register.listings, numberListing{n, l})
	return err
}

func listingOption(l *index.Listing, args *arguments) (err error) {
	switch {
	case args.take("campaign"):
		l.Campaign, err = args.next("the campaign's name")
	case args.take("reports"):
		var n int
		n, err = args.count("number of reporters")
		l.Reports = uint32(n)
	case args.take("from"):
		l.ValidFrom, err = args.day()
	case args.take("to"):
		l.ValidTo, err = args.day()
	default:
		return fmt.Errorf("%q says nothing of a listing (there are campaign, reports, from, to)", args.words[0])
	}
	return err
}

// pattern PREFIX* scam verified|unverified [shadow]
// pattern PREFIX* weight|notice|warning [shadow]
func (p *scriptParser) pattern(args *arguments) error {
	form, err := args.next("a prefix like +86170*")
	if err != nil {
		return err
	}
	prefix, ok := strings.CutSuffix(form, "*")
	n, err := numbering.ParseCanonical(prefix)
	if !ok || err != nil || n.IsZero() {
		return fmt.Errorf("%q is no prefix like +86170* or CN:950*", form)
	}
	pat := index.Pattern{ID: int64(len(p.s.register.patterns) + 1), Form: form}
	pat.First, pat.Last = n.Range()
	switch {
	case args.take("scam"):
		pat.Listing.Kind = index.Scam
		pat.Listing.Verified, err = args.verified()
	case args.take("weight"):
	case args.take("notice"):
		pat.Severity = 1
	case args.take("warning"):
		pat.Severity = 2
	default:
		return fmt.Errorf("say what the pattern means: scam, weight, notice or warning")
	}
	pat.Shadow = args.take("shadow")
	p.s.register.patterns = append(p.s.register.patterns, pat)
	return err
}

// saved NUMBER RELATION [of INSTITUTION] [LABEL]
func (p *scriptParser) saved(args *arguments) error {
	n, err := args.number()
	if err != nil {
		return err
	}
	s := index.Saved{ID: int64(len(p.s.register.saved) + 1)}
	if s.Relation, err = named(args, "relation (customer, agent, acquirer, refused)", index.ParseRelation); err != nil {
		return err
	}
	if args.take("of") {
		if s.Institution, err = args.next("the institution's id"); err != nil {
			return err
		}
	}
	if len(args.words) > 0 {
		s.Label, err = args.next("the merchant's word for it")
	}
	p.s.register.saved = append(p.s.register.saved, savedNumber{n, s})
	return err
}

// line NUMBER [mode MODE] [OPTION VALUE]...
func (p *scriptParser) line(args *arguments) error {
	n, err := args.number()
	if err != nil {
		return err
	}
	p.s.line = n.String()
	for err == nil && len(args.words) > 0 {
		err = p.lineOption(args)
	}
	return err
}

func (p *scriptParser) lineOption(args *arguments) (err error) {
	pol := &p.s.policy
	option, _ := args.next("an option")
	switch option {
	case "mode":
		pol.Mode, err = named(args, "mode (off, shadow, label, announce, block)", screening.ParseMode)
	case "label-from":
		pol.LabelFrom, err = named(args, "level", screening.ParseLevel)
	case "announce-from":
		pol.AnnounceFrom, err = named(args, "level", screening.ParseLevel)
	case "challenge-from":
		pol.ChallengeFrom, err = named(args, "level", screening.ParseLevel)
	case "block-with":
		pol.BlockResponse, err = named(args, "answer (608, 603+, 603)", screening.ParseResponse)
	case "listed":
		pol.Listed, err = named(args, "choice", screening.ParseChoice)
	case "anonymous":
		pol.Anonymous, err = named(args, "choice", screening.ParseChoice)
	case "foreign":
		pol.Foreign, err = named(args, "choice", screening.ParseChoice)
	case "unscreened":
		pol.Unscreened, err = named(args, "choice", screening.ParseChoice)
	case "show-registered":
		pol.ShowRegistered = true
	default:
		return fmt.Errorf("a line has no option %q (there are mode, label-from, announce-from, challenge-from, block-with, listed, anonymous, foreign, unscreened, show-registered)", option)
	}
	return err
}

// trunk NAME domestic|international|unknown-origin screened|unscreened [area NN]
func (p *scriptParser) trunk(args *arguments) error {
	name, err := args.next("the trunk's name")
	if err != nil {
		return err
	}
	t := screening.Trust{Name: name}
	switch {
	case args.take("domestic"):
		t.Domestic = true
	case args.take("international"):
		t.International = true
	case args.take("mixed"):
	default:
		return fmt.Errorf("say where the trunk comes from: domestic, international or mixed")
	}
	switch {
	case args.take("screened"):
		t.ScreensNumbers = true
	case args.take("unscreened"):
	default:
		return fmt.Errorf("say whether the trunk checks caller numbers: screened or unscreened")
	}
	p.s.trunk = t
	if args.take("area") {
		p.s.area, err = args.next("an area code")
	}
	return err
}

// caller NUMBER|withheld [name NAME] [identity RESULT] [rang N] [allowed] [unscreened]
func (p *scriptParser) caller(args *arguments) error {
	raw, err := args.next("the caller's number, or withheld")
	if err != nil {
		return err
	}
	if raw == "withheld" {
		raw = "anonymous"
	}
	c := callerLine{given: true, raw: raw}
	for err == nil && len(args.words) > 0 {
		switch {
		case args.take("name"):
			c.name, err = args.next("the display name")
		case args.take("identity"):
			c.identity, err = named(args, "result (none, verified, partial, failed)", screening.ParseIdentity)
		case args.take("rang"):
			c.lines, err = args.count("number of lines")
		case args.take("allowed"):
			c.allowed = true
		case args.take("unscreened"):
			c.unscreened = true
		default:
			return fmt.Errorf("%q says nothing of a caller (there are name, identity, rang, allowed, unscreened)", args.words[0])
		}
	}
	p.s.caller = c
	return err
}
