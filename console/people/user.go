package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// User is one who may log in.
type User struct {
	Name     string
	Role     Role
	Lines    []string // ids of the lines that a merchant owns
	Lang     string   // zh-CN or en
	Ready    bool     // has chosen a password
	TOTP     bool     // logs in with a second factor
	Disabled bool
	Created  time.Time
}

// nameForm keeps names that can be told apart by the eye and typed anywhere.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,63}$`)

const maxUserLines = 500 // as many as a list of calls can be asked for

func (u User) check() error {
	switch {
	case !nameForm.MatchString(u.Name):
		return fmt.Errorf("%w: a name has 2 to 64 of a-z, 0-9, dot, hyphen, underscore and @", ErrInvalid)
	case !u.Role.Valid():
		return fmt.Errorf("%w: there is no role %q", ErrInvalid, u.Role)
	case u.Lang != "zh-CN" && u.Lang != "en":
		return fmt.Errorf("%w: languages are zh-CN and en", ErrInvalid)
	case len(u.Lines) > maxUserLines:
		return fmt.Errorf("%w: a user has no more than %d lines", ErrInvalid, maxUserLines)
	case slices.Contains(u.Lines, ""):
		return fmt.Errorf("%w: a line without an id", ErrInvalid)
	}
	return nil
}

// Add makes a user without a password and returns the text of the one-time
// link by which he chooses one.
func (s *Store) Add(ctx context.Context, u User) (link string, err error) {
	if err := u.check(); err != nil {
		return "", err
	}
	lines, _ := json.Marshal(slices.Compact(slices.Sorted(slices.Values(u.Lines))))
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM users WHERE name = ?", u.Name).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrTaken
		}
		_, err := tx.Exec("INSERT INTO users VALUES (?, ?, ?, ?, '', '', '', 0, 0, ?)", u.Name, string(u.Role), string(lines), u.Lang, s.now())
		if err == nil {
			link, err = s.newLink(tx, u.Name)
		}
		return err
	})
	return link, err
}

// Update changes role, lines, language and whether the user is disabled. A
// change of rights ends his sessions; disabling ends his tokens' use as well.
func (s *Store) Update(ctx context.Context, u User) error {
	if err := u.check(); err != nil {
		return err
	}
	lines, _ := json.Marshal(slices.Compact(slices.Sorted(slices.Values(u.Lines))))
	return s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE users SET role = ?, lines = ?, lang = ?, disabled = ? WHERE name = ?", string(u.Role), string(lines), u.Lang, u.Disabled, u.Name)
		if err := oneRow(res, err); err != nil {
			return err
		}
		if err := keepsOperator(tx); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM sessions WHERE user = ?", u.Name)
		return err
	})
}

// keepsOperator refuses a change after which nobody could manage users.
func keepsOperator(tx *sql.Tx) error {
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM users WHERE role = ? AND disabled = 0", string(Operator)).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return ErrLastOperator
	}
	return nil
}

func oneRow(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNotFound
	}
	return nil
}

// SetLang changes the language of a user's pages.
func (s *Store) SetLang(ctx context.Context, user, lang string) error {
	if lang != "zh-CN" && lang != "en" {
		return fmt.Errorf("%w: languages are zh-CN and en", ErrInvalid)
	}
	return oneRow(s.db.ExecContext(ctx, "UPDATE users SET lang = ? WHERE name = ?", lang, user))
}

const userColumns = "name, role, lines, lang, password <> '', totp <> '', disabled, created"

func scanUser(row interface{ Scan(...any) error }) (User, error) {
	var u User
	var role, lines string
	var created int64
	err := row.Scan(&u.Name, &role, &lines, &u.Lang, &u.Ready, &u.TOTP, &u.Disabled, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return u, ErrNotFound
	}
	if err != nil {
		return u, err
	}
	u.Role, u.Created = Role(role), time.UnixMilli(created)
	return u, json.Unmarshal([]byte(lines), &u.Lines)
}

// User returns one user.
func (s *Store) User(ctx context.Context, name string) (User, error) {
	return scanUser(s.db.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users WHERE name = ?", name))
}

// Users returns all users by name.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+userColumns+" FROM users ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []User
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, rows.Err()
}
