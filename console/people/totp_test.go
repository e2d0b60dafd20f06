package people

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"testing"
	"time"
)

// TestTOTPVectors holds the code against RFC 6238 Appendix B (with the seeds
// of its reference implementation, which differ by hash).
func TestTOTPVectors(t *testing.T) {
	seed := "1234567890123456789012345678901234567890123456789012345678901234"
	for _, v := range []struct {
		at                   int64
		sha1, sha256, sha512 string
	}{
		{59, "94287082", "46119246", "90693936"},
		{1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"},
		{1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"},
		{20000000000, "65353130", "77737706", "47863826"},
	} {
		for _, h := range []struct {
			name string
			hash func() hash.Hash
			key  int
			want string
		}{{"sha1", sha1.New, 20, v.sha1}, {"sha256", sha256.New, 32, v.sha256}, {"sha512", sha512.New, 64, v.sha512}} {
			if got := hotp(h.hash, []byte(seed[:h.key]), uint64(v.at/totpStep), 8); got != h.want {
				t.Errorf("%s at %d: got %s, want %s", h.name, v.at, got, h.want)
			}
		}
	}
}

// TestHOTPVectors: RFC 4226 Appendix D.
func TestHOTPVectors(t *testing.T) {
	for i, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := hotp(sha1.New, []byte("12345678901234567890"), uint64(i), 6); got != want {
			t.Errorf("counter %d: got %s, want %s", i, got, want)
		}
	}
}

func TestTOTPCountsOnceAndBearsSkew(t *testing.T) {
	secret := base32NoPad.EncodeToString([]byte("12345678901234567890"))
	now := time.Unix(1111111109, 0)
	code := hotp(sha1.New, []byte("12345678901234567890"), uint64(now.Unix()/totpStep), totpDigits)
	step, ok := totpStepOf(secret, code, now, 0)
	if !ok {
		t.Fatal("the right code is refused")
	}
	if _, ok := totpStepOf(secret, code, now, step); ok {
		t.Error("a code counts twice")
	}
	for off, want := range map[time.Duration]bool{-30 * time.Second: true, 30 * time.Second: true, 90 * time.Second: false, -90 * time.Second: false} {
		if _, ok := totpStepOf(secret, code, now.Add(off), 0); ok != want {
			t.Errorf("clock off by %v: got %v, want %v", off, ok, want)
		}
	}
	for _, bad := range []string{"", "00000", "0000000", "abcdef"} {
		if _, ok := totpStepOf(secret, bad, now, 0); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}
