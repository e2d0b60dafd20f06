package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of a password's hash: argon2id with 19 MiB, two passes, one lane (RFC
// 9106 §4 allows trading memory for passes; these are OWASP's figures).
const (
	argonTime   = 2
	argonMemory = 19 << 10 // KiB
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// MinPassword is the least number of characters of a password, MaxPassword the
// most octets that are looked at.
const (
	MinPassword = 10
	MaxPassword = 256
)

// checkPassword says what is wrong with a password that somebody chose.
func checkPassword(user, password string) error {
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		return fmt.Errorf("%w: a password has %d characters or more", ErrInvalid, MinPassword)
	case len(password) > MaxPassword:
		return fmt.Errorf("%w: a password has no more than %d octets", ErrInvalid, MaxPassword)
	case strings.Contains(strings.ToLower(password), strings.ToLower(user)):
		return fmt.Errorf("%w: the password contains the user's name", ErrInvalid)
	case strings.Count(password, password[:1]) == len(password):
		return fmt.Errorf("%w: the password is one character repeated", ErrInvalid)
	}
	return nil
}

// hashPassword returns the PHC string of a new password.
func (s *Store) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	key, err := s.argon(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// argon hashes; only a few do at once, so that guessing cannot fill the memory.
func (s *Store) argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey), nil
}

// rightPassword compares in constant time. A user without a password, or none
// at all (phc ""), costs the same and is always wrong.
func (s *Store) rightPassword(ctx context.Context, phc, password string) (bool, error) {
	salt, want := make([]byte, argonSalt), make([]byte, argonKey)
	parts := strings.Split(phc, "$")
	known := len(parts) == 6 && parts[1] == "argon2id"
	if known {
		var err1, err2 error
		salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
		want, err2 = base64.RawStdEncoding.DecodeString(parts[5])
		known = err1 == nil && err2 == nil && len(want) == argonKey &&
			parts[3] == fmt.Sprintf("m=%d,t=%d,p=%d", argonMemory, argonTime, argonLanes)
	}
	if len(password) > MaxPassword {
		password, known = password[:MaxPassword], false
	}
	got, err := s.argon(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}
