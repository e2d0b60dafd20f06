package gateway

import "testing"

func TestStripMarks(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"王记面馆", "王记面馆"},
		{"[V] UnionPay", "UnionPay"},
		{"[v]银联商务", "银联商务"},
		{"[[V]V] Bank", "Bank"},
		{"［Ｖ］Bank", "Bank"},              // full-width
		{"[\u200bV\u200d] Bank", "Bank"}, // zero-width inside
		{"✓ 银联", "银联"},
		{"✔️ 银联", "银联"}, // with variation selector
		{"已验证 银联", "银联"},
		{"已 验证 银行", "银行"}, // read as the mark all the same
		{"(Verified) Visa", "Visa"},
		{"a\u202eb", "ab"},
		{"two   spaces", "two spaces"},
	} {
		if got := stripMarks(c.in); got != c.want {
			t.Errorf("stripMarks(%q): got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestLabelledKeepsTheLabelFirst(t *testing.T) {
	for _, c := range []struct{ label, name, want string }{
		{"!未核实", "银联", "!未核实 银联"}, {"", "银联", "银联"}, {"!未核实", "", "!未核实"},
	} {
		if got := labelled(c.label, c.name); got != c.want {
			t.Errorf("labelled(%q, %q): got %q, want %q", c.label, c.name, got, c.want)
		}
	}
	if got := ascii("!SCAM? 王 Wang"); got != "!SCAM? Wang" {
		t.Errorf("ascii: got %q", got)
	}
}

func FuzzStripMarks(f *testing.F) {
	f.Add("[V] a")
	f.Add("✓✓[v][[v]v]")
	f.Fuzz(func(t *testing.T, s string) {
		got := stripMarks(s)
		if again := stripMarks(got); again != got {
			t.Errorf("stripMarks(%q) = %q, and again %q: not stable", s, got, again)
		}
	})
}
