#!/bin/sh
# Builds the charm's static program into bin/. After it the checkout itself can be deployed as a directory.
set -eu
target="$(uname -m)-unknown-linux-gnu"
profile="${PROFILE:-charm}"
folder="$profile"
if [ "$profile" = dev ]; then folder=debug; fi
# Without a target of its own name the flag would reach the procedural macros, which cannot be static.
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" \
    cargo build --locked --profile "$profile" --no-default-features --bin mongo-rs --target "$target"
mkdir -p bin
# Moved into place, so that a program that runs from there goes on running.
cp "${CARGO_TARGET_DIR:-target}/$target/$folder/mongo-rs" bin/mongo-rs.new
mv bin/mongo-rs.new bin/mongo-rs
