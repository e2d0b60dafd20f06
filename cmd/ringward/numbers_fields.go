package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"ringward/numberdb"
)

// field is one thing of a record that a flag sets.
type field struct {
	name, usage string
	p           any // *string, *int, *bool, *[]string, *phone, *named, policyKey
}

// phone and named are texts that are looked up: a telephone number in any form,
// an institution by any name.
type (
	phone string
	named string
)

// policyKey is one setting in a line's policy.
type policyKey struct {
	policy *json.RawMessage
	key    string
	kind   reflect.Kind
}

// fieldsOf lists what flags set of a record; what it is found by comes as an
// argument (see setSubject).
func fieldsOf(rec any) []field {
	switch r := rec.(type) {
	case *numberdb.Institution:
		return []field{{"kind", "bank, acquirer, scheme, agent, carrier, regulator or police", &r.Kind}, {"country", "ISO code", &r.Country},
			{"name-zh", "name in Chinese", &r.NameZH}, {"name-en", "name in English", &r.NameEN},
			{"aliases", "short names people use" + listHelp, &r.Aliases}, {"spoken", "what speech recognition makes of the name" + listHelp, &r.Spoken},
			{"confusable", "look-alike and sound-alike spellings" + listHelp, &r.Confusable},
			{"hotline", "number to call instead", (*phone)(&r.Hotline)}, {"never-asks", "what it never asks for" + listHelp, &r.NeverAsks}}
	case *numberdb.Number:
		return []field{{"institution", "id or any name of the institution", (*named)(&r.Institution)},
			{"direction", "may-call-out, inbound-only, outbound-only, sms-only or unknown", &r.Direction},
			{"purpose", "hotline, card-outbound, marketing, sms", &r.Purpose}, {"match", "exact, area-short or prefix", &r.Match},
			{"area", "the only area code, for area-short", &r.Area}, {"digits", "digits of the whole number, for prefix", &r.Digits},
			{"valid-from", "first day, 2026-01-31", &r.ValidFrom}, {"valid-to", "last day, 2026-01-31", &r.ValidTo},
			{"confidence", "percent", &r.Confidence}, {"callback", "hotline to verify a call from here", (*phone)(&r.Callback)},
			{"source", "where it comes from", &r.Source}, {"licence", "of the source", &r.Licence}}
	case *numberdb.Scam:
		return []field{{"category", "pos-freeze, refund, authority ...", &r.Category}, {"campaign", "campaign it belongs to", &r.Campaign},
			{"votes", "distinct reporters that a feed counted", &r.Votes}, {"expires", "last day, 2026-01-31", &r.Expires},
			{"source", "feed or person; a number has one listing a source", &r.Source}, {"licence", "of the source", &r.Licence}}
	case *numberdb.Pattern:
		return []field{{"digits", "digits of the whole number, 0 any", &r.Digits}, {"kind", "scam or registered", &r.Kind},
			{"category", "pos-freeze, refund ...", &r.Category}, {"institution", "id or any name of the institution", (*named)(&r.Institution)},
			{"direction", "as of numbers", &r.Direction}, {"severity", "0 weight only, 1 notice, 2 warning", &r.Severity},
			{"shadow", "try it out: reported, never counted", &r.Shadow}, {"note-zh", "why, for the explanation, in Chinese", &r.NoteZH},
			{"note-en", "the same in English", &r.NoteEN}, {"expires", "last day, 2026-01-31", &r.Expires}}
	case *numberdb.Line:
		return append([]field{{"name", "name of the line in records", &r.Name}, {"merchant", "whose it is", &r.Merchant},
			{"targets", "SIP URIs of the phone" + listHelp, &r.Targets}, {"language", "zh-CN or en", &r.Language}}, policyFields(&r.Policy)...)
	case *numberdb.Saved:
		return []field{{"line", "the merchant's line", (*phone)(&r.Line)}, {"relation", "customer, agent, acquirer or refused", &r.Relation},
			{"label", "the merchant's word for it", &r.Label}, {"institution", "id or any name of the institution", (*named)(&r.Institution)}}
	case *numberdb.Appeal:
		return []field{{"by", "who objects", &r.By}, {"text", "why", &r.Text}, {"outcome", "upheld or dismissed", &r.Outcome},
			{"note", "what was found", &r.Note}}
	}
	return nil
}

const listHelp = "; a list A,B, or +A to add, -A to remove"

