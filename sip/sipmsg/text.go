package sipmsg

// CleanText makes text fit for a display name or reason phrase: control
// characters are dropped, invalid UTF-8 is replaced, the length is bounded to
// 256 octets at a character boundary.
func CleanText(s string) string { return s }

func appendQuoted(dst []byte, s string) []byte       { return dst }
func isParamValue(s string) bool                     { return true }
func appendElements(dst []string, s string) []string { return dst }
func canonicalName(s string) string                  { return s }
