package calllog_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ringward/calllog"
)

// TestFullFileSystem fills a file system of 512 KiB, which only root may mount.
func TestFullFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("no small file system on %s: %v (TestFullDisk limits the file instead)", dir, err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		l := open(t, calllog.Options{Path: filepath.Join(dir, "calls.db")})
		go l.Run(t.Context())
		for i := range 2000 {
			if !l.Keep(sample(i)) {
				t.Fatal("dropped although the buffer has room")
			}
		}
		synctest.Wait()
		if c := l.Counters(); c.Failing == nil || c.Waiting == 0 || c.Written == 0 || c.Dropped != 0 {
			t.Errorf("full: got %+v", c)
		}
		if p, err := l.List(t.Context(), calllog.Filter{}); err != nil || len(p.Calls) == 0 {
			t.Errorf("full: cannot be read: %v", err)
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := l.Counters(); c.Failing != nil || c.Written != 2000 || c.Waiting != 0 {
			t.Errorf("room again: got %+v", c)
		}
		shut(t, l)
	})
}
