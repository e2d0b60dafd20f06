package transaction

import (
	"strings"

	"ringward/sip/sipmsg"
)

// toTag and fromTag are the tags of To and From. The usual form ends in
// ">;tag=x": with no quote or bracket behind it, it can stand nowhere else in a
// valid field, and the address need not be parsed. Here that is a third of a
// transaction's cost.
func toTag(m *sipmsg.Message) string {
	tag, sure := tagIn(m.Get("To"))
	if !sure {
		tag = m.ToTag()
	}
	return tag
}

func fromTag(m *sipmsg.Message) string {
	tag, sure := tagIn(m.Get("From"))
	if !sure {
		tag = m.FromTag()
	}
	return tag
}

// tagIn returns the tag of an address field in its usual form; sure is false
// when the field has another form.
func tagIn(field string) (tag string, sure bool) {
	if strings.HasSuffix(field, ">") && strings.IndexByte(field, '"') < 0 {
		return "", true
	}
	const mark = ">;tag="
	i := strings.LastIndex(field, mark)
	if i < 0 {
		return "", false
	}
	tag = field[i+len(mark):]
	if tag == "" || strings.ContainsAny(tag, "\"<>; \t=,") {
		return "", false
	}
	return tag, true
}
