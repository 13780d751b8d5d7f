/* SPDX-License-Identifier: MIT
 * The `platform` stream: processors, memories and links (platform.md). */
#ifndef FORMATS_PLATFORM_H
#define FORMATS_PLATFORM_H

#include "formats/io.h"
#include "libcommon/base/hash.h"
#include "libcommon/platform/platform.h"

extern const struct schema schema_platform; /* struct platform */
extern const struct kind kind_platform;

/* What a tool runs a network on: the one platform of a stream. */
struct platform_input {
    struct platform platform;
    char digest[HASH_HEX]; /* of its record, as plans have it */
    struct arena arena;
};

/* Read a platform stream to its end into *in, which is zeroed and owned
 * (platform_input_free, also after a failure), and warn of doubtful numbers.
 * ERR_FORMAT where it does not have exactly one record. */
int platform_read(struct platform_input *in, struct reader *r,
                  struct err *e) MUST_CHECK;
void platform_input_free(struct platform_input *in);

#endif
