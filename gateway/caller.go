package gateway

import (
	"slices"

	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
)

// identity is who an INVITE says is calling, and how far to believe it.
type identity struct {
	number   numbering.Parsed // what the verdict rests on
	user     string           // user part of the number's URI, as signalled: never rewritten
	claimed  string           // user part of From where P-Asserted-Identity says otherwise
	name     string           // display name as signalled
	host     string
	asserted bool // from P-Asserted-Identity of a trusted trunk (RFC 3325)
	hidden   bool // the caller wants his number hidden, or gave none
	privacy  privacy
	verified screening.Identity // of a signature, or of a trusted trunk's word
	signed   screening.Signed
	forward  screening.Forward
}

// identify reads the caller's number: P-Asserted-Identity on trunks that are
// trusted with it, else From. A forwarded call is judged by its original caller
// (unforward).
func identify(inv *sipmsg.Message, t *Trunk, country string) identity {
	opts := numbering.Options{Country: country, Area: t.Area, InternationalTrunk: t.International}
	from, err := inv.From()
	if err != nil {
		return identity{hidden: true, number: numbering.Parse("anonymous", opts)}
	}
	id := identity{name: from.Display, user: bareUser(from.URI.User), host: from.URI.Host, number: numbering.Parse(telephoneOf(from), opts)}
	if t.Trusted {
		id.verified, id.signed = judgeVerstat(verstatOf(from.URI), attestationOf(inv))
		id.assert(inv, opts)
		id.unforward(inv, opts)
	}
	id.privacy = privacyOf(inv)
	id.hidden = id.hidden || id.number.Class == numbering.Anonymous || id.privacy.identity
	return id
}

// assert takes the number from P-Asserted-Identity. A tel URI wins over a SIP
// URI (RFC 3325 §9.1 allows one of each); a name is taken where From has none.
func (id *identity) assert(inv *sipmsg.Message, opts numbering.Options) {
	pais, err := inv.AddrList("P-Asserted-Identity")
	if err != nil || len(pais) == 0 {
		return
	}
	pai := pais[0]
	if i := slices.IndexFunc(pais, func(a sipmsg.NameAddr) bool { return a.URI.Scheme == "tel" }); i >= 0 {
		pai = pais[i]
	}
	p := numbering.Parse(telephoneOf(pai), opts)
	if p.Number.IsZero() {
		return // nothing better than From
	}
	id.number, id.asserted = p, true
	if v := verstatOf(pai.URI); v != "" {
		id.verified, id.signed = judgeVerstat(v, attestationOf(inv))
	}
	// What is shown must be what was judged: From is the caller's own word.
	id.claimed, id.user = id.user, assertedUser(pai, p)
	if id.name == "" {
		id.name = pai.Display
	}
}

// assertedUser is the user part of an asserted identity as it stands; of a tel
// URI with a context, the number's normal form, which needs none.
func assertedUser(pai sipmsg.NameAddr, p numbering.Parsed) string {
	if pai.URI.Scheme == "tel" && pai.URI.Params.Has("phone-context") {
		return p.Number.String()
	}
	return bareUser(pai.URI.User)
}

// telephoneOf is the part of an address that names a telephone: the whole URI,
// because phone-context and isub stand in its parameters.
func telephoneOf(a sipmsg.NameAddr) string {
	if a.RawURI != "" {
		return a.RawURI
	}
	return a.URI.String()
}

// calledUser is the number that was called: the user part of the Request-URI.
func calledUser(inv *sipmsg.Message) (string, bool) {
	uri, err := inv.URI()
	if err != nil || uri.User == "" {
		return "", false
	}
	return uri.User, true
}
