package sipmsg_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"strings"
	"testing"

	"ringward/sip/sipmsg"
)

// adversarial returns messages of 64 KiB that are dear to somebody's parser.
func adversarial() map[string]string {
	fill := func(unit string) string { // as a field
		return request("REGISTER", "-Contact", strings.Repeat(unit, (64<<10-400)/len(unit)))
	}
	lines := func(unit string) string {
		return request("REGISTER", "-Contact", strings.TrimSuffix(strings.Repeat(unit+"\r\n", (64<<10-400)/(len(unit)+2)), "\r\n"))
	}
	// The dearest message that is within every limit: all lists full, all in
	// forms that need the slow path.
	var full []string
	for _, name := range []string{"+Via: SIP/2.0/UDP ", "Route: ", "+Record-Route: ", "+Contact: "} {
		unit := "<sip:%41:p@[::1]:5060;a=%42?b=c> ; x = \"\\y\" "
		if strings.Contains(name, "Via") {
			unit = "[::1] : 5060 ; x = \"\\y\" "
		}
		for range 60 {
			full = append(full, name+unit)
		}
	}
	return map[string]string{
		"contact lines": lines("m:<a:b>"), "contact list": fill("Contact: <a:b>,"), "via lines": lines("v: SIP/2.0/UDP h"),
		"via list": fill("v: SIP/2.0/UDP h,"), "other lines": lines("X: y"), "colons": lines(":"),
		"params":     request("OPTIONS", "From: <sip:a@x>"+strings.Repeat(";a=b", 16<<10)),
		"uri params": strings.Replace(request("OPTIONS"), "sip:b@x", "sip:b@x"+strings.Repeat(";a=b", 16<<10), 1),
		"folds":      request("OPTIONS", "Subject: a"+strings.Repeat("\r\n b", 16<<10)),
		"quotes":     request("OPTIONS", "From: "+strings.Repeat(`"\"`, 21<<10)),
		"brackets":   request("OPTIONS", "From: "+strings.Repeat("<", 64<<10)),
		"escapes":    strings.Replace(request("OPTIONS"), "sip:b@", "sip:"+strings.Repeat("%41", 21<<10)+"@", 1),
		"crlf":       strings.Repeat("\r\n", 32<<10), "nul": strings.Repeat("\x00", 64<<10),
		"full": request("REGISTER", full...) + strings.Repeat("x", 40<<10),
		"long values": request("OPTIONS", "Subject: "+strings.Repeat("é", 4000), "X-1: "+strings.Repeat("a,", 4000),
			"X-2: "+strings.Repeat(`"\x01`, 2700)),
	}
}

// TestCost bounds what one hostile message costs in memory, and what comes out.
func TestCost(t *testing.T) {
	for name, in := range adversarial() {
		t.Run(name, func(t *testing.T) {
			b := []byte(in)
			if len(b) > 64<<10 {
				b = b[:64<<10]
			}
			var m *sipmsg.Message
			allocated := allocatedBy(func() {
				m, _ = sipmsg.Decode(b, true)
				if m != nil {
					useAll(m)
				}
			})
			if allocated > 4<<20 {
				t.Errorf("allocated %d octets", allocated)
			}
			if m == nil {
				return
			}
			out, err := m.Append(nil)
			if err != nil {
				out, err = sipmsg.NewResponse(m, 400, "").Append(nil) // a partial request
			}
			if err != nil || len(out) > len(b)+4<<10 {
				t.Errorf("%d octets from %d: %v", len(out), len(b), err)
			}
		})
	}
}

