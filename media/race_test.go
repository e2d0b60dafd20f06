//go:build race

package media

// raced: the race detector allocates by itself.
const raced = true
