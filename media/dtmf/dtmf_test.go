package dtmf_test

import (
	"testing"

	"ringward/media/dtmf"
)

// wire is the case table of test and fuzz target.
var wire = []struct {
	name string
	in   []byte
	want dtmf.Event
	ok   bool
}{
	{"key 1 begins", []byte{1, 10, 0, 160}, dtmf.Event{Code: 1, Volume: 10, Duration: 160}, true},
	{"hash ends", []byte{11, 0x80, 3, 32}, dtmf.Event{Code: 11, End: true, Duration: 800}, true},
	{"reserved bit left out", []byte{0, 0x7f, 255, 255}, dtmf.Event{Volume: 63, Duration: 65535}, true},
	{"second event not read", []byte{5, 0, 0, 1, 6, 0, 0, 1}, dtmf.Event{Code: 5, Duration: 1}, true},
	{"short", []byte{1, 10, 0}, dtmf.Event{}, false},
	{"empty", nil, dtmf.Event{}, false},
}

func TestParse(t *testing.T) {
	for _, c := range wire {
		got, ok := dtmf.Parse(c.in)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: got %+v %v, want %+v %v, input %x", c.name, got, ok, c.want, c.ok, c.in)
		}
	}
}

func TestKeys(t *testing.T) {
	for i, r := range "0123456789*#ABCD" {
		if got, ok := dtmf.Rune(uint8(i)); got != r || !ok {
			t.Errorf("rune of %d: got %q %v, want %q", i, got, ok, r)
		}
		if got, ok := dtmf.Code(r); got != uint8(i) || !ok {
			t.Errorf("code of %q: got %d %v, want %d", r, got, ok, i)
		}
	}
	if _, ok := dtmf.Rune(16); ok {
		t.Error("flash taken for a key")
	}
	if _, ok := dtmf.Code('x'); ok {
		t.Error("x taken for a key")
	}
}

// step is one packet, or with code 255 the sound after an event.
type step struct {
	ts   uint32
	code uint8
	dur  uint16
	end  bool
}

func TestDetector(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []step
		want  string
		last  uint16
	}{
		{"whole event, three ends", []step{{1, 5, 160, false}, {1, 5, 320, false}, {1, 5, 400, true}, {1, 5, 400, true}, {1, 5, 400, true}}, "5", 400},
		{"start lost", []step{{1, 5, 320, false}, {1, 5, 400, true}}, "5", 400},
		{"only one end arrives", []step{{1, 7, 800, true}}, "7", 800},
		{"all ends lost, next event", []step{{1, 1, 800, false}, {2000, 2, 800, true}}, "12", 800},
		{"all ends lost, sound", []step{{1, 1, 800, false}, {900, 255, 0, false}}, "1", 800},
		{"same key twice", []step{{1, 3, 400, true}, {2000, 3, 400, true}}, "33", 400},
		{"late packet of the event before", []step{{1, 3, 400, true}, {2000, 4, 160, false}, {1, 3, 400, true}, {2000, 4, 400, true}}, "34", 400},
		{"sound of before does not end it", []step{{1000, 1, 160, false}, {900, 255, 0, false}}, "", 0},
		{"flash is no key", []step{{1, 16, 800, true}}, "", 0},
		{"time stamps wrap", []step{{0xffffff00, 1, 160, true}, {0x100, 2, 160, true}}, "12", 160},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d dtmf.Detector
			got, last := "", uint16(0)
			take := func(k dtmf.Key) { got, last = got+string(k.Rune), k.Duration }
			for _, s := range c.steps {
				if s.code == 255 {
					if d.Past(s.ts) {
						if k, ok := d.Flush(); ok {
							take(k)
						}
					}
					continue
				}
				found, n := d.Event(s.ts, dtmf.Event{Code: s.code, Duration: s.dur, End: s.end})
				for _, k := range found[:n] {
					take(k)
				}
			}
			if got != c.want || last != c.last {
				t.Errorf("got %q of %d, want %q of %d", got, last, c.want, c.last)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range wire {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		e, ok := dtmf.Parse(in)
		if ok != (len(in) >= dtmf.Size) {
			t.Fatalf("parsed %v of %d octets", ok, len(in))
		}
		if !ok {
			return
		}
		var out [dtmf.Size]byte
		e.Put(out[:])
		if again, _ := dtmf.Parse(out[:]); again != e {
			t.Fatalf("got %+v, want %+v", again, e)
		}
		var d dtmf.Detector
		d.Event(1, e)
		if d.Running() == e.End {
			t.Fatalf("running %v after end %v", d.Running(), e.End)
		}
	})
}
