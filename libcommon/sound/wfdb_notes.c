/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "libcommon/base/number.h"
#include "libcommon/io/fileload.h"
#include "libcommon/sound/wfdb.h"

/* What is no annotation but belongs to one. */
enum { NOTE_SKIP = 59, NOTE_NUM, NOTE_SUB, NOTE_CHN, NOTE_AUX };
#define NOTE_TEXT 22 /* a remark */
#define LAST_CODE 49

static int take_note(struct wfdb_notes *notes, unsigned code, int64_t at,
                     size_t samples, struct err *e)
{
    const size_t n = notes->n;

    if (code > LAST_CODE)
        return err_set(e, ERR_FORMAT,
                       "annotation %zu has the code %u, which is none", n + 1,
                       code);
    if (at < 0)
        return err_set(
            e, ERR_FORMAT,
            "annotation %zu, at sample %lld, is before the beginning "
            "of the record",
            n + 1, (long long)at);
    if (n && (size_t)at < notes->v[n - 1].at)
        return err_set(e, ERR_FORMAT,
                       "annotation %zu, at sample %lld, stands before the one "
                       "in front of it",
                       n + 1, (long long)at);
    if ((size_t)at >= samples)
        return err_set(e, ERR_FORMAT,
                       "annotation %zu, at sample %lld, is beyond the %zu "
                       "samples of the record",
                       n + 1, (long long)at, samples);
    GROW(notes->v, notes->n, notes->cap);
    notes->v[notes->n++] = (struct wfdb_note){(size_t)at, (int)code};
    return 0;
}

/* A remark at the beginning may say that times count at another rate. */
static int check_resolution(const struct wfdb_notes *notes, const char *text,
                            size_t n, double rate, struct err *e)
{
    static const char lead[] = "## time resolution: ";
    char number[32] = "";
    double v;

    if (notes->n != 1 || notes->v[0].at || notes->v[0].code != NOTE_TEXT ||
        n < sizeof lead || memcmp(text, lead, sizeof lead - 1) != 0)
        return 0;
    n -= sizeof lead - 1;
    memcpy(number, text + sizeof lead - 1,
           n < sizeof number ? n : sizeof number - 1);
    if (!number_read(number, NUMBER_BARE, &v) || fabs(v - rate) > 1e-6 * rate)
        return err_set(e, ERR_FORMAT,
                       "times count %s a second, the record has %g samples: "
                       "such annotations are not read",
                       number, rate);
    return 0;
}

/* Annotations are words of 16 bits, little-endian: a code in the upper 6, in the
 * lower 10 the samples since the one before.  A word of zeros is the end. */
int wfdb_notes_parse(const void *bytes, size_t n, double rate, size_t samples,
                     struct wfdb_notes *notes, struct err *e)
{
    const uint8_t *p = bytes;
    int64_t at = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && n - i >= 2;) {
        unsigned word = p[i] | (unsigned)p[i + 1] << 8, code = word >> 10;
        size_t low = word & 0x3ff, more = 0;

        i += 2;
        if (word == 0)
            return 0;
        if (code == NOTE_SKIP)
            more = 4;
        if (code == NOTE_AUX)
            more = low + low % 2;
        if (more > n - i)
            break;
        if (code == NOTE_SKIP) {
            /* The upper word comes first. */
            uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 24 |
                         p[i + 2] | (uint32_t)p[i + 3] << 8;

            at += (int32_t)v;
        } else if (code == NOTE_AUX) {
            rc = check_resolution(notes, (const char *)p + i, low, rate, e);
        } else if (code < NOTE_SKIP) {
            at += (int64_t)low;
            /* Code 0 only lets time pass. */
            if (code)
                rc = take_note(notes, code, at, samples, e);
        }
        i += more;
    }
    if (rc == 0)
        rc = err_set(e, ERR_FORMAT,
                     "is cut off: there is no end mark behind %zu annotations",
                     notes->n);
    return rc;
}

int wfdb_notes_load(const char *path, double rate, size_t samples,
                    struct buf *bytes, struct wfdb_notes *notes, struct err *e)
{
    int rc = file_load(path, WFDB_FILE, bytes, e);

    if (rc == 0 && (rc = wfdb_notes_parse(bytes->data, bytes->len, rate,
                                          samples, notes, e)) < 0)
        rc = err_prefix(e, "%s", path);
    return rc;
}

void wfdb_notes_free(struct wfdb_notes *notes)
{
    free(notes->v);
    *notes = (struct wfdb_notes){0};
}

char wfdb_beat_sign(int code)
{
    static const char signs[LAST_CODE + 1] = {
        [1] = 'N',  [2] = 'L',  [3] = 'R',  [4] = 'a',  [5] = 'V',
        [6] = 'F',  [7] = 'J',  [8] = 'A',  [9] = 'S',  [10] = 'E',
        [11] = 'j', [12] = '/', [13] = 'Q', [25] = 'B', [30] = '?',
        [34] = 'e', [35] = 'n', [38] = 'f', [41] = 'r',
    };

    return code > 0 && code <= LAST_CODE ? signs[code] : '\0';
}
