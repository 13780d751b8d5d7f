#!/bin/sh
# SPDX-License-Identifier: MIT
# Objects of one precision do not link with the archive of the other.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

lib=${BIN%/bin}
cat >double.c <<'EOF'
#include "libcommon/nn/kern/real.h"
int main(void) { return sizeof(real) == sizeof(double) ? 0 : 1; }
EOF
sed 's/double/float/' double.c >float.c

link() {    # link NAME.c ARCHIVE [FLAG]: with the build's own compiler and flags
    # shellcheck disable=SC2046,SC2086,SC2317
    (cd "$TOP" && $(cat "$lib/flags") ${3:-} -o "$T/${1%.c}" "$T/$1" "$lib/$2") 2>err
}

holds 'float links with libnachos.a' link float.c libnachos.a
holds 'double links with libnachos-f64.a' \
    link double.c libnachos-f64.a -DREAL_DOUBLE
holds 'each computes with its own type' sh -c './float && ./double'
expect_loose 1 'double does not link with libnachos.a' \
    link double.c libnachos.a -DREAL_DOUBLE
contains err real_is_double '... and the linker names real_is_double'
expect_loose 1 'float does not link with libnachos-f64.a' \
    link float.c libnachos-f64.a
contains err real_is_float '... and the linker names real_is_float'
finish
