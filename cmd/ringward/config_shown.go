package main

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"ringward/cmd/ringward/config"
)

// secretKeys are the keys whose values are shown to nobody.
var secretKeys = []string{"secret", "password", "credential", "token"}

// shownConfig is the configuration in force as an operator may read it: every
// key, secrets as asterisks, addresses of webhooks without what follows the host.
func shownConfig(c config.Config) string {
	var b strings.Builder
	writeConfig(&b, reflect.ValueOf(c), "", "")
	return b.String()
}

func writeConfig(b *strings.Builder, v reflect.Value, indent, path string) {
	t := v.Type()
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if key == "" || key == "-" || !t.Field(i).IsExported() {
			continue
		}
		f := v.Field(i)
		at := path + key
		switch {
		case slices.Contains(secretKeys, key):
			fmt.Fprintf(b, "%s%s: %s\n", indent, key, map[bool]string{true: `""`, false: "********"}[f.IsZero()])
		case isConfigStruct(f.Type()):
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			writeConfig(b, f, indent+"  ", at+".")
		case f.Kind() == reflect.Slice && isConfigStruct(f.Type().Elem()):
			writeConfigList(b, f, indent, key, at)
		default:
			fmt.Fprintf(b, "%s%s: %s\n", indent, key, configValue(f, at))
		}
	}
}

func writeConfigList(b *strings.Builder, f reflect.Value, indent, key, at string) {
	if f.Len() == 0 {
		fmt.Fprintf(b, "%s%s: []\n", indent, key)
		return
	}
	fmt.Fprintf(b, "%s%s:\n", indent, key)
	for j := range f.Len() {
		var one strings.Builder
		writeConfig(&one, f.Index(j), indent+"    ", at+".")
		text := one.String()
		if len(text) > len(indent)+4 {
			fmt.Fprintf(b, "%s  - %s", indent, text[len(indent)+4:])
		}
	}
}

// isConfigStruct tells structs with keys of their own from values such as
// addresses, which are structs as well.
func isConfigStruct(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") != "" {
			return true
		}
	}
	return false
}

func configValue(f reflect.Value, at string) string {
	switch v := f.Interface().(type) {
	case string:
		if at == "webhooks.url" || strings.Contains(v, "@") && strings.Contains(v, "://") {
			if u, err := url.Parse(v); err == nil {
				return u.Scheme + "://" + u.Host + "/********"
			}
		}
		return fmt.Sprintf("%q", v)
	case time.Duration:
		return v.String()
	case fmt.Stringer:
		return v.String()
	}
	if f.Kind() == reflect.Slice {
		parts := []string{}
		for j := range f.Len() {
			parts = append(parts, configValue(f.Index(j), at))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(f.Interface())
}
