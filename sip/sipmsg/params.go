package sipmsg

import "strings"

// Param is one ;name=value parameter. For Via and address parameters Value is
// the content of a quoted string without its quotes and escapes when Quoted is
// set. For URI parameters Value is as it stands in the URI, %-escapes included.
// NoValue marks a parameter without "=".
type Param struct {
	Name, Value     string
	Quoted, NoValue bool
}

// Params is a parameter list in wire order.
type Params []Param

// Get returns the value of the first parameter of that name, ignoring case;
// ok is false when there is none.
func (p Params) Get(name string) (value string, ok bool) {
	if i := p.index(name); i >= 0 {
		return p[i].Value, true
	}
	return "", false
}

// Has reports whether there is a parameter of that name.
func (p Params) Has(name string) bool { return p.index(name) >= 0 }

// Set gives the first parameter of that name the value, or adds one. A value
// that is not a token, host or IPv6 reference is written as a quoted string.
func (p *Params) Set(name, value string) {
	q := Param{Name: name, Value: value, Quoted: !isParamValue(value)}
	if i := p.index(name); i >= 0 {
		(*p)[i] = q
		return
	}
	*p = append(*p, q)
}

// SetFlag adds a parameter without value unless there is one of that name.
func (p *Params) SetFlag(name string) {
	if p.index(name) < 0 {
		*p = append(*p, Param{Name: name, NoValue: true})
	}
}

// Del removes all parameters of that name.
func (p *Params) Del(name string) {
	kept := (*p)[:0:0]
	for _, q := range *p {
		if !strings.EqualFold(q.Name, name) {
			kept = append(kept, q)
		}
	}
	*p = kept
}

// Append writes the list, each parameter with its leading semicolon. A value
// that cannot stand unquoted is quoted.
func (p Params) Append(dst []byte) []byte {
	for i := range p {
		dst = append(dst, ';')
		dst = append(dst, p[i].Name...)
		if p[i].NoValue {
			continue
		}
		dst = append(dst, '=')
		if v := p[i].Value; p[i].Quoted || v != "" && !allOf(v, chValue|chLoose) {
			dst = appendQuoted(dst, v)
		} else {
			dst = append(dst, v...)
		}
	}
	return dst
}

func (p Params) index(name string) int {
	for i := range p {
		if len(p[i].Name) == len(name) && strings.EqualFold(p[i].Name, name) {
			return i
		}
	}
	return -1
}
