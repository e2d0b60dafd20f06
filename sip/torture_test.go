package sip_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
)

// The torture messages (RFC 4475, RFC 5118 and others) against a stack whose
// owner refuses every call: each gets the answer that the manifest asks for, or
// none, and nothing is left.
func TestTorture(t *testing.T) {
	const dir = "../../shared/torture"
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Skipf("no torture messages: %v", err)
	}
	var manifest map[string]struct{ Kind, Expect, Note, Transports string }
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	for name, c := range manifest {
		if c.Kind != "sip" || !strings.Contains(c.Transports, "u") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.net.Rest(r.peer)
				go func() {
					for l := range r.legs {
						_ = l.Reject(404, "")
					}
				}()
				r.peer.SendRaw(raw)
				synctest.Wait()
				judge(t, c.Expect, c.Note, r.peer.Unread())
				time.Sleep(80 * time.Second)
				if legs, ghosts, timers := sip.Remains(r.stack); legs+ghosts+timers != 0 {
					t.Errorf("left: %d legs, %d ghosts, %d timers", legs, ghosts, timers)
				}
				r.stop()
				close(r.legs)
			})
		})
	}
}

// judge compares answers with what the manifest expects.
func judge(t *testing.T, expect, note string, answers []*sipmsg.Message) {
	t.Helper()
	var got []string
	for _, m := range answers {
		if m.Status > 100 {
			got = append(got, strconv.Itoa(m.Status))
		}
	}
	ok := true
	switch expect {
	case "any", "lenient":
	case "none":
		ok = len(got) == 0
	case "reject": // refused, or dropped where there is nowhere to answer to
		ok = !slices.ContainsFunc(got, func(s string) bool { return s < "300" })
	case "valid":
		ok = len(got) > 0 && !slices.Contains(got, "400")
	default:
		allowed := strings.Split(expect, ",")
		ok = len(got) > 0 || slices.Contains(allowed, "none")
		for _, s := range got {
			// No registrar here: 405 is the answer to any REGISTER.
			ok = ok && (slices.Contains(allowed, s) || s == "405" && strings.HasPrefix(expect, "400,401"))
		}
	}
	if !ok {
		t.Errorf("answered %v, want %s (%s)", got, expect, note)
	}
}
