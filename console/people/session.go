package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/netip"
	"time"
)

// touchEvery bounds how often a session's last use is written.
const touchEvery = 30 * time.Second

// Login checks name, password and, for a user who has one, the code of the
// second factor, and begins a session. The answer and its time are the same
// for a name that does not exist. It returns the session's secret.
func (s *Store) Login(ctx context.Context, name, password, code string, from netip.Addr) (session string, err error) {
	now := s.opts.Now()
	if !s.throttle.begin(from, now) {
		return "", ErrThrottled
	}
	var phc, totp string
	var step int64
	err = s.db.QueryRowContext(ctx, "SELECT password, totp, step FROM users WHERE name = ? AND disabled = 0", name).Scan(&phc, &totp, &step)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	right, err := s.rightPassword(ctx, phc, password)
	if err != nil {
		return "", err
	}
	if totp != "" {
		var ok bool
		step, ok = totpStepOf(totp, code, now, step)
		right = right && ok
	}
	if !right {
		return "", ErrRefused
	}
	session, err = s.begin(ctx, name, totp, step, from)
	if err == nil {
		s.throttle.succeeded(from)
	}
	return session, err
}

// begin writes the session and, in the same transaction, that a code is used
// up: of two who come with one code at once, one is refused.
func (s *Store) begin(ctx context.Context, name, totp string, step int64, from netip.Addr) (string, error) {
	text, hash := secret()
	return text, s.inTx(ctx, func(tx *sql.Tx) error {
		if totp != "" {
			if err := oneRow(tx.Exec("UPDATE users SET step = ? WHERE name = ? AND step < ?", step, name, step)); err != nil {
				return ErrRefused
			}
		}
		_, err := tx.Exec("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", hash, name, s.now(), s.now(), from.String())
		return err
	})
}

// Session finds who a session belongs to. touch says that a person did
// something: it moves the idle limit; a page that only watches does not.
func (s *Store) Session(ctx context.Context, session string, touch bool) (Reader, error) {
	return s.sessionByHash(ctx, hashOf(session), touch)
}

func (s *Store) sessionByHash(ctx context.Context, hash string, touch bool) (Reader, error) {
	var r Reader
	var role, lines string
	var created, seen int64
	row := s.db.QueryRowContext(ctx, `SELECT u.name, u.role, u.lines, u.lang, s.created, s.seen FROM sessions s JOIN users u ON u.name = s.user
		WHERE s.hash = ? AND u.disabled = 0`, hash)
	if err := row.Scan(&r.User, &role, &lines, &r.Lang, &created, &seen); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		return Reader{}, err
	}
	now := s.opts.Now()
	if now.Sub(time.UnixMilli(seen)) >= s.opts.Idle || now.Sub(time.UnixMilli(created)) >= s.opts.Absolute {
		return Reader{}, ErrNotFound
	}
	r.Role, r.Session = Role(role), hash
	if err := json.Unmarshal([]byte(lines), &r.Lines); err != nil {
		return Reader{}, err
	}
	if touch && now.Sub(time.UnixMilli(seen)) >= touchEvery {
		if _, err := s.db.ExecContext(ctx, "UPDATE sessions SET seen = ? WHERE hash = ?", now.UnixMilli(), hash); err != nil {
			return Reader{}, err
		}
	}
	return r, nil
}

// Still reports whether a reader's session or token is still good, and his
// rights unchanged; long answers ask it now and then.
func (s *Store) Still(ctx context.Context, r Reader) bool {
	if r.Token != 0 {
		now, err := s.tokenByID(ctx, r.Token)
		return err == nil && sameReach(now, r)
	}
	now, err := s.sessionByHash(ctx, r.Session, false)
	return err == nil && sameReach(now, r)
}

func sameReach(a, b Reader) bool {
	if a.Role != b.Role || len(a.Lines) != len(b.Lines) {
		return false
	}
	for i := range a.Lines {
		if a.Lines[i] != b.Lines[i] {
			return false
		}
	}
	return true
}

// Logout ends a session.
func (s *Store) Logout(ctx context.Context, session string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM sessions WHERE hash = ?", hashOf(session))
	return err
}

// LogoutOthers ends every session of the reader but his own, and returns how many.
func (s *Store) LogoutOthers(ctx context.Context, r Reader) (int64, error) {
	res, err := s.db.ExecContext(ctx, "DELETE FROM sessions WHERE user = ? AND hash <> ?", r.User, r.Session)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
