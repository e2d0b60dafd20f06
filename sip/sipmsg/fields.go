package sipmsg

import "strings"

// nextField cuts the first header field off head, a run of lines that end with
// CRLF. line is the field without its last CRLF, still folded. Folded lines
// begin with a space or tab (RFC 3261 §7.3.1).
func nextField(head string) (line, rest string, folded bool) {
	for from := 0; ; {
		n := strings.IndexByte(head[from:], '\r')
		if n < 0 {
			return head, "", folded
		}
		end := from + n
		next := end + 2
		switch {
		case next > len(head) || head[end+1] != '\n':
			from = end + 1 // a stray CR ends nothing, and cleanValue refuses it
		case next < len(head) && (head[next] == ' ' || head[next] == '\t'):
			folded, from = true, next
		default:
			return head[:end], head[next:], folded
		}
	}
}

// splitField cuts a field at its colon. Spaces and tabs may stand before the
// colon, but no line end: names would read differently with and without it.
func splitField(line string) (name, value string, ok bool) {
	end := 0
	for end < len(line) && is(line[end], chToken) {
		end++
	}
	colon := skipSpace(line, end)
	if end == 0 || colon == len(line) || line[colon] != ':' {
		return "", "", false
	}
	return line[:end], line[colon+1:], true
}

// cleanValue trims and unfolds a value; ok is false if it holds a character
// that may not stand in one. Escaped control characters in quoted strings are
// legal (RFC 3261 §25.1, quoted-pair; intmeth in RFC 4475) but nobody's need:
// they become escaped spaces, so that none is ever passed on.
func cleanValue(s string, folded bool) (value string, ok bool) {
	if s = trimSpace(s); !folded && isText(s) {
		return s, true
	}
	b := make([]byte, 0, len(s))
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\r': // a fold, or a stray CR
			if i+2 >= len(s) || s[i+1] != '\n' || s[i+2] != ' ' && s[i+2] != '\t' {
				return "", false
			}
			for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
				b = b[:len(b)-1]
			}
			b = append(b, ' ')
			i = skipSpace(s, i+2) - 1
		case quoted && c == '\\' && i+1 < len(s) && s[i+1] != '\r' && s[i+1] != '\n':
			i++
			b = append(b, '\\', printable(s[i]))
		case !is(c, chText):
			return "", false
		default:
			quoted = quoted != (c == '"')
			b = append(b, c)
		}
	}
	return trimSpace(string(b)), true
}

func printable(c byte) byte {
	if is(c, chText) {
		return c
	}
	return ' '
}
