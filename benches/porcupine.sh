#!/bin/sh
# Times Go's Porcupine on the etcd logs and this checker on the same, in turns: benches/porcupine.sh [SOURCE]
#
# SOURCE is a directory with Porcupine's source; without it, Go fetches the module. Needs Go (Debian: golang-go).
set -eu

commit=55508eb201b314c218d7e8412c3ea4b9499a5f53
here=$(cd "$(dirname "$0")" && pwd)
data=$here/../../shared/research/data/porcupine
[ -d "$data" ] || { echo "skipped: there is no directory $data"; exit 0; }
command -v go >/dev/null || { echo "skipped: there is no go"; exit 0; }

source=
[ $# -eq 0 ] || source=$(cd "$1" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/porcupine/main.go" "$work"
cd "$work"
go mod init peer 2>/dev/null
if [ -n "$source" ]; then
    go mod edit -require github.com/anishathalye/porcupine@v0.0.0 -replace "github.com/anishathalye/porcupine=$source"
else
    go get "github.com/anishathalye/porcupine@$commit" || { echo "skipped: Go could not fetch Porcupine"; exit 0; }
fi
go build -o peer .

cd "$here/.."
cargo bench --quiet --bench etcd -- 0
# One core each: the noted times are those of one core too.
for _ in 1 2 3; do
    GOMAXPROCS=1 "$work/peer" "$data"
    cargo bench --quiet --bench etcd
done
