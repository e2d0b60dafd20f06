# Two commands matter: `go run ./cmd/ringward demo` and `make test`.
# `make test` installs what the tests need and runs all of them; a test that
# skips for want of a tool fails the run (scripts/test.sh).

.PHONY: test build vet fuzz bench tools

test: tools
	./scripts/test.sh

# Debian packages the tests talk to (see docs/operators.md, "What the tests install").
tools:
	./scripts/install-test-tools.sh

build:
	CGO_ENABLED=0 go build -trimpath -o bin/ringward ./cmd/ringward

vet:
	go vet ./...
	go tool staticcheck ./...

# A few seconds of every fuzz target; nightly runs set FUZZTIME=600s.
fuzz:
	./scripts/fuzz.sh $(or $(FUZZTIME),5s)

bench:
	go test -run '^$$' -bench . -benchmem ./...
