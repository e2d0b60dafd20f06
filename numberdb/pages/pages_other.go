//go:build !linux

package pages

// Large does nothing here: the system chooses the size of pages itself.
func Large([]byte) {}
