//go:build !unix

package prom

func cpuSeconds() (float64, bool) { return 0, false }
