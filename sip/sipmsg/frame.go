package sipmsg

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// ReadFrame reads one message from a stream (RFC 3261 §18.3). It returns io.EOF
// at a clean end, io.ErrUnexpectedEOF inside a message, ErrKeepAlive for a ping
// (RFC 5626 §3.5.1; a single CRLF, the pong, is passed over), and an *Error for
// a message that is too long or of which the end cannot be told. With an *Error
// come the octets of the head that were read: Decode finds in them what is
// needed to answer. The connection must be closed then.
func ReadFrame(r *bufio.Reader, lim Limits) ([]byte, error) {
	lim = lim.withDefaults()
	head, err := readHead(r, lim.Head)
	if err != nil {
		return head, err
	}
	length, ferr := frameLength(head)
	if ferr == nil && length > lim.Message-len(head) {
		ferr = tooLarge("message")
	}
	if ferr != nil {
		return head, ferr
	}
	frame := append(head, make([]byte, length)...)
	if _, err := io.ReadFull(r, frame[len(head):]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return frame, nil
}

// readHead reads up to and including the empty line.
func readHead(r *bufio.Reader, limit int) ([]byte, error) {
	var head []byte
	blank := 0 // empty lines before the start line
	for lineStart := 0; ; {
		part, err := r.ReadSlice('\n')
		if len(head)+len(part) > limit {
			return append(head, part[:limit-len(head)]...), tooLarge("head")
		}
		head = append(head, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(head) > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		line := head[lineStart:]
		if !bytes.HasSuffix(line, []byte("\r\n")) {
			continue // a bare LF ends no line; Decode refuses it
		}
		lineStart = len(head)
		if len(line) > 2 {
			continue
		}
		if len(head) > 2 {
			return head, nil
		}
		if blank++; blank == 2 {
			return nil, ErrKeepAlive
		}
		head, lineStart = head[:0], 0
	}
}

// frameLength reads Content-Length from a head with the same scanner as Decode.
// Without one there is no body: Decode refuses such a message if it has a
// Content-Type.
func frameLength(head []byte) (int, *Error) {
	_, text, _ := strings.Cut(string(head[:len(head)-2]), "\r\n")
	length, seen := 0, false
	for fields := 0; text != ""; fields++ {
		if fields == maxFields {
			return 0, badRequest("Too Many Header Fields", "")
		}
		line, rest, folded := nextField(text)
		text = rest
		name, raw, ok := splitField(line)
		if !ok {
			return 0, badRequest("Bad Header Field", "no field name and colon")
		}
		if _, f := lookupName(name); f != fieldContentLength {
			continue
		}
		value, ok := cleanValue(raw, folded)
		if seen || !ok {
			return 0, badRequest("Bad Content-Length", "repeated or not a number")
		}
		var err *Error
		if length, err = parseContentLength(value); err != nil {
			return 0, err
		}
		seen = true
	}
	return length, nil
}
