/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "libcommon/base/number.h"
#include "libcommon/sound/wfdb.h"

#define SAMPLES_MOST 1e12 /* of a signal, in a header */

/* ---- fields of a line ---- */

/* Returns the next field of a line, which is ended by a NUL byte, "" behind the
 * last one. */
static char *next_field(char **at)
{
    char *field = *at + strspn(*at, " \t\r");
    size_t n = strcspn(field, " \t\r");

    *at = field + n + (field[n] != '\0');
    field[n] = '\0';
    return field;
}

/* Read a number at the beginning of a field; *behind is the text behind it.
 * ERR_FORMAT where there is none within least..most; *v is 0 then. */
static int read_number(const char *field, const char *what, double least,
                       double most, double *v, const char **behind,
                       struct err *e)
{
    *behind = number_read(field, NUMBER_BARE, v);
    if (*behind && *v >= least && *v <= most)
        return 0;
    *v = 0;
    return err_set(e, ERR_FORMAT, "'%s' is not %s within %g..%g", field, what,
                   least, most);
}

/* The same for a number that must be whole. */
static int read_whole(const char *field, const char *what, double least,
                      double most, double *v, const char **behind,
                      struct err *e)
{
    int rc = read_number(field, what, least, most, v, behind, e);

    if (rc < 0 || *v == floor(*v))
        return rc;
    *v = 0;
    return err_set(e, ERR_FORMAT, "'%s' is not %s: it is no whole number",
                   field, what);
}

static int no_rest(const char *behind, const char *what, struct err *e)
{
    if (!*behind)
        return 0;
    return err_set(e, ERR_FORMAT, "'%s' behind %s is not understood", behind,
                   what);
}

/* ---- the line of the record: NAME SIGNALS [RATE [SAMPLES [TIME [DATE]]]] ---- */

static int parse_record(char *line, struct wfdb_record *r, struct err *e)
{
    char *name = next_field(&line), *field;
    const char *behind;
    double v;
    int rc;

    if (strchr(name, '/'))
        return err_set(e, ERR_FORMAT,
                       "a record of several segments ('%s') is not read: name "
                       "the records of its segments",
                       name);
    rc = read_whole(next_field(&line), "a number of signals", 1, WFDB_SIGNALS,
                    &v, &behind, e);
    if (rc == 0)
        rc = no_rest(behind, "the number of signals", e);
    if (rc < 0)
        return rc;
    r->n = (size_t)v;
    r->signals = xcalloc(r->n, sizeof *r->signals);

    /* Behind the rate may stand that of a counter, which means nothing here. */
    r->rate = 250;
    if (*(field = next_field(&line))) {
        rc = read_number(field, "a rate in Hz", 1e-3, 1e6, &r->rate, &behind,
                         e);
        if (rc == 0 && *behind != '/')
            rc = no_rest(behind, "the rate", e);
    }
    if (rc == 0 && *(field = next_field(&line))) {
        rc = read_whole(field, "a number of samples", 0, SAMPLES_MOST, &v,
                        &behind, e);
        if (rc == 0)
            rc = no_rest(behind, "the number of samples", e);
        r->samples = rc == 0 ? (size_t)v : 0;
    }
    return rc;
}

/* ---- the line of a signal ---- */

/* FORMAT[xSAMPLES][:SKEW][+OFFSET] */
static int parse_format(const char *field, struct wfdb_signal *s, struct err *e)
{
    const char *behind;
    double v = 0, offset = 0;
    int rc = read_whole(field, "a format", 0, 1e6, &v, &behind, e);

    s->format = (int)v;
    if (rc == 0 && s->format != 212 && s->format != 16)
        rc = err_set(e, ERR_FORMAT,
                     "samples in format %s are not read: 212 and 16 are",
                     field);
    if (rc == 0 && *behind == 'x')
        rc = err_set(e, ERR_FORMAT,
                     "several samples a frame ('%s') are not read", field);
    if (rc == 0 && *behind == ':')
        rc = err_set(e, ERR_FORMAT, "a signal with a skew ('%s') is not read",
                     field);
    if (rc == 0 && *behind == '+')
        rc = read_whole(behind + 1, "an offset", 0, (double)WFDB_FILE, &offset,
                        &behind, e);
    s->offset = (uint64_t)offset;
    return rc < 0 ? rc : no_rest(behind, "the format", e);
}

/* GAIN[(BASELINE)][/UNITS]; *has_baseline says whether it is there. */
static int parse_gain(char *field, struct wfdb_signal *s, bool *has_baseline,
                      struct err *e)
{
    const char *behind = field;
    int rc = 0;

