//go:build race

package fingerprint_test

const raced = true
