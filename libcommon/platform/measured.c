/* SPDX-License-Identifier: MIT */
#include "libcommon/platform/measured.h"

#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"

#define COLUMNS 4
#define MOST 1e18 /* seconds or joules */

static int read_number(const char *text, const char *what, double *v,
                       struct err *e)
{
    const char *end = number_read(text, NUMBER_BARE, v);

    if (end && !*end && *v >= 0 && *v <= MOST)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "%s is \"%.64s\", and must be a number from 0 to 1e18, such "
                   "as 1.5e-3",
                   what, text);
}

/* Fills in one line, which is split at its tabs. */
static int parse_line(char *line, struct measured_cost *c, struct err *e)
{
    char *column[COLUMNS], *blank;
    size_t n = 0;
    int rc;

    for (char *at = line, *tab; at && n <= COLUMNS; at = tab, n++) {
        if ((tab = strchr(at, '\t')))
            *tab++ = '\0';
        if (n < COLUMNS)
            column[n] = at;
    }
    if (n != 3 && n != COLUMNS)
        return err_set(e, ERR_FORMAT,
                       "a line needs a layer or segment, a processor, seconds "
                       "and perhaps joules, with one tab between them");
    if ((blank = strchr(column[0], ' '))) {
        *blank++ = '\0';
        c->from = column[0];
    }
    c->to = blank ? blank : column[0];
    c->processor = column[1];
    if (!*column[0] || !*c->to || strchr(c->to, ' '))
        return err_set(e, ERR_FORMAT,
                       "the first column is the name of a layer, or two with "
                       "one blank between them for a segment");
    if (!*c->processor)
        return err_set(e, ERR_FORMAT, "the processor has no name");
    c->joules = NAN;
    if ((rc = read_number(column[2], "seconds", &c->seconds, e)) == 0 &&
        n == COLUMNS)
        rc = read_number(column[3], "joules", &c->joules, e);
    return rc;
}

/* Orders costs by what they are of. */
static int compare_costs(const struct measured_cost *a,
                         const struct measured_cost *b)
{
    int d = strcmp(a->to, b->to);

    if (!d)
        d = strcmp(a->from ? a->from : "", b->from ? b->from : "");
    return d ? d : strcmp(a->processor, b->processor);
}

/* The same for qsort; of equal ones the earlier line comes first. */
static int order_costs(const void *x, const void *y)
{
    const struct measured_cost *a = x, *b = y;
    int d = compare_costs(a, b);

    return d ? d : (a->line > b->line) - (a->line < b->line);
}

const struct measured_cost *measured_layer(const struct measured_costs *c,
                                           const char *layer,
                                           const char *processor)
{
    struct measured_cost key = {.to = layer, .processor = processor};
    size_t low = 0, high = c->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int d = compare_costs(&c->v[mid], &key);

        if (d == 0)
            return &c->v[mid];
        *(d < 0 ? &low : &high) = d < 0 ? mid + 1 : mid;
    }
    return NULL;
}

int measured_parse(struct measured_costs *c, const char *name, const char *text,
                   size_t n, struct err *e)
{
    const char *end = text + n;
    size_t line = 0;

    c->name = arena_strdup(&c->arena, name);
    if (memchr(text, '\0', n))
        return err_set(e, ERR_FORMAT, "%s: not a text", c->name);
    for (const char *at = text; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        struct measured_cost cost = {.line = ++line};

        if (length && at[length - 1] == '\r')
            length--;
        if (length && *at != '#') {
            if (parse_line(arena_strndup(&c->arena, at, length), &cost, e) < 0)
                return err_prefix(e, "%s:%zu", c->name, line);
            GROW(c->v, c->n, c->cap);
            c->v[c->n++] = cost;
        }
        at = stop ? stop + 1 : end;
    }
    if (c->n)
        qsort(c->v, c->n, sizeof *c->v, order_costs);
    for (size_t i = 1; i < c->n; i++) {
        const struct measured_cost *a = &c->v[i - 1], *b = &c->v[i];

        if (compare_costs(a, b) == 0)
            return err_set(e, ERR_FORMAT,
                           "%s:%zu: the cost of %s%s%s on %s stands in line "
                           "%zu already",
                           c->name, b->line, b->from ? b->from : "",
                           b->from ? " " : "", b->to, b->processor, a->line);
    }
    return 0;
}

void measured_free(struct measured_costs *c)
{
    free(c->v);
    arena_free(&c->arena);
    *c = (struct measured_costs){0};
}