    if (*field)
        rc = read_number(field, "a gain", 0, 1e9, &s->gain, &behind, e);
    if (rc == 0 && s->gain > 0 && s->gain < 1e-6)
        rc = err_set(e, ERR_FORMAT, "a gain of '%s' is less than 1e-6", field);
    if (s->gain == 0)
        s->gain = 200; /* as the format has it for signals not calibrated */
    if (rc == 0 && *behind == '(') {
        rc = read_whole(behind + 1, "a baseline", -1e9, 1e9, &s->baseline,
                        &behind, e);
        if (rc == 0 && *behind != ')')
            rc = err_set(e, ERR_FORMAT, "'%s': the baseline has no ')'", field);
        *has_baseline = true;
        if (rc == 0)
            behind++;
    }
    if (rc == 0 && *behind == '/' && behind[1]) {
        s->units = xstrdup(behind + 1);
        return 0;
    }
    s->units = xstrdup("mV");
    return rc < 0 ? rc : no_rest(behind, "the gain", e);
}

/* FILE FORMAT [GAIN [BITS [ZERO [FIRST [SUM [BLOCK [NAME]]]]]]] */
static int parse_signal(char *line, struct wfdb_signal *s, struct err *e)
{
    char *field = next_field(&line);
    bool has_baseline = false;
    const char *behind;
    double v;
    int rc;

    s->sum = -1;
    s->file = xstrdup(field);
    if (strchr(field, '/') || !strcmp(field, ".") || !strcmp(field, "..") ||
        !strcmp(field, "-") || !strcmp(field, "~"))
        return err_set(e, ERR_FORMAT,
                       "the file of a signal must be a plain name in the "
                       "folder of the header, not '%s'",
                       field);
    if ((rc = parse_format(next_field(&line), s, e)) < 0 ||
        (rc = parse_gain(next_field(&line), s, &has_baseline, e)) < 0)
        return rc;
    next_field(&line); /* bits of the converter */
    if (*(field = next_field(&line))) {
        rc = read_whole(field, "the zero of a converter", -1e9, 1e9, &v,
                        &behind, e);
        if (rc == 0 && !has_baseline)
            s->baseline = v;
    }
    next_field(&line); /* the first sample */
    if (rc == 0 && *(field = next_field(&line))) {
        rc = read_whole(field, "a sum of samples", -65535, 65535, &v, &behind,
                        e);
        /* Programs that do not add samples up write 0. */
        s->sum = rc == 0 && v != 0 ? (int64_t)v & 0xffff : -1;
    }
    next_field(&line); /* the size of a block */
    line += strspn(line, " \t");
    s->name = xstrdup(line);
    s->name[strcspn(s->name, "\r")] = '\0';
    return rc;
}

/* ---- the whole header ---- */

int wfdb_header_parse(const char *text, size_t n, struct wfdb_record *r,
                      struct err *e)
{
    size_t lines = 0, signals = 0;
    bool described = false;
    int rc = 0;

    if (memchr(text, '\0', n))
        return err_set(e, ERR_FORMAT, "is not the text of a header");
    for (size_t at = 0; rc == 0 && at < n; lines++) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t length = end ? (size_t)(end - text) - at : n - at;
        char *line = xmalloc(length + 1);

        memcpy(line, text + at, length);
        line[length] = '\0';
        at += length + 1;
        if (line[0] != '#' && line[strspn(line, " \t\r")]) {
            if (!described)
                rc = parse_record(line, r, e);
            else if (signals < r->n)
                rc = parse_signal(line, &r->signals[signals++], e);
            described = true;
            if (rc < 0)
                err_prefix(e, "line %zu", lines + 1);
        }
        free(line);
    }
    if (rc == 0 && !described)
        rc = err_set(e, ERR_FORMAT, "is cut off: no line describes the record");
    if (rc == 0 && signals < r->n)
        rc = err_set(e, ERR_FORMAT,
                     "is cut off: it has the lines of %zu of %zu signals",
                     signals, r->n);
    return rc;
}

void wfdb_record_free(struct wfdb_record *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->signals[i].file);
        free(r->signals[i].name);
        free(r->signals[i].units);
    }
    free(r->signals);
    *r = (struct wfdb_record){0};
}

size_t wfdb_find_signal(const struct wfdb_record *r, const char *lead)
{
    const char *behind;
    double v;

    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->signals[i].name, lead))
            return i;
    behind = number_read(lead, NUMBER_BARE, &v);
    if (behind && !*behind && v >= 1 && v <= (double)r->n && v == floor(v))
        return (size_t)v - 1;
    return r->n;
}
