//go:build !unix

package main

import "os"

// terminalWidth is not known here: tables are printed as wide as they are.
func terminalWidth(*os.File) int { return 0 }
