package people

import "crypto/sha1"

// CodeAt is what an authenticator app shows for a secret.
func CodeAt(secret string, unix int64) string {
	key, _ := base32NoPad.DecodeString(secret)
	return hotp(sha1.New, key, uint64(unix/totpStep), totpDigits)
}

// Exec changes the file behind the store's back.
func (s *Store) Exec(query string, args ...any) error {
	_, err := s.db.Exec(query, args...)
	return err
}
