package main

import (
	"testing"

	"ringward/cmd/ringward/config"
	"ringward/console"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/numbering"
)

// TestOwnersChoiceHoldsForTheNextCall: what the owner says on the privacy page
// stands over the configuration, at once, and is in the change log under his name.
func TestOwnersChoiceHoldsForTheNextCall(t *testing.T) {
	o := newOffice(t)
	ls := newLines(o.app.cfg.Lines, o.app.numbers)
	number := numbering.Parse(demoNumber, numbering.Options{Country: "CN"}).Number
	if l, ok := ls.Line(demoNumber, number); !ok || l.Listen != gateway.ListenNever {
		t.Fatalf("%+v, %t", l, ok)
	}
	choose := func(listen string, keep bool) {
		t.Helper()
		body := `{"listen":"` + listen + `","keep_words":` + map[bool]string{true: "true", false: "false"}[keep] + `,"text":"` + console.ConsentText + `"}`
		if status := o.answer("PUT", "/v1/lines/demo/choice", body, nil); status != 200 {
			t.Fatalf("choose: %d", status)
		}
	}
	choose("unverified", true)
	l, ok := ls.Line(demoNumber, number)
	if !ok || l.Listen != gateway.ListenUnverified || l.ID != demoLineID {
		t.Errorf("%+v, %t", l, ok)
	}
	if !o.app.hearing.line(l).KeepWords {
		t.Error("words are not kept")
	}
	shown := frontLines{o.app.current, o.app.numbers}.Lines()
	if len(shown) != 1 || shown[0].Listens != "unverified" || !shown[0].Keeps || shown[0].Chosen == "" {
		t.Errorf("%+v", shown)
	}
	choose("never", true)
	if l, _ := ls.Line(demoNumber, number); l.Listen != gateway.ListenNever || o.app.hearing.line(l).KeepWords {
		t.Errorf("withdrawn, and yet %+v", l)
	}
	rows, err := o.app.numbers.List(t.Context(), numberdb.Lines, numberdb.Filter{})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	h, err := o.app.numbers.History(t.Context(), numberdb.Lines, rows[0].ID)
	if err != nil || len(h) != 2 || h[0].Author != "console:anna" {
		t.Errorf("%+v, %v", h, err)
	}
	// Without its line in the configuration the choice is no line.
	if _, ok := newLines([]config.Line{}, o.app.numbers).Line(demoNumber, number); ok {
		t.Error("a choice rings a phone")
	}
}

// TestOwnersChoiceOfAStoredLine: the rest of its policy stays.
func TestOwnersChoiceOfAStoredLine(t *testing.T) {
	o := newOffice(t)
	stored := numberdb.Line{Number: "+862155550177", Name: "shop", Targets: []string{"sip:1@192.0.2.1"}, Policy: []byte(`{"mode":"block","block_response":"603","listen":"always"}`)}
	if _, err := o.app.numbers.PutLine(t.Context(), numberdb.Edit{Author: "op", Reason: "test"}, stored); err != nil {
		t.Fatal(err)
	}
	c := frontChoices{o.app.current, o.app.numbers}
	if err := c.Choose(t.Context(), "anna", console.Line{ID: "shop", Number: stored.Number}, console.Choice{Listen: "always", Text: console.ConsentText}); err != nil {
		t.Fatal(err)
	}
	l, ok := newLines(nil, o.app.numbers).Line("", numbering.Parse(stored.Number, numbering.Options{Country: "CN"}).Number)
	if !ok || l.Listen != gateway.ListenAlways || l.Policy.Mode.String() != "block" || len(l.Targets) != 1 {
		t.Errorf("%+v, %t", l, ok)
	}
}