// policyFields are the settings of linePolicy, in the words of its JSON.
func policyFields(policy *json.RawMessage) []field {
	var out []field
	for _, f := range reflect.VisibleFields(reflect.TypeFor[linePolicy]()) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous {
			continue // its fields come as well
		}
		usage := orElse(policyHelp[key], strings.ReplaceAll(key, "_", " "))
		switch k := f.Type.Kind(); k {
		case reflect.Slice:
			usage += listHelp
			fallthrough
		case reflect.String, reflect.Bool, reflect.Int:
			out = append(out, field{strings.ReplaceAll(key, "_", "-"), usage, policyKey{policy, key, k}})
		}
	}
	return out
}

// policyHelp says more of a setting than its name does.
var policyHelp = map[string]string{
	"mode":           "off, shadow, label, announce or block (announce)",
	"block_response": "608, 603+ or 603: how a block is answered (608)",
	"anonymous":      "screen, pass or block: calls without a number (screen)",
	"ascii_labels":   "for phones that cannot show Chinese names",
	"nat":            "the phone is behind NAT",
	"ring_seconds":   "let it ring so long, 0 as configured",
	"listen":         "never, unverified or always: which calls are listened to (never); needs --owner-agreed",
	"owner_agreed":   "the line's owner agreed in writing to that",
	"tell_caller":    "say to the caller that the call may be analysed",
	"recognisers":    "names of recognisers; without, those of its language",
	"keep_words":     "keep what was said, digits masked; needs --owner-agreed",
	"browser":        "rings in its owner's browser as well",
}

// given is what flags said, in order; repeated flags come repeatedly.
type given []struct{ name, value string }

// fieldFlags lets flags set the fields of a record of a table.
func (d *desk) fieldFlags(entity numberdb.Entity) *given {
	var g given
	for _, f := range fieldsOf(freshRecord(entity)) {
		note := func(v string) error {
			g = append(g, struct{ name, value string }{f.name, v})
			return nil
		}
		if k, ok := f.p.(policyKey); isBool(f.p) || ok && k.kind == reflect.Bool {
			d.BoolFunc(f.name, f.usage, note)
		} else {
			d.Func(f.name, f.usage, note)
		}
	}
	return &g
}

func isBool(p any) bool { _, ok := p.(*bool); return ok }

// set puts what flags said into a record.
func (d *desk) set(ctx context.Context, rec any, g given) error {
	for _, s := range g {
		for _, f := range fieldsOf(rec) {
			if f.name != s.name {
				continue
			}
			if err := d.setField(ctx, f, s.value); err != nil {
				return fmt.Errorf("--%s: %w", s.name, err)
			}
		}
	}
	return nil
}

func (d *desk) setField(ctx context.Context, f field, v string) (err error) {
	switch p := f.p.(type) {
	case *string:
		*p = v
	case *[]string:
		*p = editList(*p, v)
	case *bool:
		*p, err = strconv.ParseBool(v)
	case *int:
		if *p, err = strconv.Atoi(v); err != nil {
			err = fmt.Errorf("%q has to be a whole number", v)
		}
	case *phone:
		if *p = ""; v != "" {
			n, perr := d.number(v)
			*p, err = phone(n.String()), perr
		}
	case *named:
		if *p = ""; v != "" {
			id, nerr := d.institution(ctx, v)
			*p, err = named(id), nerr
		}
	case policyKey:
		err = p.set(v)
	}
	return err
}

// editList replaces a list by "A,B", or adds to it (+A) or takes away (-A).
func editList(list []string, v string) []string {
	if word, ok := strings.CutPrefix(v, "+"); ok {
		if slices.Contains(list, word) {
			return list
		}
		return append(slices.Clone(list), word)
	}
	if word, ok := strings.CutPrefix(v, "-"); ok {
		return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == word })
	}
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' })
}

func anyList(v any) []any {
	list, _ := v.([]any)
	return list
}

// set writes one setting into the policy; "" takes it out.
func (k policyKey) set(v string) error {
	all := map[string]any{}
	if len(*k.policy) > 0 {
		if err := json.Unmarshal(*k.policy, &all); err != nil {
			return fmt.Errorf("the line's policy does not read: %w", err)
		}
	}
	var err error
	switch {
	case v == "":
		delete(all, k.key)
	case k.kind == reflect.Bool:
		all[k.key], err = strconv.ParseBool(v)
	case k.kind == reflect.Int:
		all[k.key], err = strconv.Atoi(v)
	case k.kind == reflect.Slice:
		var now []string
		for _, word := range anyList(all[k.key]) {
			now = append(now, fmt.Sprint(word))
		}
		all[k.key] = editList(now, v)
	default:
		all[k.key] = v
	}
	if err != nil {
		return fmt.Errorf("%q does not fit the policy's %s", v, k.key)
	}
	*k.policy, err = json.Marshal(all)
	return err
}
