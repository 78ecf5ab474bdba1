# Everything here runs on a machine with Go, git and make; modules are
# downloaded once. `make help` lists the targets.

GO ?= go
BIN := bin/tierwise
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.DEFAULT_GOAL := help

## run: the whole bot in this terminal; no account, no key, no server
run: build
	@$(BIN) chat

## build: one static binary in bin/
build:
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/tierwise

## test: needs Go only; what needs redis-server is skipped and counted
test:
	@./.ci/test

## test-all: race detector, real Redis; a skip fails
test-all: test
	@./.ci/test -race

## check: format, vet, staticcheck, architecture
check:
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not formatted:"; echo "$$out"; exit 1; }
	@$(GO) vet ./...
	@$(GO) tool staticcheck ./...
	@$(GO) test -count=1 ./internal/archtest

## vuln: known vulnerabilities; says so when the database cannot be reached
vuln:
	@$(GO) tool govulncheck ./... || { s=$$?; echo "vuln: govulncheck ended with $$s; when it could not fetch its database, run it where that is reachable"; exit $$s; }

## test-counterparts: the provider client against a mock provider others wrote; needs npm
test-counterparts:
	@./deploy/counterparts/run.sh

## bench: benchmarks; ratios are taken inside one run; Redis rows name their fsync mode; about five minutes
bench: build
	@$(GO) test -run '^$$' -bench . -benchtime $(or $(BENCHTIME),200ms) ./... 2>&1 | grep -Ev '^(PASS|ok|\?|goos|goarch|pkg)' 
	@$(GO) run ./deploy/bench $(BIN)

## demo: a scripted day in the demo workspace, with figures that must agree
demo: build
	@GO="$(GO)" ./deploy/demo/run $(BIN)

## demo-slack: a day in a fake Slack, as its people see it: mention, command, draft, refusal, spend, Home
demo-slack:
	@GO="$(GO)" ./deploy/demo/slack

## pictures: the pictures in docs/pictures, made anew from the fake Slack; needs chromium
pictures:
	@GO="$(GO)" ./deploy/demo/pictures

## prove: the promises with their figures, in the numbers promised (about half an hour)
prove:
	@GO="$(GO)" ./deploy/prove/run long

## prove-short: the same in a few minutes
prove-short:
	@GO="$(GO)" ./deploy/prove/run short

## eval: how well intents are read and threads summarised, on data beside the repository
eval:
	@GO="$(GO)" ./deploy/eval/run

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

.PHONY: run build test test-all test-counterparts check vuln bench demo demo-slack pictures prove prove-short eval help
