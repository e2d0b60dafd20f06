package people

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// LinkLife is how long a one-time link can be used.
const LinkLife = 24 * time.Hour

// FirstOperator is the name of the user that the first start makes.
const FirstOperator = "operator"

// Begin returns the one-time link of the first operator while no operator has
// chosen a password yet, and "" afterwards. Each call makes a new link; the
// one before it ends.
func (s *Store) Begin(ctx context.Context) (link string, err error) {
	var ready int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM users WHERE role = ? AND disabled = 0 AND password <> ''", string(Operator)).Scan(&ready); err != nil {
		return "", err
	}
	if ready > 0 {
		return "", nil
	}
	link, err = s.Add(ctx, User{Name: FirstOperator, Role: Operator, Lang: "zh-CN"})
	if errors.Is(err, ErrTaken) {
		return s.Link(ctx, FirstOperator)
	}
	return link, err
}

// Link makes a one-time link for a user to choose a new password; his old
// password and second factor go on to hold until it is used.
func (s *Store) Link(ctx context.Context, user string) (link string, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM users WHERE name = ? AND disabled = 0", user).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		link, err = s.newLink(tx, user)
		return err
	})
	return link, err
}

func (s *Store) newLink(tx *sql.Tx, user string) (string, error) {
	if _, err := tx.Exec("DELETE FROM links WHERE user = ?", user); err != nil {
		return "", err
	}
	text, hash := secret()
	_, err := tx.Exec("INSERT INTO links VALUES (?, ?, ?)", hash, user, s.opts.Now().Add(LinkLife).UnixMilli())
	return text, err
}

// LinkUser says whose link it is; ErrNotFound when it was used or has expired.
func (s *Store) LinkUser(ctx context.Context, link string) (string, error) {
	var user string
	err := s.db.QueryRowContext(ctx, "SELECT user FROM links WHERE hash = ? AND expires > ?", hashOf(link), s.now()).Scan(&user)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	return user, err
}

// UseLink sets the password of the link's user, takes his second factor away
// and ends his sessions. The link is used up.
func (s *Store) UseLink(ctx context.Context, link, password string) (user string, err error) {
	if user, err = s.LinkUser(ctx, link); err != nil {
		return "", err
	}
	if err := checkPassword(user, password); err != nil {
		return "", err
	}
	phc, err := s.hashPassword(ctx, password)
	if err != nil {
		return "", err
	}
	return user, s.inTx(ctx, func(tx *sql.Tx) error {
		// Of two who use it at once only one finds it.
		if err := oneRow(tx.Exec("DELETE FROM links WHERE hash = ?", hashOf(link))); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE users SET password = ?, totp = '', pending = '', step = 0 WHERE name = ?", phc, user); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM sessions WHERE user = ?", user)
		return err
	})
}
