#!/usr/bin/env bash
# Every check of the project, in the order of their cost. Ends non-zero when
# anything is wrong; a test that skipped because a tool is not installed is wrong
# too (scripts/install-test-tools.sh installs them).
#   FUZZTIME  how long each fuzz target runs (default 2s; nightly 600s)
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "== gofmt"
bad=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$bad" ]; then
	echo "gofmt would change:" >&2
	echo "$bad" >&2
	exit 1
fi
echo "== go vet"
go vet ./...
echo "== staticcheck"
go tool staticcheck ./...
echo "== the pure Go build on every platform we promise"
for p in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64; do
	CGO_ENABLED=0 GOOS=${p%/*} GOARCH=${p#*/} go build -o /dev/null ./cmd/ringward
done
echo "== go test -race"
if ! go test -race -shuffle=on -timeout 14m -v ./... >"$log" 2>&1; then
	grep -vE '^(=== |--- PASS|--- SKIP|\s+--- PASS|PASS$)' "$log" >&2 || true
	exit 1
fi
grep -E '^(ok|FAIL|\?)\s' "$log"
if grep -E '^\s+[a-z0-9_]+_test\.go:[0-9]+: .*(not installed|in (the )?PATH|no python3)' "$log"; then
	echo "make test: the tests above skipped for want of a tool; see scripts/install-test-tools.sh" >&2
	exit 1
fi
echo "skipped for other reasons: $(grep -cE '^\s*--- SKIP' "$log" || true)"
if compgen -G '../shared/models/*/tokens.txt' >/dev/null && command -v cc >/dev/null; then
	echo "== speech with the small Mandarin model (cgo, tag sherpa)"
	go test -tags sherpa -count=1 ./speech/engine/native ./speech
else
	echo "== no speech model in ../shared/models or no C compiler: the tests of tag sherpa are left out"
fi
echo "== fuzz targets, a little of each"
./scripts/fuzz.sh "${FUZZTIME:-2s}"
echo "$(grep -cE '^--- PASS' "$log") passed, 0 failed, $(grep -cE '^--- SKIP' "$log" || true) skipped"
