package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Problem is one thing wrong with a configuration file.
type Problem struct {
	File   string
	Line   int // 1-based; 0 when the problem belongs to the file as a whole
	Column int
	Key    string // path of the key, "trunks[0].sources"
	What   string // what is wrong
	Advice string // what is allowed, or what to do
}

// Error gives the problem as "file:line:column: key: what (advice)".
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.What)
	if p.Advice != "" {
		b.WriteString(" (" + p.Advice + ")")
	}
	return b.String()
}

// Problems is everything wrong with a file, in the order of its lines.
type Problems []Problem

// Error lists every problem on a line of its own.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// decoder fills a typed value from a YAML tree and keeps every problem it meets
// instead of stopping at the first, so that an operator mends the file once.
type decoder struct {
	file     string
	problems Problems
	where    map[string]*token.Position // key path to its place, for checks after decoding
}

// decode reads the YAML document in text into dst, a pointer to a struct whose
// fields carry `yaml:"key"` and, for a closed set of words, `allowed:"a|b"`.
func decode(file string, text []byte, dst any) *decoder {
	d := &decoder{file: file, where: map[string]*token.Position{}}
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		d.syntax(err)
		return d
	}
	for i, doc := range f.Docs {
		if i > 0 {
			d.addAt(doc.Start, "", "a second YAML document", "one document a file")
			break
		}
		if doc.Body == nil {
			continue
		}
		d.value(doc.Body, reflect.ValueOf(dst).Elem(), "", "")
	}
	return d
}

func (d *decoder) syntax(err error) {
	p := Problem{File: d.file, What: "not valid YAML: " + firstLine(err.Error()), Advice: "check indentation, quotes and colons"}
	var se *yaml.SyntaxError
	if errors.As(err, &se) {
		p.What = "not valid YAML: " + se.Message
		if se.Token != nil {
			p.Line, p.Column = se.Token.Position.Line, se.Token.Position.Column
		}
	}
	d.problems = append(d.problems, p)
}

// add notes a problem with the key at path, at its place in the file where it
// stands there.
func (d *decoder) add(path, what, advice string) {
	p := Problem{File: d.file, Key: path, What: what, Advice: advice}
	for at := path; at != ""; at = parent(at) {
		if pos, ok := d.where[at]; ok {
			p.Line, p.Column = pos.Line, pos.Column
			break
		}
	}
	d.problems = append(d.problems, p)
}

func (d *decoder) addAt(t *token.Token, path, what, advice string) {
	p := Problem{File: d.file, Key: path, What: what, Advice: advice}
	if t != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	d.problems = append(d.problems, p)
}

func (d *decoder) sorted() Problems {
	slices.SortStableFunc(d.problems, func(a, b Problem) int { return a.Line - b.Line })
	return d.problems
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

func (d *decoder) value(n ast.Node, v reflect.Value, path, allowed string) {
	if t := n.GetToken(); t != nil && path != "" {
		if _, ok := d.where[path]; !ok {
			d.where[path] = t.Position
		}
	}
	if _, ok := n.(*ast.NullNode); ok {
		return // "key:" with nothing after it keeps the default
	}
	if v.CanAddr() && v.Addr().Type().Implements(textUnmarshaler) {
		s, ok := d.scalar(n, path)
		if !ok {
			return
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			d.addAt(n.GetToken(), path, err.Error(), "")
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path, allowed)
	default:
		d.plain(n, v, path, allowed)
	}
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string) {
	values, ok := mappingValues(n)
	if !ok {
		d.addAt(n.GetToken(), path, "expected keys and values", "keys: "+strings.Join(keysOf(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for _, mv := range values {
		key := mv.Key.GetToken().Value
		at := join(path, key)
		d.where[at] = mv.Key.GetToken().Position
		i := fieldOf(v.Type(), key)
		switch {
		case i < 0:
			d.addAt(mv.Key.GetToken(), at, "unknown key", "known here: "+strings.Join(keysOf(v.Type()), ", "))
		case seen[key]:
			d.addAt(mv.Key.GetToken(), at, "given twice", "keep one of them")
		default:
			seen[key] = true
			d.value(mv.Value, v.Field(i), at, v.Type().Field(i).Tag.Get("allowed"))
		}
	}
}

func mappingValues(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, path, allowed string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.addAt(n.GetToken(), path, "expected a list", "one entry a line, each after '- '")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, e := range seq.Values {
		d.value(e, out.Index(i), fmt.Sprintf("%s[%d]", path, i), allowed)
	}
	v.Set(out)
}

// scalar gives the text of a plain value.
func (d *decoder) scalar(n ast.Node, path string) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.addAt(n.GetToken(), path, "expected a single value", "")
		return "", false
	}
	return n.GetToken().Value, true
}

func (d *decoder) plain(n ast.Node, v reflect.Value, path, allowed string) {
	s, ok := d.scalar(n, path)
	if !ok {
		return
	}
	bad := func(what, advice string) { d.addAt(n.GetToken(), path, what, advice) }
	if v.Type() == reflect.TypeFor[time.Duration]() {
		dur, err := time.ParseDuration(s)
		if err != nil || dur < 0 {
			bad(fmt.Sprintf("%q is not a duration", s), "for example 500ms, 30s, 5m, 24h")
			return
		}
		v.SetInt(int64(dur))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if allowed != "" && !slices.Contains(strings.Split(allowed, "|"), s) {
			bad(fmt.Sprintf("%q is not allowed", s), "allowed: "+strings.ReplaceAll(allowed, "|", ", "))
			return
		}
		v.SetString(s)
	case reflect.Bool:
		if s != "true" && s != "false" {
			bad(fmt.Sprintf("%q is not a yes-or-no value", s), "true or false")
			return
		}
		v.SetBool(s == "true")
	case reflect.Int:
		i, err := strconv.Atoi(s)
		if err != nil || i < 0 {
			bad(fmt.Sprintf("%q is not a whole number", s), "0 or more")
			return
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			bad(fmt.Sprintf("%q is not a number", s), "")
			return
		}
		v.SetFloat(f)
	default:
		panic("config: no decoding for " + v.Type().String()) // a programmer's mistake in Config
	}
}

func fieldOf(t reflect.Type, key string) int {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") == key {
			return i
		}
	}
	return -1
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if k := t.Field(i).Tag.Get("yaml"); k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func parent(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
