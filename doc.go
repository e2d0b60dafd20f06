// Package ringward is the root of the module. It holds no code: the program is
// cmd/ringward, the rooms it is made of are described in docs/architecture.md,
// and arch_test.go here holds the code to that description.
package ringward
