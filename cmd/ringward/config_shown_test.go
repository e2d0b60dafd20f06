package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"ringward/cmd/ringward/config"
	"ringward/numbering"
)

// fillSecrets puts a mark into every string field whose key is a secret's.
func fillSecrets(v reflect.Value, mark string) int {
	n := 0
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		f := v.Field(i)
		switch {
		case f.Kind() == reflect.String && (strings.Contains(key, "secret") || strings.Contains(key, "password") || strings.Contains(key, "credential") || strings.Contains(key, "token")):
			f.SetString(mark)
			n++
		case isConfigStruct(f.Type()):
			n += fillSecrets(f, mark)
		case f.Kind() == reflect.Slice && isConfigStruct(f.Type().Elem()):
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			n += fillSecrets(f.Index(0), mark)
		}
	}
	return n
}

// TestConfigurationIsShownWithoutSecrets: whatever key of the configuration is
// a secret, its value is not on the page; everything else is.
func TestConfigurationIsShownWithoutSecrets(t *testing.T) {
	c := config.Default()
	if n := fillSecrets(reflect.ValueOf(&c).Elem(), "hunter2hunter2"); n < 3 {
		t.Errorf("only %d secrets found in the configuration", n)
	}
	c.Hooks = []config.Webhook{{Name: "robot", URL: "https://oapi.dingtalk.com/robot/send?access_token=hunter2", Secret: "hunter2"}}
	text := shownConfig(c)
	if strings.Contains(text, "hunter2") {
		t.Errorf("a secret is shown:\n%s", text)
	}
	for _, want := range []string{"webhooks:\n  - name: \"robot\"", "retention: 4320h0m0s", "********", "https://oapi.dingtalk.com/********", "udp://127.0.0.1:5060"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown:\n%s", want, text)
		}
	}
}

func TestLogTailIsBounded(t *testing.T) {
	l := newLogTail()
	lines, leave := l.Watch()
	for i := range tailLines + 10 {
		fmt.Fprintf(l, "line %d\n", i)
	}
	leave()
	fmt.Fprintln(l, strings.Repeat("x", 3*tailLine))
	got := l.Lines()
	if len(got) != tailLines || got[0] != "line 11" || len(got[tailLines-1]) != tailLine {
		t.Errorf("%d lines, first %q", len(got), got[0])
	}
	if first := <-lines; first != "line 0" || len(lines) > 256 {
		t.Errorf("watched %q and %d more", first, len(lines))
	}
}

// TestOperatorSetsALineOnTrial: shadow mode holds for the next call, and ends.
func TestOperatorSetsALineOnTrial(t *testing.T) {
	o := newOffice(t)
	c := frontChoices{o.app.current, o.app.numbers}
	shown := frontLines{o.app.current, o.app.numbers}.Lines()[0]
	for _, mode := range []string{"shadow", "announce"} {
		if err := c.SetMode(t.Context(), "boss", shown, mode); err != nil {
			t.Fatal(err)
		}
		l, ok := newLines(o.app.cfg.Lines, o.app.numbers).Line(demoNumber, numberOf(demoNumber))
		if got := (frontLines{o.app.current, o.app.numbers}).Lines()[0].Mode; !ok || l.Policy.Mode.String() != mode || got != mode {
			t.Errorf("%s: %s, shown as %s", mode, l.Policy.Mode, got)
		}
	}
}

func numberOf(s string) numbering.Number {
	return numbering.Parse(s, numbering.Options{Country: "CN"}).Number
}
