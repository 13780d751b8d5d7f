/* SPDX-License-Identifier: MIT */
#include "libcommon/space/arch.h"

#include "libcommon/base/buf.h"
#include "libcommon/space/genes.h"

void arch_id(const char *spec, const struct ints *genome, char out[HASH_HEX])
{
    struct buf text = {0};

    buf_addf(&text, "%s\n", spec);
    genome_print(genome, &text);
    hash_hex(text.data, text.len, out);
    buf_free(&text);
}
