package sipmsg_test

// tortureDir holds messages that are not ours to copy; tests that read it are
// skipped where it is not there.
const tortureDir = "../../../shared/torture"
