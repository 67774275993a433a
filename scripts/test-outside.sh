#!/bin/bash
# The tests from outside, two labs at a time where there are two cores. Elections, heartbeats and hooks go by the clock, so
# that one may come too late only because of its neighbours: of those that fail, if they are no more than two, each is run
# once more, alone. That is told, with why it failed, and what fails again fails the run.
set -euo pipefail
cd "$(dirname "$0")/.."

said=$(mktemp)
trap 'rm -f "$said"' EXIT

run() {
    # shellcheck disable=SC2086
    cargo test ${CARGO_FLAGS:-} --test outside "$@"
}

run 2>&1 | tee "$said" && exit
mapfile -t failed < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$said")
count=${#failed[@]}
# All of them must have run: without the closing line some may not have.
if ((count == 0 || count > 2)) || ! grep -q "^test result: FAILED\. .* $count failed;" "$said"; then
    exit 1
fi
printf 'failed beside others, and is run once more, alone: %s\n' "${failed[@]}"
MONGO_RS_LABS=1 run -- --exact --test-threads 1 "${failed[@]}"
