/* SPDX-License-Identifier: MIT
 * Exif says which way up a picture is.  A segment is "Exif", two zeros and a
 * TIFF: byte order, offset of the first table, the table's entries. */
#include <stdbool.h>
#include <string.h>

#include "libcommon/picture/picture.h"

#define HEAD 6
#define ENTRY 12
#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3

struct tiff {
    const uint8_t *at;
    size_t n;
    bool big; /* byte order */
};

static unsigned get16(const struct tiff *t, size_t at)
{
    const uint8_t *p = t->at + at;

    return t->big ? (unsigned)(p[0] << 8 | p[1]) : (unsigned)(p[1] << 8 | p[0]);
}

int exif_orientation(const void *bytes, size_t n)
{
    struct tiff t;
    size_t a, b, table, entries;

    if (n < HEAD + 8 || memcmp(bytes, "Exif\0", HEAD))
        return 1;
    t.at = (const uint8_t *)bytes + HEAD;
    t.n = n - HEAD;
    if (memcmp(t.at, "II*\0", 4) && memcmp(t.at, "MM\0*", 4))
        return 1;
    t.big = t.at[0] == 'M';

    /* In a damaged segment the table may begin behind the end or be cut off. */
    a = get16(&t, 4);
    b = get16(&t, 6);
    table = t.big ? a << 16 | b : b << 16 | a;
    if (table > t.n - 2)
        return 1;
    entries = get16(&t, table);
    if (entries > (t.n - 2 - table) / ENTRY)
        entries = (t.n - 2 - table) / ENTRY;

    for (size_t i = 0; i < entries; i++) {
        size_t at = table + 2 + i * ENTRY;
        unsigned value = get16(&t, at + 8);

        if (get16(&t, at) == TAG_ORIENTATION && get16(&t, at + 2) == TYPE_SHORT)
            return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
