/* SPDX-License-Identifier: MIT
 * libFuzzer on the import of ONNX models, from the bytes to the checked net.
 *     make fuzz && build/fuzz/fuzz_onnx -max_total_time=60 corpus
 * (corpus: a copy of tests/onnx.) */
#include <stdlib.h>

#include "libcommon/base/log.h"
#include "tools/net-import/importing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onnx_opts o = {0};
    struct imported m = {0};
    struct err e;

    log_level = 0;
    /* Options follow from the bytes, so that the same are imported alike. */
    if (size) {
        o.keep_norm = data[size - 1] & 1;
        o.feed.kind = data[size / 2] % 4;
        o.size[0] = o.size[1] = data[size - 1] & 2 ? 8 : 0;
        o.size[2] = o.size[0] ? 3 : 0;
    }
    if (import_onnx(data, size, &o, &m, &e) == 0)
        BUG_IF(m.made.net.exits.n != 1 || !m.made.net.id);
    imported_free(&m);
    return 0;
}
