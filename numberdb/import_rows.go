package numberdb

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"ringward/numbering"
)

// rowReader reads rows one by one; the last has err io.EOF.
type rowReader interface{ next() parsedRow }

func newRowReader(in *bufio.Reader, o ImportOptions, names map[string]string) (rowReader, error) {
	if tables[o.Entity] == "" || o.Entity == Appeals {
		return nil, fieldError("table", fmt.Sprintf("%.40q cannot be imported", o.Entity))
	}
	switch o.Format {
	case "csv":
		return newCSVRows(in, o)
	case "jsonl":
		return &jsonRows{in: in, o: o}, nil
	case "vcard":
		return newCardRows(in, o, names)
	}
	return nil, fieldError("format", "has to be csv, jsonl or vcard")
}

// finish brings a read record into its normal form and finds its place.
func finish(line int, rec record, o ImportOptions) parsedRow {
	if err := normalise(rec, o); err != nil {
		return parsedRow{line: line, err: err}
	}
	key, scope, err := rec.place()
	return parsedRow{line: line, rec: rec, key: key, scope: scope, err: err}
}

// normalise brings the numbers of an imported record into canonical form and
// fills in the source.
func normalise(rec record, o ImportOptions) error {
	rec.setID(0)
	switch r := rec.(type) {
	case *Number:
		if r.Source == "" {
			r.Source = o.Source
		}
		return errors.Join(canonical(&r.Number, o), canonical(&r.Callback, o))
	case *Scam:
		if r.Source == "" {
			r.Source = o.Source
		}
		return canonical(&r.Number, o)
	case *Saved:
		return errors.Join(canonical(&r.Number, o), canonical(&r.Line, o))
	case *Line:
		return canonical(&r.Number, o)
	case *Institution:
		return canonical(&r.Hotline, o)
	}
	return nil
}

// canonical reads a number as people write it. Text in canonical form is taken
// as it is; place checks it.
func canonical(s *string, o ImportOptions) error {
	text := strings.TrimSpace(*s)
	if _, err := numbering.CanonicalKey(text); err == nil {
		*s = text
		return nil
	}
	p := numbering.Parse(text, numbering.Options{Country: o.Country})
	if p.Number.IsZero() || p.Class == numbering.Impossible {
		return fieldError("number", fmt.Sprintf("%.40q is no number that can exist (%s); write it like +8613800138000 or CN:95588", text, p.Class))
	}
	*s = p.Number.String()
	return nil
}

// jsonRows reads JSON Lines: one record a line, as export writes them.
type jsonRows struct {
	in   *bufio.Reader
	o    ImportOptions
	line int
}

func (j *jsonRows) next() parsedRow {
	for {
		text, err := readLine(j.in)
		if err == io.EOF || isBroken(err) {
			return parsedRow{err: err}
		}
		j.line++
		if err != nil {
			return parsedRow{line: j.line, err: fmt.Errorf("%w: %v", ErrInvalid, err)}
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		rec, err := newRecord(j.o.Entity)
		if err != nil {
			return parsedRow{line: j.line, err: err}
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(rec); err != nil {
			return parsedRow{line: j.line, err: fmt.Errorf("%w: %v", ErrInvalid, err)}
		}
		return finish(j.line, rec, j.o)
	}
}

// brokenInput is an input that could not be read further; unlike a bad row it
// ends the import.
type brokenInput struct{ err error }

func (b brokenInput) Error() string { return "read input: " + b.err.Error() }
func (b brokenInput) Unwrap() error { return b.err }

func isBroken(err error) bool {
	var b brokenInput
	return errors.As(err, &b)
}

// readLine reads one line. One longer than maxImportLine is skipped whole and
// is an error.
func readLine(in *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(long)+len(part) > maxImportLine {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			return nil, fmt.Errorf("line is longer than %d bytes", maxImportLine)
		}
		switch {
		case err == nil && long == nil:
			return part, nil
		case errors.Is(err, bufio.ErrBufferFull):
			long = append(long, part...)
			continue
		case err == io.EOF && len(long)+len(part) == 0:
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, brokenInput{err}
		}
		return append(long, part...), nil
	}
}

// csvRows reads CSV with a header line that names the fields as JSON does. A
// record is one line (no field of ours has line breaks), so that a stray quote
// spoils one row and not the rest of the file.
type csvRows struct {
	in     *bufio.Reader
	o      ImportOptions
	fields []string
	line   int
	cells  []string
}

func newCSVRows(in *bufio.Reader, o ImportOptions) (*csvRows, error) {
	if bom, _ := in.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // three bytes that Peek has just seen
	}
	c := &csvRows{in: in, o: o}
	header, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("%w: the first line has to name the columns: %v", ErrInvalid, err)
	}
	rec, err := newRecord(o.Entity)
	if err != nil {
		return nil, err
	}
	for _, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !c.ignored(name) {
			if err := setField(rec, name, ""); err != nil {
				return nil, fmt.Errorf("%w; the columns are %s", err, strings.Join(csvColumns[o.Entity], ", "))
			}
		}
		c.fields = append(c.fields, name)
	}
	return c, nil
}

