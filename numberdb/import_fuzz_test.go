package numberdb

import (
	"bufio"
	"bytes"
	"io"
	"testing"
)

// FuzzImportRows holds that any input ends, and that a row taken for good gives
// the same place and pack when its record is read back from the table.
func FuzzImportRows(f *testing.F) {
	for _, seed := range []string{
		"number,category,votes,expires,source\n+8617012345678,refund,3,2027-01-31,feed\n",
		"\xef\xbb\xbfnumber,purpose,institution\r\n95588,hotline,icbc\r\n\"0571-95161\",,\"a\"\"b\"\r\n",
		"{\"number\":\"+8617012345678\",\"votes\":2,\"reports\":[{\"household\":\"a\",\"at\":\"2026-01-01\"}]}\n{}\n",
		"line,number,relation\n+862161190000,+8613800138000,agent\n",
		"prefix,first,last,shadow\n+86170,,,true\n,CN:95010,CN:95099,\n",
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:ICBC\r\nitem1.TEL;TYPE=\"a:b\":+86 10 6610\r\n  8888\r\nitem1.X-ABLabel:card\r\nTEL;VALUE=uri:tel:95588\r\nX-RINGWARD-ID:x\r\nEND:VCARD\r\n",
		"number\n\"\n'=1\n", "\n\n", "number\n\x00\xff",
	} {
		f.Add([]byte(seed), uint8(len(seed)))
	}
	kinds := []Entity{Numbers, Scams, Institutions, Patterns, Lines, SavedNumbers}
	f.Fuzz(func(t *testing.T, input []byte, kind uint8) {
		o := ImportOptions{Entity: kinds[int(kind)%len(kinds)], Format: []string{"csv", "jsonl", "vcard"}[int(kind)%3], Line: "+862161190000"}
		rows, err := newRowReader(bufio.NewReader(bytes.NewReader(input)), o, map[string]string{"icbc": "icbc"})
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			row := prepare(rows.next(), "fuzz")
			if row.err == io.EOF {
				return
			}
			if n > len(input) {
				t.Fatal("more rows than bytes")
			}
			if row.err != nil {
				continue
			}
			again, err := derive(o.Entity, 1, row.doc)
			if err != nil {
				t.Fatalf("good row %s does not read back: %v", row.doc, err)
			}
			if again.key != row.key || again.scope != row.scope || !bytes.Equal(again.pack, row.pack) {
				t.Fatalf("row %s went to %d %q, its record says %d %q", row.doc, row.key, row.scope, again.key, again.scope)
			}
			if row.pack != nil {
				if _, err := unpack(1, row.pack); err != nil {
					t.Fatalf("pack of %s does not read: %v", row.doc, err)
				}
			}
		}
	})
}
