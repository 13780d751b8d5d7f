/* SPDX-License-Identifier: MIT */
#include "libcommon/cli/opttable.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/err.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/values.h"

static void add(struct opt_table *tab, struct opt row)
{
    BUG_IF(tab->n == OPT_TABLE_MAX);
    for (size_t i = 0; i < tab->n; i++) {
        BUG_IF(row.letter && tab->row[i].letter == row.letter);
        BUG_IF(row.name && tab->row[i].name &&
               !strcmp(tab->row[i].name, row.name));
    }
    tab->row[tab->n++] = row;
}

static void add_common(struct opt_table *tab, struct common_opts *c)
{
    const struct opt rows[] = {
        OPT_OUTPUT('o', "output", &c->output, "FILE",
                   "write to FILE, complete or not at all, instead of stdout"),
        {.type = OPT_T_FLAG,
         .letter = 'f',
         .name = "force",
         .target = &c->force,
         .flags = OPT_NOPROV | OPT_PLAIN,
         .help = "write binary data even to a terminal"},
        {.type = OPT_T_I64,
         .name = "level",
         .target = &c->level,
         .min = -7,
         .max = 19,
         .arg = "N",
         .flags = OPT_OPEN,
         .help = "zstd level of the output, 0 = plain MessagePack; default: "
                 "1, of datasets -1"},
        {.type = OPT_T_VERBOSE,
         .letter = 'v',
         .name = "verbose",
         .help = "print more messages, and time and memory at the end"},
        {.type = OPT_T_QUIET,
         .letter = 'q',
         .name = "quiet",
         .help = "print errors only: no warnings, no progress"},
        {.type = OPT_T_TRISTATE,
         .name = "progress",
         .target = &c->progress,
         .help = "show progress on stderr; default: if stderr is a terminal"},
        OPT_OUTPUT_IN_PLACE(
            0, "progress-file", &c->progress_file, "FILE",
            "keep the progress as one line in FILE while the tool runs"),
        {.type = OPT_T_FLAG,
         .name = "no-provenance",
         .target = &c->no_provenance,
         .flags = OPT_PLAIN,
         .help = "do not record the options in the output's header"},
        OPT_OUTPUT(0, "report", &c->report, "FILE",
                   "write time, memory and command line of the run to FILE"),
        {.type = OPT_T_FLAG,
         .name = "no-sync",
         .target = &c->no_sync,
         .flags = OPT_PLAIN,
         .help = "do not wait until the files are on the disk"},
        {.type = OPT_T_FLAG,
         .name = "params",
         .target = &c->params,
         .flags = OPT_PLAIN,
         .help =
             "check the options, print their values as NAME=VALUE, and exit"},
        {.type = OPT_T_OPTIONS,
         .name = "options",
         .help = "print the options as tab-separated values"},
        {.type = OPT_T_HELP, .name = "help", .help = "print this summary"},
        {.type = OPT_T_VERSION,
         .name = "version",
         .help = "print the version, and the versions of the streams read and "
                 "written"},
    };

    tab->common = tab->n;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        add(tab, rows[i]);
}

void opt_table_make(const struct tool *t, struct opt_table *tab)
{
    tab->n = 0;
    tab->common = OPT_TABLE_MAX;
    for (const struct opt *row = t->rows; row->type != OPT_T_END; row++) {
        if (row->type == OPT_T_COMMON)
            add_common(tab, row->target);
        else if (row->type != OPT_T_OPERAND)
            add(tab, *row);
    }
}

bool opt_negatable(const struct opt *row)
{
    return row->type == OPT_T_TRISTATE ||
           (row->type == OPT_T_FLAG && !(row->flags & OPT_PLAIN));
}

static int out_of_range(const struct opt *row, const char *text, struct err *e)
{
    if (row->max >= 1.8e19)
        return err_set(e, ERR_ARG, "--%s: %s is below %.15g", row->name, text,
                       row->min);
    return err_set(e, ERR_ARG, "--%s: %s is not within %.15g..%.16g", row->name,
                   text, row->min, row->max);
}

static bool within(const struct opt *row, double v)
{
    return row->min == row->max || (v >= row->min && v <= row->max);
}

/* Read a whole number with a suffix or an exponent, such as 1.5k or 2e6.  One
 * that is too large sets errno. */
static bool read_scaled(const struct opt *row, const char *text,
                        unsigned long long *v)
{
    const char *end;
    double x;

    if (text[0] == '-' || text[0] == '+')
        return false;
    end = number_read(text, row->unit, &x);
    if (!end || *end || x != floor(x))
        return false;
    if (x > INT_EXACT)
        errno = ERANGE;
    else
        *v = (unsigned long long)x;
    return true;
}

static int set_integer(const struct opt *row, const char *text, struct err *e)
{
    bool negative = row->type == OPT_T_I64 && text[0] == '-';
    const char *digits = text + negative;
    char *end;
    unsigned long long v;

    if (row->flags & OPT_AUTO && !strcmp(text, "auto")) {
        *(uint64_t *)row->target = 0;
        return 0;
    }
    errno = 0;
    v = strtoull(digits, &end, 10);
    if ((digits[0] < '0' || digits[0] > '9' || *end) &&
        !(row->unit == NUMBER_SI && read_scaled(row, text, &v)))
        return err_set(e, ERR_ARG, "--%s: '%s' is not %s%s%s", row->name, text,
                       row->type == OPT_T_I64 ? "an integer" : "a whole number",
                       row->flags & OPT_AUTO ? " or auto" : "",
                       number_hint(text, row->unit));
    if (errno || (row->type == OPT_T_I64 && v > INT64_MAX))
        return err_set(e, ERR_ARG, "--%s: %s is too large", row->name, text);
    if (!within(row, negative ? -(double)v : (double)v))
        return out_of_range(row, text, e);
    if (row->type == OPT_T_I64)
        *(int64_t *)row->target = negative ? -(int64_t)v : (int64_t)v;
    else
        *(uint64_t *)row->target = v;
    return 0;
}

