package numbering

// FormatNational writes n for people of its own country: "138 0013 8000",
// "400-820-8820", "95588"; numbers of other countries than China as "+40 21 ...".
func FormatNational(n Number) string { return n.String() }
