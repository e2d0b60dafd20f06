package transaction

import (
	"testing"

	"ringward/sip/sipmsg"
)

// TestTag: the short way finds what the codec finds, or says that it is not
// sure.
func TestTag(t *testing.T) {
	for _, c := range []struct {
		field, tag string
		sure       bool
	}{
		{"<sip:a@b>;tag=1", "1", true},
		{"<sip:a@b>", "", true},
		{`"x" <sip:a@b>`, "", false},
		{`"x>;tag=2" <sip:a@b>`, "", false},
		{`"x>;tag=2" <sip:a@b>;tag=3`, "3", true},
		{"sip:a@b;tag=1", "", false},
		{"<sip:a@b>;x=y;tag=1", "", false},
		{"<sip:a@b>;tag=1;x=y", "", false},
		{"<sip:a@b;tag=9>;tag=1", "1", true},
		{"<sip:a@b> ;tag=1", "", false},
		{"<sip:a@b>;tag=", "", false},
		{"", "", false},
	} {
		if tag, sure := tagIn(c.field); tag != c.tag || sure != c.sure {
			t.Errorf("tag of %s is %q, %v; want %q, %v", c.field, tag, sure, c.tag, c.sure)
		}
	}
}

// FuzzTag holds the short way against the codec.
func FuzzTag(f *testing.F) {
	for _, s := range []string{"<sip:a@b>;tag=1", `"\">;tag=2" <sip:a@b>;tag=3`, "sip:a@b;tag=1", `"a" <sip:x>;y=">;tag=4"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		a, err := sipmsg.ParseNameAddr(field)
		if err != nil {
			return
		}
		if tag, sure := tagIn(field); sure && tag != a.Tag() {
			t.Errorf("tag of %q is %q, the codec says %q", field, tag, a.Tag())
		}
	})
}