static int set_real(const struct opt *row, const char *text, struct err *e)
{
    const char *end;
    double v;

    if ((row->flags & OPT_NIL) && !strcmp(text, "none")) {
        *(double *)row->target = NAN;
        return 0;
    }
    end = number_read(text, row->unit, &v);
    if (!end || *end)
        return err_set(e, ERR_ARG, "--%s: '%s' is not a number%s", row->name,
                       text, number_hint(text, row->unit));
    if (!isfinite(v))
        return err_set(e, ERR_ARG, "--%s: %s is too large", row->name, text);
    if (!within(row, v))
        return out_of_range(row, text, e);
    *(double *)row->target = v;
    return 0;
}

/* Set the target to `first` for the first of the row's names, `first` + 1 for the
 * second and so on; `more` are other texts that would have been right. */
static int set_name(const struct opt *row, const char *text, int first,
                    const char *more, struct err *e)
{
    struct buf names = {0};

    buf_adds(&names, more);
    for (int i = 0; row->names && row->names[i]; i++) {
        if (!strcmp(row->names[i], text)) {
            *(int *)row->target = first + i;
            buf_free(&names);
            return 0;
        }
        buf_addf(&names, "%s%s", names.len ? ", " : "", row->names[i]);
    }
    err_set(e, ERR_ARG, "--%s: '%s' is not one of %s", row->name, text,
            names.data);
    buf_free(&names);
    return ERR_ARG;
}

static int set_when(const struct opt *row, const char *text, struct err *e)
{
    static const struct {
        const char *text;
        int value;
    } all[] = {{"auto", -1}, {"yes", 1}, {"no", 0}, {"true", 1}, {"false", 0}};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (!strcmp(all[i].text, text)) {
            *(int *)row->target = all[i].value;
            return 0;
        }
    return set_name(row, text, 2, "auto, yes, no", e);
}

void opt_value_text(const struct opt *row, int digits, struct buf *out)
{
    const char *s = "none";
    const void *at = row->target;

    switch (row->type) {
    case OPT_T_FLAG:
        buf_adds(out, *(const bool *)at ? "true" : "false");
        return;
    case OPT_T_TRISTATE:
        buf_adds(out, *(const int *)at < 0    ? "auto"
                      : *(const int *)at > 1  ? row->names[*(const int *)at - 2]
                      : *(const int *)at != 0 ? "true"
                                              : "false");
        return;
    case OPT_T_U64:
        if (row->flags & OPT_AUTO && *(const uint64_t *)at == 0)
            buf_adds(out, "auto");
        else
            buf_addf(out, "%" PRIu64, *(const uint64_t *)at);
        return;
    case OPT_T_I64:
        buf_addf(out, "%" PRId64, *(const int64_t *)at);
        return;
    case OPT_T_F64:
        if (isnan(*(const double *)at))
            buf_adds(out, s);
        else if (!digits)
            number_text(*(const double *)at, out);
        else
            buf_addf(out, "%.*g", digits, *(const double *)at);
        return;
    case OPT_T_ENUM:
        buf_adds(out, row->names[*(const int *)at]);
        return;
    case OPT_T_STR:
    case OPT_T_OPERAND:
        if (*(char *const *)at)
            s = *(char *const *)at;
        buf_adds(out, s);
        return;
    default:
        BUG("a row without a value of its own");
    }
}

int opt_set(const struct opt *row, char *text, bool on, struct err *e)
{
    struct strs *list = row->target;

    switch (row->type) {
    case OPT_T_FLAG:
        *(bool *)row->target = on;
        return 0;
    case OPT_T_TRISTATE:
        if (text)
            return set_when(row, text, e);
        *(int *)row->target = on;
        return 0;
    case OPT_T_PRESETS: /* was applied before */
    case OPT_T_VERSION: /* is printed at the end */
        return 0;
    case OPT_T_VERBOSE:
        log_level++;
        return 0;
    case OPT_T_QUIET:
        log_level -= log_level > 0; /* errors are always said */
        return 0;
    case OPT_T_U64:
    case OPT_T_I64:
        return set_integer(row, text, e);
    case OPT_T_F64:
        return set_real(row, text, e);
    case OPT_T_ENUM:
        return set_name(row, text, 0, "", e);
    case OPT_T_STR:
    case OPT_T_STRS:
        if (!text[0] && (row->flags & OPT_NOPROV))
            return err_set(e, ERR_ARG, "--%s: the file name is empty",
                           row->name);
        if (row->check && row->check(text, e) < 0)
            return e->code;
        if (row->type == OPT_T_STR) {
            *(char **)row->target = text;
            return 0;
        }
        list->v = xreallocarray(list->v, list->n + 1, sizeof *list->v);
        list->v[list->n++] = text;
        return 0;
    default:
        BUG("a row without a value");
    }
}
