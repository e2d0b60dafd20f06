package sipmsg

import (
	"bytes"
	"strings"
)

// Part returns the body if it has that media type, or else the first part of
// that type inside a multipart body (RFC 2046 §5.1, RFC 5621), up to 4 levels
// deep and within the first 16 parts. The slice is part of the body. A part in a
// transfer encoding other than 7bit, 8bit or binary is not found.
func (m *Message) Part(mediaType string) ([]byte, bool) {
	if m.Body == nil {
		return nil, false
	}
	s := partSearch{mediaType: lowerASCII(mediaType), left: maxParts}
	return s.find(m.Get("Content-Type"), m.Body, 0)
}

type partSearch struct {
	mediaType string
	left      int // parts that may still be looked at
}

func (s *partSearch) find(contentType string, body []byte, depth int) ([]byte, bool) {
	mediaType, params := parseContentType(contentType)
	if mediaType == s.mediaType {
		return body, true
	}
	boundary, _ := params.Get("boundary")
	if !strings.HasPrefix(mediaType, "multipart/") || depth == maxDepth ||
		boundary == "" || len(boundary) > maxBoundary {
		return nil, false
	}
	delimiter := []byte("--" + boundary)
	_, rest, ok := cutDelimiter(body, delimiter) // the preamble
	for ok && s.left > 0 {
		var part []byte
		if part, rest, ok = cutDelimiter(rest, delimiter); part == nil {
			break
		}
		s.left--
		if found, ok := s.findIn(part, depth); ok {
			return found, true
		}
	}
	return nil, false
}

func (s *partSearch) findIn(part []byte, depth int) ([]byte, bool) {
	contentType, body, ok := splitPart(part)
	if !ok {
		return nil, false
	}
	return s.find(contentType, body, depth+1)
}

// cutDelimiter cuts body at the next delimiter line. before lacks the line end
// that belongs to the delimiter (RFC 2046 §5.1.1), and is nil when there is no
// delimiter. more is false at the closing one, or without any.
func cutDelimiter(body, delimiter []byte) (before, rest []byte, more bool) {
	for from := 0; ; {
		n := bytes.Index(body[from:], delimiter)
		if n < 0 {
			return nil, nil, false
		}
		at := from + n
		from = at + len(delimiter)
		tail := body[from:]
		closing := bytes.HasPrefix(tail, []byte("--"))
		if closing {
			tail = tail[2:]
		}
		tail = bytes.TrimLeft(tail, " \t")
		switch {
		case bytes.HasPrefix(tail, []byte("\r\n")):
			tail = tail[2:]
		case len(tail) > 0:
			continue // the delimiter is the beginning of something longer
		}
		switch {
		case at == 0:
			return body[:0], tail, !closing
		case at >= 2 && body[at-2] == '\r' && body[at-1] == '\n':
			return body[:at-2], tail, !closing
		}
	}
}

// splitPart separates a part's head from its content. ok is false if it has a
// transfer encoding that changes the content, or a head that cannot be read. A
// part without Content-Type is text/plain.
func splitPart(part []byte) (contentType string, body []byte, ok bool) {
	contentType = "text/plain"
	if bytes.HasPrefix(part, []byte("\r\n")) {
		return contentType, part[2:], true
	}
	end := bytes.Index(part, []byte("\r\n\r\n"))
	if end < 0 || end > maxHeader {
		return "", nil, false
	}
	head := string(part[:end+2])
	for head != "" {
		line, rest, folded := nextField(head)
		head = rest
		name, raw, named := splitField(line)
		value, clean := cleanValue(raw, folded)
		if !named || !clean {
			return "", nil, false
		}
		switch canonical := canonicalName(name); {
		case canonical == "Content-Type":
			contentType = value
		case strings.EqualFold(name, "Content-Transfer-Encoding") && !isIdentity(value):
			return "", nil, false
		}
	}
	return contentType, part[end+4:], true
}

func isIdentity(encoding string) bool {
	switch strings.ToLower(encoding) {
	case "7bit", "8bit", "binary":
		return true
	}
	return false
}
