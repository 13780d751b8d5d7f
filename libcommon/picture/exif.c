/* SPDX-License-Identifier: MIT
 * Exif says which way up a picture is, in a TIFF: byte order, offset of the first
 * table, the table's entries. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/picture/picture.h"

#define HEAD "Exif\0" /* and a second zero, in JPEG */
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

static size_t get32(const struct tiff *t, size_t at)
{
    size_t a = get16(t, at), b = get16(t, at + 2);

    return t->big ? a << 16 | b : b << 16 | a;
}

int exif_orientation(const void *bytes, size_t n)
{
    struct tiff t = {bytes, n, false};
    size_t table, entries;

    if (t.n >= sizeof HEAD && !memcmp(t.at, HEAD, sizeof HEAD)) {
        t.at += sizeof HEAD;
        t.n -= sizeof HEAD;
    }
    if (t.n < 8 || (memcmp(t.at, "II*\0", 4) && memcmp(t.at, "MM\0*", 4)))
        return 1;
    t.big = t.at[0] == 'M';

    /* In a damaged segment the table may begin behind the end or be cut off. */
    table = get32(&t, 4);
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

/* ---- PNG ---- */

#define PROFILE "Raw profile type exif" /* and a zero */
#define PROFILE_MAX ((size_t)1 << 18)   /* more than 64 KiB take as text */

/* Returns the orientation in the bytes of a chunk behind PROFILE.  ImageMagick
 * began such texts: an empty line, a name, a length, and a segment as hex digits. */
static int orientation_in_text(const uint8_t *text, size_t n, bool deflated)
{
    uint8_t *hex = xcalloc(PROFILE_MAX, 1);
    uLongf len = n < PROFILE_MAX ? n : PROFILE_MAX;
    size_t lines = 0, digits = 0;
    int found;

    /* Text that is damaged or too long is cut off; the first byte of a deflated
     * one names the method, of which there is one. */
    memcpy(hex, text, deflated ? 0 : len);
    if (deflated && n > 0) {
        len = PROFILE_MAX;
        uncompress(hex, &len, text + 1, n - 1);
    }
    for (size_t i = 0; i < len; i++) {
        int c = tolower(hex[i]);

        lines += c == '\n';
        if (lines < 3 || !isxdigit(c))
            continue;
        c -= isdigit(c) ? '0' : 'a' - 10;
        hex[digits / 2] = (uint8_t)(digits % 2 ? hex[digits / 2] << 4 | c : c);
        digits++;
    }
    found = exif_orientation(hex, digits / 2);
    free(hex);
    return found;
}

int exif_orientation_png(const void *bytes, size_t n)
{
    struct tiff f = {bytes, n, true};
    const uint8_t *text = NULL; /* the first, behind its name */
    size_t text_len = 0;
    bool deflated = false;

    for (size_t at = 8, len; at + 12 <= n; at += len + 12) {
        const uint8_t *kind = f.at + at + 4, *data = kind + 4;

        len = get32(&f, at);
        if (len > n - at - 12 || !memcmp(kind, "IEND", 4))
            break;
        if (!memcmp(kind, "eXIf", 4))
            return exif_orientation(data, len);
        if (!text && (!memcmp(kind, "tEXt", 4) || !memcmp(kind, "zTXt", 4)) &&
            len >= sizeof PROFILE && !memcmp(data, PROFILE, sizeof PROFILE)) {
            text = data + sizeof PROFILE;
            text_len = len - sizeof PROFILE;
            deflated = kind[0] == 'z';
        }
    }
    return text ? orientation_in_text(text, text_len, deflated) : 1;
}
