package main

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
	"time"

	"ringward/calllog"
	"ringward/cmd/ringward/config"
)

// readCalls reads a list of calls: JSON Lines if it begins with a brace, else
// CSV with a line that names the columns. Rows that do not read are returned as
// texts.
func readCalls(in io.Reader, usual screenCall) (calls []screenCall, bad []string, err error) {
	br := bufio.NewReaderSize(in, 1<<16)
	if bom, _ := br.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = br.Discard(3) // three bytes that Peek has just seen
	}
	first, err := br.Peek(1)
	if err != nil {
		return nil, nil, errors.New("the list of calls is empty")
	}
	next := jsonCalls(br)
	if first[0] != '{' {
		if next, err = csvCalls(br); err != nil {
			return nil, nil, err
		}
	}
	bad = []string{}
	for line := 1; len(calls) < maxReplay; line++ {
		c, err := next()
		if err == io.EOF {
			return calls, bad, nil
		}
		if errors.Is(err, bufio.ErrTooLong) {
			return calls, bad, fmt.Errorf("row %d: %w", line, err)
		}
		if err == nil && c.Caller == "" {
			err = errors.New("there is no caller")
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("row %d: %v", line, err))
			continue
		}
		c.Line, c.Name, c.Trunk = orElse(c.Line, usual.Line), orElse(c.Name, usual.Name), orElse(c.Trunk, usual.Trunk)
		calls = append(calls, c)
	}
	return calls, append(bad, fmt.Sprintf("everything after %d calls", maxReplay)), nil
}

// callColumns are the columns of a list of calls, with other names for them.
var callColumns = map[string]string{"caller": "caller", "number": "caller", "from": "caller", "line": "line", "called": "line", "to": "line",
	"name": "name", "caller_name": "name", "display": "name", "trunk": "trunk", "at": "at", "start": "at", "time": "at", "level": "level", "action": "action"}

func csvCalls(in io.Reader) (func() (screenCall, error), error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the first line has to name the columns: %w", err)
	}
	for i := range head {
		head[i] = callColumns[strings.ToLower(strings.TrimSpace(head[i]))]
	}
	if !slices.Contains(head, "caller") {
		return nil, errors.New("the first line has to name the columns, caller among them (caller,line,name,trunk,at,level,action)")
	}
	return func() (screenCall, error) {
		cells, err := r.Read()
		if err != nil {
			return screenCall{}, err
		}
		var c screenCall
		for i, cell := range cells[:min(len(cells), len(head))] {
			if err := c.set(head[i], strings.TrimSpace(cell)); err != nil {
				return c, err
			}
		}
		return c, nil
	}, nil
}

func (c *screenCall) set(column, v string) (err error) {
	switch column {
	case "caller":
		c.Caller = v
	case "line":
		c.Line = v
	case "name":
		c.Name = v
	case "trunk":
		c.Trunk = v
	case "at":
		if v != "" {
			c.At, err = parseMoment(v, time.Now())
		}
	case "level":
		c.Level = v
	case "action":
		c.Action = v
	}
	return err
}

// jsonCalls reads JSON Lines: rows like those of CSV, or records of calls.
func jsonCalls(in io.Reader) func() (screenCall, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	return func() (screenCall, error) {
		for lines.Scan() {
			if len(bytes.TrimSpace(lines.Bytes())) > 0 {
				return jsonCall(lines.Bytes())
			}
		}
		if err := lines.Err(); err != nil {
			return screenCall{}, err
		}
		return screenCall{}, io.EOF
	}
}

func jsonCall(line []byte) (screenCall, error) {
	var keys map[string]any
	if err := json.Unmarshal(line, &keys); err != nil {
		return screenCall{}, err
	}
	if _, ok := keys["index_version"]; ok || keys["caller_raw"] != nil {
		var r calllog.Record
		if err := json.Unmarshal(line, &r); err != nil {
			return screenCall{}, err
		}
		return pastCall(r), nil
	}
	var c screenCall
	for k, v := range keys {
		text, ok := v.(string)
		if n, isNumber := v.(float64); isNumber {
			text, ok = strconv.FormatFloat(n, 'f', -1, 64), true
		}
		if column := callColumns[k]; ok && column != "" {
			if err := c.set(column, text); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// trunkOf is the trunk that a call came in on; an unknown one has no settings.
func (s *screener) trunkOf(c screenCall) config.Trunk {
	t, _ := trunkNamed(s.cfg, c.Trunk)
	return t
}
