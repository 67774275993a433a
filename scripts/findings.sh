#!/bin/sh
# The table of docs/findings.md, made again: five units in a lab of their own, and the trials of a suite from outside the set.
#   SUITE=seed|more   ROUNDS=3   ONLY="3a 5" (experiments; all)   SEED=7
# Takes about a minute and a half for each round of each experiment. Exit status as `mongo-rs trial --suite` has it.
set -eu

cd "$(dirname "$0")/.."
place=$(mktemp -d)
lab="$(realpath "${CARGO_TARGET_DIR:-target}")/release/lab"
export LAB_HOME="$place/lab"
trap '"$lab" destroy || true; rm -rf "$place"' EXIT
trap 'exit 130' INT TERM

mkdir "$place/bin"
ln -s "$lab" "$place/bin/juju"
"$lab" deploy . -n 5 --resource "mongod=$(./scripts/get-mongod.sh)" \
    --config cache-size=0.25 --config election-timeout=2000 --wait
only=
for name in ${ONLY:-}; do
    only="$only --only $name"
done
# shellcheck disable=SC2086
"$lab" client -- env PATH="$place/bin:$PATH" LAB_HOME="$LAB_HOME" "$PWD/bin/mongo-rs" trial \
    --suite "${SUITE:-seed}" --rounds "${ROUNDS:-3}" --seed "${SEED:-7}" $only \
    --hold 5-10 --rest 2-4 --rate 200 --time-limit 45
