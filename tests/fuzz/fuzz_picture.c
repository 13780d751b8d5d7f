/* SPDX-License-Identifier: MIT
 * libFuzzer on the decoders of pictures, and on what comes after them.
 *     make fuzz && build/fuzz/fuzz_picture -max_total_time=60 corpus
 * (corpus: a copy of tests/pictures.)  Checksums of PNG chunks are not
 * compared here, or nothing behind them would be reached. */
#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/picture/picture.h"
#include "libcommon/picture/resize.h"

#define PIXELS 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t crc_table(uint32_t i)
{
    for (int bit = 0; bit < 8; bit++)
        i = i >> 1 ^ (i & 1 ? 0xedb88320 : 0);
    return i;
}

static uint32_t crc(const uint8_t *p, size_t n)
{
    static uint32_t table[256];
    uint32_t c = 0xffffffff;

    for (uint32_t i = 0; i < 256 && !table[255]; i++)
        table[i] = crc_table(i);
    for (size_t i = 0; i < n; i++)
        c = c >> 8 ^ table[(c ^ p[i]) & 255];
    return ~c;
}

/* Give every chunk its right checksum. */
static void mend(uint8_t *p, size_t n)
{
    for (size_t at = 8, len; n - at >= 12; at += len + 12) {
        uint32_t sum;

        len = (size_t)p[at] << 24 | (size_t)p[at + 1] << 16 |
              (size_t)p[at + 2] << 8 | p[at + 3];
        if (len > n - at - 12)
            return;
        sum = crc(p + at + 4, len + 4);
        for (int i = 0; i < 4; i++)
            p[at + 8 + len + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t to[12 * 17];
    struct picture p = {0};
    uint8_t *copy = malloc(size ? size : 1);
    struct err e;

    for (size_t i = 0; i < size; i++)
        copy[i] = data[i];
    if (size > 8 && copy[1] == 'P')
        mend(copy, size);
    if (picture_decode(copy, size, PIXELS, &p, &e) == 0) {
        BUG_IF(p.h < 1 || p.w < 1 || p.h * p.w > PIXELS);
        picture_fit(&p, 12, 17, 1, to);
    }
    free(copy);
    picture_fini(&p);
    return 0;
}
