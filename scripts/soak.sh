#!/bin/sh
# 100,000 calls of every kind through the gateway on this machine, some hundred
# at a time, over real UDP: heap and goroutines must stay flat. About ten
# minutes. Takes a number of calls instead of 100000.
set -eu
cd "$(dirname "$0")/.."
RINGWARD_SOAK_CALLS="${1:-100000}" exec go test ./gateway -run '^TestSoak$' -count=1 -v -timeout 60m
