package sipmsg

func badParam(detail string) *Error { return badRequest("Bad Parameter", detail) }

// scanParams reads *( ; name [= value] ) from s[i] to the end of s, with spaces
// where the grammar has them. plain tells that there were none and that all
// values are tokens, hosts or quoted strings of ASCII without escapes. With keep
// unset it only checks.
func scanParams(s string, i int, keep bool) (params Params, plain bool, err *Error) {
	plain = true
	for n := 0; ; n++ {
		semi := skipSpace(s, i)
		if semi == len(s) {
			return params, plain && semi == i, nil
		}
		if s[semi] != ';' {
			return nil, false, badParam("no semicolon before a parameter")
		}
		if n == maxParams {
			return nil, false, badParam("too many parameters")
		}
		start := skipSpace(s, semi+1)
		end := start
		for end < len(s) && is(s[end], chToken) {
			end++
		}
		if end == start {
			return nil, false, badParam("no name")
		}
		plain = plain && semi == i && start == semi+1
		p := Param{Name: s[start:end], NoValue: true}
		i = end
		if eq := skipSpace(s, end); eq < len(s) && s[eq] == '=' {
			valueStart := skipSpace(s, eq+1)
			var valuePlain bool
			if i, valuePlain, err = p.scanValue(s, valueStart); err != nil {
				return nil, false, err
			}
			plain = plain && valuePlain && eq == end && valueStart == eq+1
		}
		if keep {
			params = append(params, p)
		}
	}
}

// scanValue reads the value that starts at s[i] and returns the position
// behind it.
func (p *Param) scanValue(s string, i int) (end int, plain bool, err *Error) {
	p.NoValue = false
	if i < len(s) && s[i] == '"' {
		end, escaped, ok := scanQuoted(s, i)
		if !ok {
			return 0, false, badParam("quoted string does not end")
		}
		p.Quoted, p.Value = true, unquote(s[i:end], escaped)
		return end, !escaped && isPrintable(p.Value), nil
	}
	plain = true
	for end = i; end < len(s) && is(s[end], chValue|chLoose); end++ {
		plain = plain && is(s[end], chValue)
	}
	p.Value = s[i:end]
	return end, plain && end > i, nil
}
