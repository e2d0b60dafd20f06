package numberdb_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringward/numberdb"
)

// contacts is a file as telephones and community lists write them.
const contacts = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;工商银行;;;\r\nFN:工商银行\r\nORG:中国工商银行;信用卡\r\n" +
	"item1.TEL;type=WORK:955\r\n 88\r\nitem1.X-ABLabel:_$!<Main>!$_\r\nTEL;TYPE=\"voice,x:y\";VALUE=uri:tel:+86-10-6610-8888;ext=1\r\n" +
	"PHOTO;ENCODING=b:" + "AAAA\r\n BBBB\r\nTEL:no number\r\nEND:VCARD\r\n" +
	"\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN;ENCODING=QUOTED-PRINTABLE:=E5\r\nTEL:95599\r\nEND:VCARD\r\n" +
	"BEGIN:VCARD\nVERSION:4.0\nFN:Nobody\\, Inc.\nTEL:+1 212 555 0100\nEND:VCARD\n" +
	"BEGIN:VCARD\nVERSION:4.0\nFN:Cut off\nTEL:95533\n"

func importCards(t *testing.T, s *numberdb.Store, text string, o numberdb.ImportOptions) numberdb.ImportReport {
	t.Helper()
	o.Format, o.Name = "vcard", "cards"+string(o.Entity)
	return must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, strings.NewReader(text), o))
}

func TestVCardNumbersFindTheirInstitutionByName(t *testing.T) {
	s := fresh(t)
	ok(t, s.PutInstitution(t.Context(), alice, numberdb.Institution{ID: "icbc", NameZH: "中国工商银行", Aliases: []string{"工商银行", "工行"}}))
	r := importCards(t, s, contacts, numberdb.ImportOptions{Entity: numberdb.Numbers, Source: "cards"})
	if r.Added != 2 || r.Bad != 4 {
		t.Fatalf("report %+v", r)
	}
	for i, want := range []string{"is no number", "version", "names no institution", "END:VCARD"} {
		if got := r.BadRows[i]; !strings.Contains(got.Reason, want) {
			t.Errorf("bad row %d: got line %d %q, want %q", i, got.Line, got.Reason, want)
		}
	}
	list := must[[]numberdb.Record](t)(s.List(t.Context(), numberdb.Numbers, numberdb.Filter{}))
	for i, want := range []numberdb.Number{
		{Institution: "icbc", Number: "CN:95588", Purpose: "Main", Source: "cards"},
		{Institution: "icbc", Number: "+861066108888", Source: "cards"},
	} {
		want.Review = numberdb.Review{Status: numberdb.Draft, ProposedBy: "alice"}
		if diff := cmp.Diff(want, numberOf(t, list[i])); diff != "" {
			t.Errorf("number %d (-want +got):\n%s", i+1, diff)
		}
	}
}

func numberOf(t *testing.T, r numberdb.Record) numberdb.Number {
	t.Helper()
	var n numberdb.Number
	ok(t, json.Unmarshal(r.Doc, &n))
	return n
}

func TestVCardContactsOfAMerchant(t *testing.T) {
	s := fresh(t)
	r := importCards(t, s, contacts, numberdb.ImportOptions{Entity: numberdb.SavedNumbers, Line: "021-6119 0000"})
	if r.Added != 3 {
		t.Fatalf("report %+v", r)
	}
	saved, found := s.Index().Saved("+862161190000", number(t, "+861066108888").Key())
	if !found || saved.Label != "工商银行" {
		t.Errorf("got %+v, %v", saved, found)
	}
}

func TestVCardMakesInstitutions(t *testing.T) {
	s := fresh(t)
	r := importCards(t, s, contacts, numberdb.ImportOptions{Entity: numberdb.Institutions})
	if r.Added != 2 {
		t.Fatalf("report %+v", r)
	}
	in, found := s.Index().InstitutionByID("gongshangyinhang")
	if !found || in.NameZH != "工商银行" {
		t.Errorf("got %+v, %v", in, found)
	}
	if in, found := s.Index().InstitutionByID("nobody-inc"); !found || in.Hotline.String() != "+12125550100" {
		t.Errorf("got %+v, %v", in, found)
	}
}

// TestVCardComesBack: what export writes import reads, to the last field that
// CSV has too.
func TestVCardComesBack(t *testing.T) {
	from := open(t, filepath.Join(t.TempDir(), "from.db"), numberdb.Options{SeedExamples: true})
	must[int64](t)(from.PutScam(t.Context(), alice, numberdb.Scam{Number: "+8617012345678", Category: "pos-freeze, 封停; 冻结", Votes: 3, Source: "a\\b", Expires: "2027-01-31"}))
	to := fresh(t)
	for _, entity := range []numberdb.Entity{numberdb.Institutions, numberdb.Numbers, numberdb.Scams} {
		var cards, want, got bytes.Buffer
		n := must[int](t)(from.Export(t.Context(), &cards, entity, "vcard"))
		for _, line := range strings.Split(cards.String(), "\r\n") {
			if len(line) > 75 {
				t.Errorf("line of %d bytes: %s", len(line), line)
			}
		}
		r := importCards(t, to, cards.String(), numberdb.ImportOptions{Entity: entity})
		if r.Added != n || r.Bad != 0 {
			t.Fatalf("%s: %d exported, %+v", entity, n, r)
		}
		must[int](t)(from.Export(t.Context(), &want, entity, "csv"))
		must[int](t)(to.Export(t.Context(), &got, entity, "csv"))
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", entity, diff)
		}
	}
}
