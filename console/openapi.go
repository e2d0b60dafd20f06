package console

import (
	"reflect"
	"regexp"
	"strings"
	"time"
)

// openAPI describes operations as an OpenAPI 3.1 document. Schemas are made
// of the Go types that are really read and written.
func openAPI(ops []operation, base string) map[string]any {
	d := &describer{schemas: map[string]any{}}
	paths := map[string]any{}
	for _, op := range ops {
		item, ok := paths[op.path].(map[string]any)
		if !ok {
			item = map[string]any{}
			paths[op.path] = item
		}
		item[strings.ToLower(op.method)] = d.operation(op)
	}
	d.schema(reflect.TypeFor[Problem]())
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{"title": "Ringward", "version": "1", "description": "Calls, live events, verdicts and saved numbers of the lines within the reader's reach. " +
			"Every read of a call is written into the audit. Errors are problem details (RFC 9457)."},
		"servers": []any{map[string]any{"url": base}},
		"paths":   paths,
		"components": map[string]any{
			"schemas": d.schemas,
			"securitySchemes": map[string]any{
				"token":   map[string]any{"type": "http", "scheme": "bearer", "description": "A token from the console's page API, with scopes."},
				"session": map[string]any{"type": "apiKey", "in": "cookie", "name": "ringward", "description": "A person's session; writes also need X-CSRF-Token and come from the console's own pages. Named __Host-ringward on https."},
			},
		},
		"security": []any{map[string]any{"token": []any{}}, map[string]any{"session": []any{}}},
	}
}

type describer struct{ schemas map[string]any }

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func (d *describer) operation(op operation) map[string]any {
	out := map[string]any{"operationId": op.id, "summary": op.summary, "responses": d.responses(op)}
	if op.scope != "" {
		out["description"] = "Scope of a token: " + string(op.scope)
	}
	params := []any{}
	for _, m := range pathParameter.FindAllStringSubmatch(op.path, -1) {
		params = append(params, map[string]any{"name": m[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	for _, p := range op.query {
		s := map[string]any{"type": "string"}
		if p.integer {
			s["type"] = "integer"
		}
		if p.enum != nil {
			s["enum"] = p.enum
		}
		params = append(params, map[string]any{"name": p.name, "in": "query", "description": p.doc, "schema": s})
	}
	if op.write() {
		params = append(params, map[string]any{"name": "Idempotency-Key", "in": "header", "schema": map[string]any{"type": "string", "maxLength": 64},
			"description": "A write that is sent again with its key within a day is answered as the first time and not done twice."})
	}
	if len(params) > 0 {
		out["parameters"] = params
	}
	if op.body != nil {
		out["requestBody"] = map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": d.schema(reflect.TypeOf(op.body))}}}
	}
	return out
}

func (d *describer) responses(op operation) map[string]any {
	failure := map[string]any{"description": "A problem (RFC 9457).",
		"content": map[string]any{"application/problem+json": map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/Problem"}}}}
	if op.answer == nil {
		return map[string]any{"204": map[string]any{"description": "Done."}, "default": failure}
	}
	kind := op.kind
	if kind == "" {
		kind = "application/json"
	}
	return map[string]any{
		statusText(op.status): map[string]any{"description": op.summary + ".", "content": map[string]any{kind: map[string]any{"schema": d.schema(reflect.TypeOf(op.answer))}}},
		"default":             failure,
	}
}

func statusText(status int) string {
	if status == 201 {
		return "201"
	}
	return "200"
}

// schema describes a type; structs become components.
func (d *describer) schema(t reflect.Type) map[string]any {
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object"}
	case reflect.Struct:
		if _, done := d.schemas[t.Name()]; !done {
			d.schemas[t.Name()] = nil // a type that has itself inside ends here
			d.schemas[t.Name()] = d.object(t)
		}
		return map[string]any{"$ref": "#/components/schemas/" + t.Name()}
	}
	panic("console: no schema for " + t.String()) // a programmer's mistake in an operation
}

func (d *describer) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []any{}
	d.fields(t, func(name string, optional bool, f reflect.StructField) {
		s := d.schema(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			s["description"] = doc
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			s["enum"] = strings.Split(enum, ",")
		}
		properties[name] = s
		if !optional {
			required = append(required, name)
		}
	})
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// fields walks over what encoding/json writes of a struct.
func (d *describer) fields(t reflect.Type, each func(name string, optional bool, f reflect.StructField)) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			d.fields(f.Type, each)
		case f.IsExported() && name != "-":
			each(name, strings.Contains(options, "omitempty"), f)
		}
	}
}
