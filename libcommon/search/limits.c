/* SPDX-License-Identifier: MIT */
#include "libcommon/search/limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/number.h"

void limits_free(struct limits *l)
{
    arena_free(&l->arena);
    *l = (struct limits){0};
}

/* Returns the place of the limit on a metric, or the one that it would get. */
static size_t place_of(const struct limits *l, const char *name)
{
    size_t i = 0;

    while (i < l->n && strcmp(l->v[i].name, name) < 0)
        i++;
    return i;
}

static bool has_at(const struct limits *l, size_t i, const char *name)
{
    return i < l->n && !strcmp(l->v[i].name, name);
}

const struct limit *limits_find(const struct limits *l, const char *name)
{
    size_t i = place_of(l, name);

    return has_at(l, i, name) ? &l->v[i] : NULL;
}

int limits_open(struct limits *l, const char *name, struct err *e)
{
    size_t i = place_of(l, name);

    if (!*name || strlen(name) > METRIC_NAME_MAX)
        return err_set(e, ERR_ARG,
                       "a limit's metric has 1 to %d bytes, not '%s'",
                       METRIC_NAME_MAX, name);
    if (has_at(l, i, name))
        return 0;
    if (l->n == LIMITS_MAX)
        return err_set(e, ERR_ARG, "more than %d limits", LIMITS_MAX);
    memmove(l->v + i + 1, l->v + i, (l->n - i) * sizeof *l->v);
    l->v[i] = (struct limit){arena_strdup(&l->arena, name), NAN, NAN};
    l->n++;
    return 0;
}

int limits_add(struct limits *l, const char *name, bool most, double bound,
               struct err *e)
{
    struct limit *limit;
    double *at;

    if (isnan(bound))
        return 0;
    if (metric_is_share(name) && (bound < 0 || bound > 1))
        return err_set(
            e, ERR_ARG,
            "limit %s=%.17g: this metric is a share, 0 to 1 or in %%", name,
            bound);
    if (metric_is_count(name) && bound < 0)
        return err_set(e, ERR_ARG,
                       "limit %s=%.17g: this metric is never below 0", name,
                       bound);
    if (limits_open(l, name, e) < 0)
        return e->code;
    limit = &l->v[place_of(l, name)];
    at = most ? &limit->max : &limit->min;
    if (!isnan(*at))
        return err_set(e, ERR_ARG, "two limits on what %s is at %s", name,
                       most ? "most" : "least");
    *at = bound;
    if (limit->min > limit->max)
        return err_set(e, ERR_ARG,
                       "%s cannot be %.17g at least and %.17g at most", name,
                       limit->min, limit->max);
    return 0;
}

int limits_take(struct limits *l, const char *name, bool most, double *bound,
                struct err *e)
{
    int rc = limits_add(l, name, most, *bound, e);

    *bound = NAN;
    return rc;
}

static int read_one(struct limits *l, const char *text, bool most,
                    struct err *e)
{
    const char *equals = strchr(text, '='), *end = NULL;
    enum number_unit unit;
    struct arena a = {0};
    char *name = NULL;
    double bound;
    int rc;

    if (equals)
        name = arena_strndup(&a, text, (size_t)(equals - text));
    unit = name && metric_is_share(name) ? NUMBER_SHARE : NUMBER_SI;
    if (equals)
        end = number_read(equals + 1, unit, &bound);
    rc = end && !*end && isfinite(bound)
             ? limits_add(l, name, most, bound, e)
             : err_set(e, ERR_ARG, "limit '%s' is not NAME=V, V a number%s",
                       text, number_hint(text, unit));
    arena_free(&a);
    return rc;
}

int limits_read(struct limits *l, const struct limit_options *o, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < o->max.n; i++)
        rc = read_one(l, o->max.v[i], true, e);
    for (size_t i = 0; rc == 0 && i < o->min.n; i++)
        rc = read_one(l, o->min.v[i], false, e);
    return rc;
}

static void settle_one(struct limits *l, struct strs *to, const char *name,
                       double bound)
{
    struct buf text = {0};

    if (isnan(bound))
        return;
    buf_addf(&text, "%s=", name);
    number_text(bound, &text);
    to->v[to->n++] = arena_strdup(&l->arena, text.data);
    buf_free(&text);
}

void limits_settle(struct limits *l, struct limit_options *o)
{
    free(o->max.v);
    free(o->min.v);
    o->max = (struct strs){arena_alloc(&l->arena, l->n, sizeof(char *)), 0};
    o->min = (struct strs){arena_alloc(&l->arena, l->n, sizeof(char *)), 0};
    for (size_t i = 0; i < l->n; i++) {
        settle_one(l, &o->max, l->v[i].name, l->v[i].max);
        settle_one(l, &o->min, l->v[i].name, l->v[i].min);
    }
}

struct list limits_list(const struct limits *l)
{
    return (struct list){(void *)l->v, l->n};
}

double bound_violation(double value, double bound, bool most)
{
    double excess = most ? value - bound : bound - value;

    if (!(excess > 0)) /* false for a bound of NAN, too */
        return 0;
    if (bound > 0)
        excess = most ? value / bound - 1 : 1 - value / bound;
    else if (bound < 0)
        excess /= -bound;
    return fmin(excess, VIOLATION_MAX);
}

double limit_violation(const struct limit *l, double value)
{
    return bound_violation(value, l->max, true) +
           bound_violation(value, l->min, false);
}

void limit_unmet(struct buf *b, const struct limit *l, double value)
{
    bool above = bound_violation(value, l->max, true) > 0;

    if (limit_violation(l, value) > 0)
        buf_addf(b, "%s%s is %.10g, %s %.10g", b->len ? "; " : "", l->name,
                 value, above ? "above" : "below", above ? l->max : l->min);
}

int limits_violation(const struct limits *l, const struct result *r,
                     double *violation, struct err *e)
{
    *violation = 0;
    for (size_t i = 0; i < l->n; i++) {
        double value;

        if (result_metric(r, l->v[i].name, &value, e) < 0)
            return e->code;
        *violation += limit_violation(&l->v[i], value);
    }
    return 0;
}
