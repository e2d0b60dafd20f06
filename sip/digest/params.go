package digest

import (
	"errors"
	"fmt"
	"strings"
)

// maxParams bounds the parameters of one challenge or answer.
const maxParams = 32

var (
	// ErrScheme: the field does not hold Digest credentials or a Digest challenge.
	ErrScheme = errors.New("digest: another authentication scheme")
	// ErrSyntax: the field cannot be read, or in more than one way.
	ErrSyntax = errors.New("digest: malformed")
)

// params are the parameters of one field, names in lower case, values without
// quotes and escapes.
type params map[string]string

// parse reads Digest name=value, name="value" ... (RFC 7616 §3.3, §3.4; RFC 3261
// §25.1). A name given twice is refused: two readers could take two values.
func parse(field string) (params, error) {
	scheme, rest, _ := strings.Cut(strings.TrimLeft(field, " \t"), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, ErrScheme
	}
	p := make(params)
	for more := true; more; {
		name, value, after, err := parameter(rest)
		if err != nil {
			return nil, err
		}
		if _, twice := p[name]; twice || len(p) == maxParams {
			return nil, fmt.Errorf("%w: parameter %.20q given twice, or more than %d", ErrSyntax, name, maxParams)
		}
		p[name] = value
		rest, more = after, after != ""
		if more {
			if rest[0] != ',' {
				return nil, fmt.Errorf("%w: no comma after %.20q", ErrSyntax, name)
			}
			rest = rest[1:]
		}
	}
	return p, nil
}

// parameter reads the first name=value of s; after starts with what follows,
// spaces left out.
func parameter(s string) (name, value, after string, err error) {
	name, s, found := strings.Cut(s, "=")
	name = strings.ToLower(trim(name))
	if !found || !isToken(name) {
		return "", "", "", fmt.Errorf("%w: no name and equals sign", ErrSyntax)
	}
	s = strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexByte(s, ',')
		if end < 0 {
			end = len(s)
		}
		value = trim(s[:end])
		if !isToken(value) {
			return "", "", "", fmt.Errorf("%w: value of %.20q", ErrSyntax, name)
		}
		return name, value, s[end:], nil
	}
	value, after, ok := unquote(s)
	if !ok {
		return "", "", "", fmt.Errorf("%w: quotes of %.20q do not end", ErrSyntax, name)
	}
	return name, value, strings.TrimLeft(after, " \t"), nil
}

// unquote reads the quoted string that s begins with.
func unquote(s string) (value, after string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// isToken takes more than the grammar: peers leave quotes out where they are
// needed. A quote or control character inside would be read in two ways.
func isToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '"' || s[i] == ',' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}

func trim(s string) string { return strings.Trim(s, " \t") }

// isPlain reports whether s may stand between quotes as it is, so that both ends
// hash the same octets.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
