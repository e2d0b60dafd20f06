package stir

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"ringward/sip/jws"
)

// Bounds on what a caller can have us look at.
const (
	MaxHeader  = 8 << 10 // octets of one Identity value
	MaxHeaders = 8       // of one request; more are not looked at
	maxNumbers = 32      // of dest
	maxText    = 256     // octets of a claim that is shown to people
)

// Errors of parsing, for errors.Is. Both are answered 438 (RFC 8224 §6.2.2).
var (
	ErrSyntax      = errors.New("not an Identity header field of RFC 8224")
	ErrUnsupported = errors.New("a PASSporT that is not supported here")
)

// Extension is the ppt of a PASSporT.
type Extension string

// The extensions that are understood. Others are not evaluated (RFC 8224 §6.2).
const (
	Plain  Extension = ""
	Shaken Extension = "shaken"
	Div    Extension = "div"
	RCD    Extension = "rcd"
)

// Identity is one Identity header field, taken apart and not yet believed.
type Identity struct {
	Info      string // https URL of the certificate
	Extension Extension
	token     jws.Token
	signature string // text of the token's third part
	claims    claims // of the full form
	compact   bool
}

// claims are those that we read. Dest of rcd and shaken have the same form.
type claims struct {
	Dest   dest            `json:"dest"`
	IAT    json.Number     `json:"iat"`
	Orig   party           `json:"orig"`
	Attest string          `json:"attest"`
	OrigID string          `json:"origid"`
	Div    party           `json:"div"`
	RCD    json.RawMessage `json:"rcd"`
	Reason string          `json:"crn"`
}

type party struct {
	TN string `json:"tn"`
}

type dest struct {
	TN []string `json:"tn"`
}

// header is the protected header of a PASSporT (RFC 8225 §4).
type header struct {
	Alg  string          `json:"alg"`
	Typ  string          `json:"typ"`
	PPT  string          `json:"ppt"`
	X5U  string          `json:"x5u"`
	Crit json.RawMessage `json:"crit"`
}

// Parse reads one value of Identity: token;info=<URL>;alg=ES256;ppt="shaken".
func Parse(value string) (*Identity, error) {
	if len(value) > MaxHeader {
		return nil, fmt.Errorf("%w: %d octets, at most %d", ErrSyntax, len(value), MaxHeader)
	}
	text, params, _ := strings.Cut(value, ";")
	text = strings.TrimSpace(text)
	id := &Identity{}
	if err := id.readParams(params); err != nil {
		return nil, err
	}
	var err error
	if id.token, err = jws.Parse(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	id.signature = text[strings.LastIndexByte(text, '.')+1:]
	id.compact = len(id.token.Header) == 0
	switch id.Extension {
	case Plain, Shaken, Div, RCD:
	default:
		return nil, fmt.Errorf("%w: ppt is none of shaken, div, rcd", ErrUnsupported)
	}
	if id.compact && id.Extension != Plain {
		return nil, fmt.Errorf("%w: the compact form has no place for the claims of %s", ErrUnsupported, id.Extension)
	}
	if id.compact {
		return id, nil
	}
	return id, id.readToken()
}

// readParams reads what stands behind the token (RFC 8224 §4).
func (id *Identity) readParams(params string) error {
	for params != "" {
		var p string
		if p, params = cutParam(params); p == "" {
			continue
		}
		name, value, _ := strings.Cut(p, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "info":
			id.Info = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(value, "<"), ">"))
		case "alg":
			if strings.Trim(value, `"`) != "ES256" {
				return fmt.Errorf("%w: alg is not ES256", ErrUnsupported)
			}
		case "ppt":
			id.Extension = Extension(strings.Trim(value, `"`))
		}
	}
	if id.Info == "" {
		return fmt.Errorf("%w: no info", ErrSyntax)
	}
	return nil
}

// cutParam splits at the first semicolon that is in neither brackets nor quotes.
func cutParam(s string) (param, rest string) {
	quoted, bracket := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' && !bracket:
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == ';' && !bracket:
			return strings.TrimSpace(s[:i]), s[i+1:]
		}
	}
	return strings.TrimSpace(s), ""
}

// readToken reads header and claims of the full form. What the header says must
// be what the parameters say: the URL is that of the certificate that is fetched.
func (id *Identity) readToken() error {
	var h header
	if err := json.Unmarshal(id.token.Header, &h); err != nil {
		return fmt.Errorf("%w: header is no JSON", ErrSyntax)
	}
	switch {
	case h.Alg != "ES256":
		return fmt.Errorf("%w: alg is not ES256", ErrUnsupported)
	case h.Typ != "passport":
		return fmt.Errorf("%w: typ is not passport", ErrSyntax)
	case len(h.Crit) > 0: // RFC 7515 §4.1.11
		return fmt.Errorf("%w: crit names what is not understood", ErrUnsupported)
	case Extension(h.PPT) != id.Extension:
		return fmt.Errorf("%w: ppt differs between token and header field", ErrSyntax)
	case h.X5U != id.Info:
		return fmt.Errorf("%w: x5u is not info", ErrSyntax)
	}
	if err := json.Unmarshal(id.token.Payload, &id.claims); err != nil {
		return fmt.Errorf("%w: claims are no JSON of a PASSporT", ErrSyntax)
	}
	c := &id.claims
	if len(c.Dest.TN) > maxNumbers {
		return fmt.Errorf("%w: more than %d numbers called", ErrSyntax, maxNumbers)
	}
	if c.Orig.TN == "" || len(c.Dest.TN) == 0 {
		return fmt.Errorf("%w: no telephone number in orig or dest", ErrUnsupported)
	}
	if id.Extension == Div && c.Div.TN == "" {
		return fmt.Errorf("%w: div without a number", ErrSyntax)
	}
	if _, ok := id.issued(); !ok {
		return fmt.Errorf("%w: iat is no time", ErrSyntax)
	}
	return nil
}

// issued is the iat claim of the full form.
func (id *Identity) issued() (time.Time, bool) {
	f, err := id.claims.IAT.Float64()
	if err != nil || math.IsNaN(f) || f < 0 || f > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(f), 0), true
}

// PPI is the token as a Reason names it: in compact form, without the claims
// (RFC 9410 §4).
func (id *Identity) PPI() string { return ".." + id.signature }

// Canonical is a telephone number as PASSporTs have it: digits, * and # without
// plus or separators (RFC 8224 §8.3).
func Canonical(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '#' {
			return r
		}
		return -1
	}, number)
}
