/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/pathname.h"
#include "libcommon/io/fileload.h"
#include "libcommon/sound/wfdb.h"

#define HEADER_FILE ((uint64_t)1 << 20) /* bytes */

/* How the signals of one file lie in it: a sample of each in turn. */
struct interleaving {
    size_t of, at; /* signals of the file, and which of them is wanted */
};

static struct interleaving find_place(const struct wfdb_record *r, size_t s)
{
    struct interleaving p = {0};

    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->signals[i].file, r->signals[s].file)) {
            p.at += i < s;
            p.of++;
        }
    return p;
}

/* Returns sample k of all of a file's. */
static int sample_at(int format, const uint8_t *p, size_t k)
{
    int v;

    if (format == 16) {
        v = p[2 * k] | p[2 * k + 1] << 8;
        return v >= 0x8000 ? v - 0x10000 : v;
    }
    /* 212: two samples of 12 bits in three bytes. */
    p += k / 2 * 3;
    v = k % 2 ? p[2] | (p[1] & 0xf0) << 4 : p[0] | (p[1] & 0x0f) << 8;
    return v >= 0x800 ? v - 0x1000 : v;
}

/* Returns the millivolts of one unit, 0 for a unit that is no voltage. */
static double millivolts(const char *units)
{
    static const struct {
        const char *name;
        double mv;
    } all[] = {{"mV", 1},          {"uV", 1e-3},         {"V", 1e3},
               {"nV", 1e-6},       {"microvolts", 1e-3}, {"\302\265V", 1e-3},
               {"\316\274V", 1e-3}};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (!strcmp(units, all[i].name))
            return all[i].mv;
    return 0;
}

/* Check that the n bytes of a file can have the samples that the header says; a
 * record of 0 samples gets as many as there are. */
static int check_size(const struct wfdb_record *r, size_t s, uint64_t n,
                      uint64_t *samples, struct err *e)
{
    const struct wfdb_signal *sig = &r->signals[s];
    const struct interleaving p = find_place(r, s);
    uint64_t there;

    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->signals[i].file, sig->file) &&
            (r->signals[i].format != sig->format ||
             r->signals[i].offset != sig->offset))
            return err_set(e, ERR_FORMAT,
                           "signals %zu and %zu of one file differ in format "
                           "or offset",
                           i + 1, s + 1);
    n = n > sig->offset ? n - sig->offset : 0;
    there = sig->format == 16 ? n / 2 : n / 3 * 2 + (n % 3 == 2);
    if (*samples == 0)
        *samples = there / p.of;
    if (*samples > there / p.of || *samples == 0)
        return err_set(e, ERR_FORMAT,
                       "is cut off: it has %" PRIu64 " samples of %zu "
                       "signal%s, the header announces %" PRIu64,
                       there / p.of, p.of, p.of == 1 ? "" : "s", *samples);
    return 0;
}

int wfdb_signal_decode(const struct wfdb_record *r, size_t s, const void *bytes,
                       size_t n, float *to, size_t *missing, struct err *e)
{
    const struct wfdb_signal *sig = &r->signals[s];
    const struct interleaving p = find_place(r, s);
    const int none = sig->format == 16 ? -0x8000 : -0x800;
    double scale = millivolts(sig->units) / sig->gain;
    float last = 0;
    size_t lost = 0;
    uint64_t samples = r->samples, sum = 0;

    if (scale <= 0)
        return err_set(e, ERR_FORMAT,
                       "signal %zu, '%s', is in '%s', not in volts: choose "
                       "others by --leads",
                       s + 1, sig->name, sig->units);
    if (check_size(r, s, n, &samples, e) < 0)
        return e->code;
    for (size_t i = 0; i < r->samples; i++) {
        int v = sample_at(sig->format, (const uint8_t *)bytes + sig->offset,
                          i * p.of + p.at);

        sum += (uint64_t)(int64_t)v;
        lost += v == none;
        if (v != none)
            last = (float)((v - sig->baseline) * scale);
        to[i] = last;
    }
    if (missing)
        *missing = lost;
    if (sig->sum >= 0 && (sum & 0xffff) != (uint64_t)sig->sum)
        return err_set(e, ERR_FORMAT,
                       "the samples of signal %zu, '%s', are not those of the "
                       "header: their sum modulo 65536 is %d, not %d",
                       s + 1, sig->name, (int)(sum & 0xffff), (int)sig->sum);
    return 0;
}

int wfdb_header_load(const char *path, struct wfdb_record *r, struct err *e)
{
    struct buf text = {0};
    uint64_t samples;
    int rc = file_load(path, HEADER_FILE, &text, e);

    if (rc == 0 && (rc = wfdb_header_parse(text.data, text.len, r, e)) < 0)
        rc = err_prefix(e, "%s", path);
    buf_free(&text);
    samples = r->samples;
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        char *file = pathname_beside(path, r->signals[i].file);
        struct stat st;

        if (stat(file, &st) < 0)
            rc = err_sys(e, "%s", file);
        else if ((rc = check_size(r, i, (uint64_t)st.st_size, &samples, e)) < 0)
            err_prefix(e, "%s", file);
        free(file);
    }
    r->samples = (size_t)samples;
    return rc;
}

int wfdb_signal_load(const char *path, const struct wfdb_record *r, size_t s,
                     struct buf *bytes, float *to, size_t *missing,
                     struct err *e)
{
    char *file = pathname_beside(path, r->signals[s].file);
    int rc = file_load(file, WFDB_FILE, bytes, e);

    if (rc == 0 && (rc = wfdb_signal_decode(r, s, bytes->data, bytes->len, to,
                                            missing, e)) < 0)
        rc = err_prefix(e, "%s", file);
    free(file);
    return rc;
}
