/* SPDX-License-Identifier: MIT
 * Records of WFDB, the format of PhysioNet's databases such as MIT-BIH: a header
 * NNN.hea says in text which files hold the signals and how, NNN.atr marks moments
 * in them, such as beats.  Read are signals of the formats 212 and 16 with one
 * sample a frame, and annotations in the MIT format.  The files need not be
 * trusted: what they announce is held against their bytes, and names of files must
 * be plain.
 *
 * Example (const char *hea, const char *atr, struct buf *bytes, struct err *e):
 *     struct wfdb_record r = {0};
 *     struct wfdb_notes notes = {0};
 *     float *mv = NULL;
 *     int rc = wfdb_header_load(hea, &r, e);
 *
 *     if (rc == 0) {
 *         mv = xcalloc(r.samples + 1, sizeof *mv);
 *         rc = wfdb_signal_load(hea, &r, 0, bytes, mv, NULL, e);
 *     }
 *     if (rc == 0)
 *         rc = wfdb_notes_load(atr, r.rate, r.samples, bytes, &notes, e);
 *     wfdb_notes_free(&notes);
 *     free(mv);
 *     wfdb_record_free(&r);
 *     return rc; */
#ifndef SOUND_WFDB_H
#define SOUND_WFDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/mem.h"

#define WFDB_FILE ((uint64_t)1 << 29) /* bytes of one file */
#define WFDB_SIGNALS 64               /* most of a record */

struct wfdb_signal {
    char *file;      /* its name, in the folder of the header */
    char *name;      /* "MLII"; "" = the header has none */
    char *units;     /* as in the header; "mV" where it has none */
    int format;      /* 212 or 16 */
    uint64_t offset; /* bytes of the file before the samples */
    double gain;     /* steps of the converter for one unit; 200 where the
                      * header has none */
    double baseline; /* the step that stands for 0 units */
    int64_t sum;     /* of all samples, modulo 65536; -1 = not known, as
                      * also where the header has 0 */
};

struct wfdb_record {
    double rate;    /* samples a second; 250 where the header has none */
    size_t samples; /* of each signal; 0 = as many as the files have */
    struct wfdb_signal *signals;
    size_t n;
};

/* Parse a header of n bytes.  *r must be zeroed; it is owned (wfdb_record_free),
 * also after a failure.  ERR_FORMAT names the line that is wrong; it is also the
 * answer to records of several segments and to other formats of samples. */
int wfdb_header_parse(const char *text, size_t n, struct wfdb_record *r,
                      struct err *e) MUST_CHECK;

/* Read a header and hold it against the sizes of the signals' files, which must
 * be there.  Where it does not say how many samples there are, the first of them
 * does.  The text of an error begins with the path. */
int wfdb_header_load(const char *path, struct wfdb_record *r,
                     struct err *e) MUST_CHECK;

void wfdb_record_free(struct wfdb_record *r);

/* Returns the index of the signal that `lead` means, its name or its number from 1
 * on; r->n where there is none. */
size_t wfdb_find_signal(const struct wfdb_record *r, const char *lead);

/* Compute to[0..r->samples), in millivolts, of signal s in the n bytes of its file.
 * A sample that the format marks as missing keeps the value before it; *missing
 * (NULL = not asked for) is how many there are.  ERR_FORMAT for units other than
 * volts, a file that is too short, and samples whose sum the header has
 * otherwise. */
int wfdb_signal_decode(const struct wfdb_record *r, size_t s, const void *bytes,
                       size_t n, float *to, size_t *missing,
                       struct err *e) MUST_CHECK;

/* The same for the file beside the header `path`, read into *bytes, which can be
 * used again. */
int wfdb_signal_load(const char *path, const struct wfdb_record *r, size_t s,
                     struct buf *bytes, float *to, size_t *missing,
                     struct err *e) MUST_CHECK;

/* ---- annotations ---- */

struct wfdb_note {
    size_t at; /* sample */
    int code;  /* 1..49, as in the file */
};

struct wfdb_notes {
    struct wfdb_note *v; /* in the order of time */
    size_t n, cap;
};

/* Parse annotations of a record of this rate and length.  *notes must be zeroed; it
 * is owned (wfdb_notes_free), also after a failure.  ERR_FORMAT for bytes that end
 * before their end mark, an annotation earlier than the one before it or behind
 * the last sample, an unknown code, times that count at another rate. */
int wfdb_notes_parse(const void *bytes, size_t n, double rate, size_t samples,
                     struct wfdb_notes *notes, struct err *e) MUST_CHECK;

/* The same for a file, read into *bytes, which can be used again. */
int wfdb_notes_load(const char *path, double rate, size_t samples,
                    struct buf *bytes, struct wfdb_notes *notes,
                    struct err *e) MUST_CHECK;

void wfdb_notes_free(struct wfdb_notes *notes);

/* Returns the sign of an annotation code, such as 'N' or 'V', by which papers and
 * tables call it; '\0' for a code that marks no beat. */
char wfdb_beat_sign(int code);

/* The signs of all beats, for messages. */
#define WFDB_BEATS "NLRBejnAaJSVErF/fQ?"

#endif