// TestFullListsAreTaken: the dearest message of TestCost does get as far as the
// slow path.
func TestFullListsAreTaken(t *testing.T) {
	m := decode(t, adversarial()["full"])
	vias, err := m.Vias()
	if err != nil || len(vias) != 61 {
		t.Errorf("%d Vias, %v", len(vias), err)
	}
	if list, err := m.Contacts(); err != nil || len(list) != 61 {
		t.Errorf("%d contacts, %v", len(list), err)
	}
}

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestAllocations holds the common case: the head, the field list, the message
// and the body are all that is allocated, and nothing for encoding.
func TestAllocations(t *testing.T) {
	in := []byte(benchMessages()["INVITE"])
	m := decode(t, string(in))
	if n := testing.AllocsPerRun(100, func() { _, _ = sipmsg.Decode(in, true) }); n > 4 {
		t.Errorf("Decode of an INVITE: %v allocations", n)
	}
	buf := make([]byte, 0, 2048)
	if n := testing.AllocsPerRun(100, func() { _, _ = m.Append(buf) }); n > 0 {
		t.Errorf("Append of an INVITE: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = m.Get("v") + m.Get("CALL-ID")[:0] }); n > 0 {
		t.Errorf("Get: %v allocations", n)
	}
}

// TestGosipIsBehindOneFile: grammar.go alone imports gosip, only its package
// sip, and uses nothing of it but the two readers and two types.
func TestGosipIsBehindOneFile(t *testing.T) {
	allowed := map[string]bool{"ParseURI": true, "ParseMsg": true, "Param": true}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range files {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if strings.Contains(spec.Path.Value, "jart/gosip") &&
				(entry.Name() != "grammar.go" || spec.Path.Value != `"github.com/jart/gosip/sip"`) {
				t.Errorf("%s imports %s", entry.Name(), spec.Path.Value)
			}
		}
		if entry.Name() != "grammar.go" {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "sip" && !allowed[sel.Sel.Name] {
					t.Errorf("grammar.go uses sip.%s", sel.Sel.Name)
				}
				if name := sel.Sel.Name; name == "Append" || name == "String" || name == "Copy" {
					t.Errorf("grammar.go calls %s", name)
				}
			}
			return true
		})
	}
}

// TestLimits: one below and one above each.
func TestLimits(t *testing.T) {
	repeat := func(n int, line string) []string {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = line
		}
		return lines
	}
	for _, test := range []struct {
		name string
		in   string
		want int
	}{
		{"256 fields", request("OPTIONS", repeat(250, "+Z: 1")...), accepted},
		{"257 fields", request("OPTIONS", repeat(251, "+Z: 1")...), 400},
		{"field of 8 KiB", request("OPTIONS", "Z: "+strings.Repeat("x", 8<<10-3)), accepted},
		{"field over 8 KiB", request("OPTIONS", "Z: "+strings.Repeat("x", 8<<10-2)), 400},
		{"64 contacts", request("OPTIONS", "Contact: "+strings.Repeat("<sip:a>,", 63)+"<sip:a>"), accepted},
		{"65 contacts", request("OPTIONS", "Contact: "+strings.Repeat("<sip:a>,", 63)+"<sip:a>", "+m: <sip:a>"), 400},
		{"64 routes", request("OPTIONS", repeat(64, "+Route: <sip:a;lr>")...), accepted},
		{"65 routes", request("OPTIONS", repeat(65, "+Route: <sip:a;lr>")...), 400},
		{"64 parameters", request("OPTIONS", "From: <sip:a"+strings.Repeat(";x", 64)+">"+strings.Repeat(";x", 64)), accepted},
		{"65 parameters", request("OPTIONS", "From: <sip:a>"+strings.Repeat(";x", 65)), 400},
		{"65 URI parameters", request("OPTIONS", "From: <sip:a"+strings.Repeat(";x", 65)+">"), 400},
		{"Request-URI over 8 KiB", strings.Replace(request("OPTIONS"), "b@x", strings.Repeat("b", 8<<10)+"@x", 1), 414},
		{"head over 32 KiB", request("OPTIONS", repeat(5, "+Z: "+strings.Repeat("x", 7<<10))...), 513},
		{"message over 64 KiB", request("OPTIONS") + strings.Repeat("x", 64<<10), 513},
	} {
		m, err := sipmsg.Decode([]byte(test.in), true)
		if got := outcome(t, m, err); got != test.want {
			t.Errorf("%s: outcome %d (%v), want %d", test.name, got, err, test.want)
		}
		if m != nil && bytes.Contains(m.Body, []byte("xx")) {
			t.Errorf("%s: refused, but holds the body", test.name)
		}
	}
}
