#!/usr/bin/env bash
# Runs every fuzz target for the given time (default 5s). A crasher is kept in
# testdata/fuzz of its package and fails the run.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for dir in $(git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | xargs -n1 dirname | sort -u); do
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | awk '{print $2}' | sort -u); do
		# The fuzzer itself gives up now and then when its time runs out on a busy
		# machine, with no input to blame: it gets a second try.
		for try in 1 2; do
			if go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$dir" >"$log" 2>&1; then
				break
			fi
			if [ $try = 2 ] || grep -q 'Failing input written' "$log"; then
				cat "$log" >&2
				exit 1
			fi
		done
		printf '%-28s %-24s %s\n' "$dir" "$target" "$(grep -oE 'execs: [0-9]+' "$log" | tail -1)"
	done
done
