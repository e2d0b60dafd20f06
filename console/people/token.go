package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Token is a program's key to a part of its owner's rights.
type Token struct {
	ID      int64
	User    string
	Name    string
	Scopes  []Scope
	Created time.Time
	Used    time.Time // zero: never
	Expires time.Time
}

// TokenPrefix begins every token, so that one in the wrong place is recognised.
const TokenPrefix = "rw_"

// MaxTokenLife is the longest life of a token.
const MaxTokenLife = 366 * 24 * time.Hour

const maxTokens = 50 // of one user

// AddToken makes a token of the reader and returns its text, which is shown
// once and not kept.
func (s *Store) AddToken(ctx context.Context, r Reader, name string, scopes []Scope, life time.Duration) (string, error) {
	switch {
	case !r.Can(Tokens) || r.Token != 0:
		return "", fmt.Errorf("%w: this user makes no tokens", ErrInvalid)
	case strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > 60 || !utf8.ValidString(name):
		return "", fmt.Errorf("%w: a token has a name of 1 to 60 characters", ErrInvalid)
	case len(scopes) == 0:
		return "", fmt.Errorf("%w: a token needs a scope", ErrInvalid)
	case life <= 0 || life > MaxTokenLife:
		return "", fmt.Errorf("%w: a token lives a day to a year", ErrInvalid)
	}
	for _, sc := range scopes {
		if !slices.Contains(Scopes(), sc) || !r.Can(sc.Needs()) {
			return "", fmt.Errorf("%w: scope %q is not yours to give", ErrInvalid, sc)
		}
	}
	list, _ := json.Marshal(slices.Compact(slices.Sorted(slices.Values(scopes))))
	text, _ := secret()
	text = TokenPrefix + text
	return text, s.inTx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM tokens WHERE user = ?", r.User).Scan(&n); err != nil {
			return err
		}
		if n >= maxTokens {
			return fmt.Errorf("%w: there are %d tokens already; delete one first", ErrInvalid, n)
		}
		_, err := tx.Exec("INSERT INTO tokens (hash, user, name, scopes, created, used, expires) VALUES (?, ?, ?, ?, ?, 0, ?)",
			hashOf(text), r.User, strings.TrimSpace(name), string(list), s.now(), s.opts.Now().Add(life).UnixMilli())
		return err
	})
}

// DeleteToken ends one of the user's tokens.
func (s *Store) DeleteToken(ctx context.Context, user string, id int64) error {
	return oneRow(s.db.ExecContext(ctx, "DELETE FROM tokens WHERE id = ? AND user = ?", id, user))
}

// TokensOf lists a user's tokens.
func (s *Store) TokensOf(ctx context.Context, user string) ([]Token, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, user, name, scopes, created, used, expires FROM tokens WHERE user = ? ORDER BY id", user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Token
	for rows.Next() {
		var t Token
		var scopes string
		var created, used, expires int64
		if err := rows.Scan(&t.ID, &t.User, &t.Name, &scopes, &created, &used, &expires); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(scopes), &t.Scopes); err != nil {
			return nil, err
		}
		t.Created, t.Expires = time.UnixMilli(created), time.UnixMilli(expires)
		if used > 0 {
			t.Used = time.UnixMilli(used)
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// Token finds who a token speaks for.
func (s *Store) Token(ctx context.Context, token string) (Reader, error) {
	if !strings.HasPrefix(token, TokenPrefix) {
		return Reader{}, ErrNotFound
	}
	return s.token(ctx, "t.hash = ?", hashOf(token))
}

func (s *Store) tokenByID(ctx context.Context, id int64) (Reader, error) {
	return s.token(ctx, "t.id = ?", id)
}

func (s *Store) token(ctx context.Context, where string, arg any) (Reader, error) {
	var r Reader
	var role, lines, scopes string
	var used int64
	row := s.db.QueryRowContext(ctx, `SELECT t.id, t.scopes, t.used, u.name, u.role, u.lines, u.lang FROM tokens t JOIN users u ON u.name = t.user
		WHERE u.disabled = 0 AND t.expires > ? AND `+where, s.now(), arg)
	if err := row.Scan(&r.Token, &scopes, &used, &r.User, &role, &lines, &r.Lang); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		return Reader{}, err
	}
	r.Role = Role(role)
	if err := errors.Join(json.Unmarshal([]byte(lines), &r.Lines), json.Unmarshal([]byte(scopes), &r.scopes)); err != nil {
		return Reader{}, err
	}
	if now := s.now(); now-used >= touchEvery.Milliseconds() {
		if _, err := s.db.ExecContext(ctx, "UPDATE tokens SET used = ? WHERE id = ?", now, r.Token); err != nil {
			return Reader{}, err
		}
	}
	return r, nil
}
