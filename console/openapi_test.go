package console_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/people"
	"ringward/numberdb"
)

// document reads the OpenAPI document that is served.
func document(t *testing.T, b *browser) map[string]any {
	t.Helper()
	var doc map[string]any
	unmarshal(t, b.get("/v1/openapi.json").body, &doc)
	return doc
}

// at walks down a decoded JSON document.
func at(doc any, path ...string) any {
	for _, p := range path {
		m, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = m[p]
	}
	return doc
}

// conforms checks a value against the schemas that the document uses: types,
// required and unknown members, enums, references.
func conforms(doc map[string]any, schema, v any, where string) error {
	s, ok := schema.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: no schema", where)
	}
	if ref, ok := s["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		return conforms(doc, at(doc, "components", "schemas", name), v, where+":"+name)
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		return fmt.Errorf("%s: %v is none of %v", where, v, enum)
	}
	switch v := v.(type) {
	case string:
		if s["type"] != "string" {
			return fmt.Errorf("%s: a string where %v is", where, s["type"])
		}
		if s["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339, v); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
		}
	case bool:
		if s["type"] != "boolean" {
			return fmt.Errorf("%s: a boolean where %v is", where, s["type"])
		}
	case float64:
		if s["type"] != "integer" || v != float64(int64(v)) {
			return fmt.Errorf("%s: %v where %v is", where, v, s["type"])
		}
	case []any:
		for i, e := range v {
			if err := conforms(doc, s["items"], e, fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return conformsObject(doc, s, v, where)
	default:
		return fmt.Errorf("%s: %T", where, v)
	}
	return nil
}

func conformsObject(doc, s, v map[string]any, where string) error {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Errorf("%s: %s is missing", where, name)
		}
	}
	for name, e := range v {
		p, ok := properties[name]
		if !ok && s["additionalProperties"] == false {
			return fmt.Errorf("%s: %s is not described", where, name)
		}
		if ok {
			if err := conforms(doc, p, e, where+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestDocumentDescribesWhatIsServed asks every operation of the document and
// holds the answer against its schema.
func TestDocumentDescribesWhatIsServed(t *testing.T) {
	r := newRig(t)
	bare := record("call-b", "shop-a")
	bare.Caller, bare.CallerName, bare.Answered, bare.End, bare.Reasons, bare.Events = "", "", time.Time{}, time.Time{}, nil, nil
	r.keep(record("call-a", "shop-a"), bare)
	b := r.as("anna", people.Merchant, "shop-a")
	live := console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", Caller: "+8613800138000", CallerName: "x", At: time.Now(), Verdict: alarm(), Action: "announce"}
	live.Verdict.Institution = "icbc"
	r.c.Tell(live)
	ann := r.as("ann", people.Analyst)
	if _, err := r.numbers.PutScam(t.Context(), numberdb.Edit{Author: "ann", Reason: "test"}, numberdb.Scam{Number: "+8613800138009", Reports: []numberdb.Report{{Household: "h", At: "2026-01-01"}}, Source: "x"}); err != nil {
		t.Fatal(err)
	}
	doc := document(t, b)
	if doc["openapi"] != "3.1.0" {
		t.Error(doc["openapi"])
	}
	b.api("POST", "/v1/lines/shop-a/saved", `{"number":"13900139000","relation":"customer"}`, nil)
	bodies := map[string]string{"verdict": `{"number":"13800138000"}`, "callFeedback": `{"scam":true}`, "propose": `{"reason":"test","doc":{"number":"+8613800138008","source":"y"}}`, "saveNumber": `{"number":"95588","relation":"acquirer","label":"x"}`}
	fill := strings.NewReplacer("{line}", "shop-a", "{id}", "1", "{call}", "call-a")
	fillLive := strings.NewReplacer("{call}", "live-a")
	asked := 0
	for path, item := range doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			id := at(op, "operationId").(string)
			target, b := fill.Replace(path), b
			if strings.HasPrefix(path, "/v1/register") { // the analyst's
				b, target = ann, strings.NewReplacer("{entity}", "scam", "{id}", "1").Replace(path)
			}
			if id == "searchRegister" {
				target += "?q=icbc"
			}
			if id == "dismissCall" || id == "refuseCall" {
				target = fillLive.Replace(path)
			}
			if id == "events" {
				name, data := b.events(target, nil).next()
				var v any
				unmarshal(t, data, &v)
				if err := conforms(doc, map[string]any{"$ref": "#/components/schemas/LiveList"}, v, name); err != nil {
					t.Error(err)
				}
				continue
			}
			if body := bodies[id]; body != "" {
				var v any
				unmarshal(t, body, &v)
				if err := conforms(doc, at(op, "requestBody", "content", "application/json", "schema"), v, id+" body"); err != nil {
					t.Error(err)
				}
			}
			got := b.api(strings.ToUpper(method), target, bodies[id], nil)
			asked++
			answer := at(op, "responses", fmt.Sprint(got.status))
			if answer == nil {
				t.Errorf("%s: answered %d, which is not described: %s", id, got.status, got.body)
				continue
			}
			if got.body == "" {
				continue
			}
			var v any
			unmarshal(t, got.body, &v)
			if err := conforms(doc, at(answer, "content", "application/json", "schema"), v, id); err != nil {
				t.Errorf("%v\n%s", err, got.body)
			}
		}
	}
	if asked < 12 {
		t.Errorf("only %d operations", asked)
	}
	var v any
	got := b.get("/v1/calls/none")
	unmarshal(t, got.body, &v)
	if err := conforms(doc, at(doc, "components", "schemas", "Problem"), v, "problem"); err != nil || got.header.Get("Content-Type") != "application/problem+json" {
		t.Error(err, got.header)
	}
	if err := conforms(doc, at(doc, "components", "schemas", "LiveEvent"), map[string]any{}, "event"); err == nil {
		t.Error("LiveEvent is not described")
	}
}

// TestDocumentHoldsTogether: every reference leads somewhere, every path
// parameter is described, every operation has its own id.
func TestDocumentHoldsTogether(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	text := b.get("/v1/openapi.json").body
	doc := document(t, b)
	for _, m := range regexp.MustCompile(`"\$ref":"#/components/schemas/(\w+)"`).FindAllStringSubmatch(text, -1) {
		if at(doc, "components", "schemas", m[1], "type") != "object" {
			t.Errorf("%s leads nowhere", m[0])
		}
	}
	ids := map[string]bool{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			id, _ := at(op, "operationId").(string)
			if id == "" || ids[id] {
				t.Errorf("%s %s: operationId %q", method, path, id)
			}
			ids[id] = true
			described := map[string]bool{}
			params, _ := at(op, "parameters").([]any)
			for _, p := range params {
				if at(p, "in") == "path" {
					described[at(p, "name").(string)] = true
				}
			}
			for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				if !described[m[1]] {
					t.Errorf("%s: %s is not described", path, m[1])
				}
			}
		}
	}
	if !json.Valid([]byte(text)) {
		t.Error("no JSON")
	}
}
