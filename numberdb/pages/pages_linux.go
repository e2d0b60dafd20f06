package pages

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Large asks for large pages under memory that is not written yet.
func Large(b []byte) {
	page := os.Getpagesize()
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (page - 1)
	if skip >= len(b) {
		return
	}
	b = b[skip:]
	if b = b[:len(b)&^(page-1)]; len(b) > 0 {
		_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // the kernel may refuse: nothing is lost
	}
}
