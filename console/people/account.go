package people

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
)

// ChangePassword sets a new password after checking the old one, and ends the
// user's other sessions.
func (s *Store) ChangePassword(ctx context.Context, r Reader, old, password string, from netip.Addr) error {
	if err := s.confirm(ctx, r.User, old, from); err != nil {
		return err
	}
	if err := checkPassword(r.User, password); err != nil {
		return err
	}
	phc, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := oneRow(tx.Exec("UPDATE users SET password = ? WHERE name = ?", phc, r.User)); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM sessions WHERE user = ? AND hash <> ?", r.User, r.Session)
		return err
	})
}

// confirm asks for the password once more, under the same limit as a login.
func (s *Store) confirm(ctx context.Context, user, password string, from netip.Addr) error {
	if !s.throttle.begin(from, s.opts.Now()) {
		return ErrThrottled
	}
	var phc string
	if err := s.db.QueryRowContext(ctx, "SELECT password FROM users WHERE name = ?", user).Scan(&phc); err != nil {
		return err
	}
	right, err := s.rightPassword(ctx, phc, password)
	if err != nil {
		return err
	}
	if !right {
		return ErrRefused
	}
	s.throttle.succeeded(from)
	return nil
}

// ProposeTOTP makes a secret that counts once ConfirmTOTP has seen a code of it.
func (s *Store) ProposeTOTP(ctx context.Context, user string) (secret string, err error) {
	secret = newTOTPSecret()
	return secret, oneRow(s.db.ExecContext(ctx, "UPDATE users SET pending = ? WHERE name = ?", secret, user))
}

// PendingTOTP is the secret that waits for its first code, "" if none does.
func (s *Store) PendingTOTP(ctx context.Context, user string) (string, error) {
	var p string
	err := s.db.QueryRowContext(ctx, "SELECT pending FROM users WHERE name = ?", user).Scan(&p)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	return p, err
}

// ConfirmTOTP makes the proposed secret the user's second factor if code is
// one of its codes.
func (s *Store) ConfirmTOTP(ctx context.Context, user, code string, from netip.Addr) error {
	now := s.opts.Now()
	if !s.throttle.begin(from, now) {
		return ErrThrottled
	}
	pending, err := s.PendingTOTP(ctx, user)
	if err != nil {
		return err
	}
	step, ok := totpStepOf(pending, code, now, 0)
	if !ok {
		return ErrRefused
	}
	s.throttle.succeeded(from)
	return oneRow(s.db.ExecContext(ctx, "UPDATE users SET totp = pending, pending = '', step = ? WHERE name = ? AND pending = ?", step, user, pending))
}

// DropTOTP takes the second factor away after asking for the password.
func (s *Store) DropTOTP(ctx context.Context, user, password string, from netip.Addr) error {
	if err := s.confirm(ctx, user, password, from); err != nil {
		return err
	}
	return oneRow(s.db.ExecContext(ctx, "UPDATE users SET totp = '', pending = '', step = 0 WHERE name = ?", user))
}
