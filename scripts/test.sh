#!/usr/bin/env bash
# Every check of the project. Ends non-zero when anything is wrong, a test that
# skipped because a tool is absent included.
set -euo pipefail
cd "$(dirname "$0")/.."
export RINGWARD_REQUIRE_TOOLS=1 # tests fail instead of skipping for want of a tool

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
go test -race -shuffle=on -timeout 14m ./...
echo "== fuzz targets, a little of each"
./scripts/fuzz.sh "${FUZZTIME:-2s}" | grep -E '^(==|FAIL|---|panic)' || true