// read returns the cells of the next line that is not empty.
func (c *csvRows) read() ([]string, error) {
	for {
		line, err := readLine(c.in)
		if err == io.EOF || isBroken(err) {
			return nil, err
		}
		c.line++
		if err != nil {
			return nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		if bytes.IndexByte(line, '"') >= 0 {
			r := csv.NewReader(bytes.NewReader(line))
			r.FieldsPerRecord = -1
			return r.Read()
		}
		c.cells = c.cells[:0]
		for text := string(line); ; {
			cell, rest, more := strings.Cut(text, ",")
			c.cells = append(c.cells, cell)
			if !more {
				return c.cells, nil
			}
			text = rest
		}
	}
}

// ignored reports whether a column is for people only.
func (c *csvRows) ignored(name string) bool {
	return name == "" || slices.Contains(reviewFields, name) || name == "id" && c.o.Entity != Institutions
}

// reviewFields are exported for people to read and ignored when they come back.
var reviewFields = []string{"status", "proposed_by", "verified_by"}

func (c *csvRows) next() parsedRow {
	cells, err := c.read()
	if err == io.EOF || isBroken(err) {
		return parsedRow{err: err}
	}
	if err == nil && len(cells) > len(c.fields) {
		err = fmt.Errorf("the row has %d columns, the header has %d", len(cells), len(c.fields))
	}
	if err != nil {
		return parsedRow{line: c.line, err: fmt.Errorf("%w: %v", ErrInvalid, err)}
	}
	rec, err := newRecord(c.o.Entity)
	if err != nil {
		return parsedRow{line: c.line, err: err}
	}
	for i, cell := range cells {
		if cell == "" || c.ignored(c.fields[i]) {
			continue
		}
		if err := setField(rec, c.fields[i], unescapeCell(cell)); err != nil {
			return parsedRow{line: c.line, err: err}
		}
	}
	return finish(c.line, rec, c.o)
}

// setField sets a field by its name; "" only asks whether there is one.
func setField(rec record, name, value string) error {
	p := field(rec, name)
	switch p := p.(type) {
	case *string:
		*p = value
	case *[]string:
		if value != "" {
			*p = strings.Split(value, ";")
		}
	case *int:
		if value == "" {
			return nil
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return fieldError(name, fmt.Sprintf("%.20q has to be a whole number", value))
		}
		*p = n
	case *bool:
		if value == "" {
			return nil
		}
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fieldError(name, fmt.Sprintf("%.20q has to be true or false", value))
		}
		*p = b
	case *json.RawMessage:
		*p = json.RawMessage(value)
	default:
		return fieldError("column", fmt.Sprintf("%.40q is not known", name))
	}
	return nil
}
