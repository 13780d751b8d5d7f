/* SPDX-License-Identifier: MIT
 * The `platform` stream: processors, memories and links (platform.md). */
#ifndef FORMATS_PLATFORM_H
#define FORMATS_PLATFORM_H

#include "formats/io.h"
#include "libcommon/base/hash.h"
#include "libcommon/platform/measured.h"
#include "libcommon/platform/platform.h"

extern const struct schema schema_platform; /* struct platform */
extern const struct kind kind_platform;

/* What a tool runs a network on: the one platform of a stream, and what was
 * measured there. */
struct platform_input {
    struct platform platform;
    char digest[HASH_HEX]; /* of its record, as plans have it */
    struct reader *reader; /* an input of the run, closed with the rest */
    const struct measured_costs *costs; /* NULL = none */
    struct measured_costs measured;
    struct arena arena;
};

/* Read a platform stream, and a file of measured costs unless that is NULL, to
 * their ends into *in, which is zeroed and owned (platform_input_free, also after
 * a failure), and warn of doubtful numbers.  ERR_FORMAT where the stream does not
 * have exactly one record. */
int platform_read(struct platform_input *in, char *platform, const char *costs,
                  struct err *e) MUST_CHECK;
void platform_input_free(struct platform_input *in);

#endif
