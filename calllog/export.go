package calllog

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// minHashKey is the least length of a key for hashed exports: telephone numbers are few enough to be tried out, so that
// a guessable key would hide nothing.
const minHashKey = 16

// Export writes the calls that a filter selects as one JSON document a line, the latest first; its Limit and Cursor are
// not used. With a key (16 octets or more) every number is replaced by its HMAC-SHA256 under the key: the same number
// gives the same text, so that calls can still be counted by caller. Whatever may hold a number in clear (the caller's
// name, the number as signalled, the texts of the reasons and the details of events) is then left out. It returns how
// many calls were written.
func (l *Log) Export(ctx context.Context, w io.Writer, f Filter, key []byte) (int, error) {
	if key != nil && len(key) < minHashKey {
		return 0, fmt.Errorf("export calls: the key has %d octets, want %d or more", len(key), minHashKey)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	n := 0
	f.Limit, f.Cursor = MaxLimit, ""
	for {
		page, err := l.List(ctx, f)
		if err != nil {
			return n, err
		}
		for _, s := range page.Calls {
			r, err := l.Get(ctx, s.ID)
			if errors.Is(err, ErrNotFound) {
				continue // pruned meanwhile
			}
			if err != nil {
				return n, err
			}
			if key != nil {
				r = r.hashed(key)
			}
			if err := out.Encode(r); err != nil {
				return n, fmt.Errorf("export calls: %w", err)
			}
			n++
		}
		if page.Next == "" {
			return n, nil
		}
		f.Cursor = page.Next
	}
}

// hashed is the record without anything that names a person.
func (r Record) hashed(key []byte) Record {
	r.Line, r.Caller, r.Called = hash(key, r.Line), hash(key, r.Caller), hash(key, r.Called)
	r.CallerName, r.CallerRaw = "", ""
	r.Reasons = rulesOnly(r.Reasons)
	r.Events = slices.Clone(r.Events)
	for i := range r.Events {
		r.Events[i].Detail = ""
		r.Events[i].Reasons = rulesOnly(r.Events[i].Reasons)
	}
	return r
}

func rulesOnly(in []Reason) []Reason {
	out := make([]Reason, len(in))
	for i, reason := range in {
		out[i].Rule = reason.Rule
	}
	return out
}

// hash is the first 128 bits of the HMAC, in hex; "" stays "".
func hash(key []byte, number string) string {
	if number == "" {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(number))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
