package media_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
)

// tortureDir holds datagrams that broke other programs; the tests do without
// where it is missing.
const tortureDir = "../../shared/torture"

// torture is every RTP, RTCP and STUN datagram of it, after some of our own.
var torture = sync.OnceValue(func() [][]byte {
	all := [][]byte{{0x80}, make([]byte, 12), {0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0},
		append([]byte{0xa0, 0}, make([]byte, 20)...), append([]byte{0x8f, 8}, make([]byte, 18)...),
		{0x9f, 201, 0, 1, 0, 0, 0, 1}, {0x80, 200, 0xff, 0xff}}
	index, err := os.ReadFile(filepath.Join(tortureDir, "manifest.json"))
	if err != nil {
		return all
	}
	var files map[string]struct{ Kind string }
	if err := json.Unmarshal(index, &files); err != nil {
		panic(err)
	}
	for name, f := range files {
		if f.Kind != "rtp" && f.Kind != "stun" {
			continue
		}
		if b, err := os.ReadFile(filepath.Join(tortureDir, name)); err == nil && len(b) > 0 {
			all = append(all, b)
		}
	}
	return all
})
