#!/bin/sh
# SPDX-License-Identifier: MIT
# port.sh SYSROOT MACHINE PACKAGE...: Debian's packages for another machine,
# unpacked with what they depend on into a folder of their own.  Nothing of the
# running system is changed, and root is not needed.  apt's lists are kept in
# the folder; one that is complete is left as it is.
set -eu
export LC_ALL=C
[ $# -ge 3 ] || { sed -n 's/^# //p' "$0" >&2; exit 2; }
root=$1 machine=$2
shift 2
[ ! -e "$root/complete" ] || exit 0
mkdir -p "$root/apt/lists/partial" "$root/apt/archives/partial"
root=$(cd "$root" && pwd)
: >"$root/apt/status"
cat >"$root/apt/conf" <<END
APT::Architecture "$machine";
APT::Architectures { "$machine"; };
APT::Install-Recommends "false";
Dir::State "$root/apt";
Dir::State::status "$root/apt/status";
Dir::Cache "$root/apt";
END
APT_CONFIG=$root/apt/conf
export APT_CONFIG
apt-get update -qq
apt-get install -y -qq --download-only "$@"
for deb in "$root"/apt/archives/*.deb; do
    dpkg -x "$deb" "$root"
done

# What update-alternatives would do, had they been installed.
for kind in lib include; do
    cd "$root/usr/$kind"/*-linux-gnu*/
    ln -sf openblas-pthread/*.* .
done
: >"$root/complete"
