#!/bin/sh
# Runs the provider client against aimock, a mock provider we did not write.
# Needs Node and npm. Everything is installed into a temporary directory that is
# removed at the end; nothing is written into the tree.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
command -v npm >/dev/null || { echo "counterparts: npm is needed (Node 20 or newer)"; exit 1; }

work=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT INT TERM

cp "$here/package.json" "$work/"
(cd "$work" && npm install --no-audit --no-fund --no-package-lock --silent)
version=$(node -p "require('$work/node_modules/@copilotkit/aimock/package.json').version")

port=${TIERWISE_AIMOCK_PORT:-4010}
node "$work/node_modules/.bin/llmock" -p "$port" -f "$here/fixtures" --log-level warn >"$work/log" 2>&1 &
server=$!
tries=0
until node -e "fetch('http://127.0.0.1:$port/v1/models').then(() => process.exit(0), () => process.exit(1))"; do
	tries=$((tries + 1))
	[ "$tries" -lt 50 ] || { echo "counterparts: aimock did not start:"; cat "$work/log"; exit 1; }
	kill -0 "$server" 2>/dev/null || { echo "counterparts: aimock ended:"; cat "$work/log"; exit 1; }
	sleep 0.2
done

echo "counterparts: aimock $version"
cd "$root"
status=0
TIERWISE_AIMOCK="http://127.0.0.1:$port" go test -tags counterparts -count=1 -run '^TestAimock$' -v ./internal/llm/openai >"$work/out" 2>&1 || status=$?
grep -E '^ +--- (PASS|FAIL|SKIP)|^ +aimock_test.go' "$work/out" || cat "$work/out"
passed=$(grep -cE '^ +--- PASS' "$work/out" || true)
failed=$(grep -cE '^ +--- FAIL' "$work/out" || true)
echo "counterparts: $passed passed, $failed failed"
[ "$passed" -gt 0 ] || status=1
exit "$status"
