/* SPDX-License-Identifier: MIT */
#include "libcommon/platform/platform.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "libcommon/base/log.h"

const char *const rate_class_names[] = {"other",     "conv",   "pointwise",
                                        "depthwise", "linear", NULL};
const char *const precision_names[] = {"float", "int8", NULL};
const int precision_bytes[PRECISIONS] = {4, 1};

/* What is slower than this is taken for a slip of units. */
#define SLOW 1e3
/* What is slower than this is no rate: times and energies of networks must stay
 * finite. */
#define SLOWEST 1e-6

/* ---- looking up ---- */

int platform_processor(const struct platform *p, const char *name)
{
    for (size_t i = 0; name && i < p->processors.n; i++)
        if (!strcmp(platform_processor_at(p, i)->name, name))
            return (int)i;
    return -1;
}

int platform_pool(const struct platform *p, const char *name)
{
    for (size_t i = 0; name && i < p->pools.n; i++)
        if (!strcmp(platform_pool_at(p, i)->name, name))
            return (int)i;
    return -1;
}

const struct platform_link *platform_link_of(const struct platform *p, int from,
                                             int to)
{
    const struct platform_link *v = p->links.v;

    for (size_t i = 0; i < p->links.n; i++)
        if (platform_processor(p, v[i].from) == from &&
            platform_processor(p, v[i].to) == to)
            return &v[i];
    return NULL;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a == NIL_INT || (b != NIL_INT && b < a) ? b : a;
}

struct platform_room platform_room(const struct platform *p, size_t processor)
{
    const struct processor *own = platform_processor_at(p, processor);
    struct platform_room room = {own->memory, own->storage};
    int k = platform_pool(p, own->pool);

    if (k >= 0) {
        const struct platform_pool *pool = platform_pool_at(p, (size_t)k);

        room.memory = smaller(room.memory, pool->bytes);
        room.storage = smaller(room.storage, pool->storage);
    }
    return room;
}

double processor_rate(const struct processor *p, int class, int precision)
{
    const struct platform_rate *v = p->rates.v;
    double other = NAN;

    for (size_t i = 0; i < p->rates.n; i++) {
        if (v[i].precision != precision)
            continue;
        if (v[i].op == class)
            return v[i].macs_per_s;
        if (v[i].op == RATE_OTHER)
            other = v[i].macs_per_s;
    }
    return other;
}

/* ---- checks ---- */

static int check_name(const char *name, const char *what, struct err *e)
{
    size_t n = name ? strlen(name) : 0;

    for (size_t i = 0; i < n; i++)
        if (name[i] <= ' ' || name[i] > '~')
            n = 0;
    if (n < 1 || n > PLATFORM_MAX_NAME)
        return err_set(e, ERR_FORMAT,
                       "the name of a %s must be 1 to %d printable characters "
                       "without blanks, not \"%.*s\"",
                       what, PLATFORM_MAX_NAME, PLATFORM_MAX_NAME,
                       name ? name : "");
    return 0;
}

/* The number must be finite and above 0 as far as a rate must, or, where it may
 * be, 0. */
static int check_number(double v, bool zero, const char *what, struct err *e)
{
    if (isfinite(v) && v >= (zero ? 0 : SLOWEST))
        return 0;
    return err_set(e, ERR_FORMAT, "%s is %g, and must be %s", what, v,
                   zero ? "0 or more" : "1e-6 or more");
}

static int check_bytes(int64_t v, const char *what, struct err *e)
{
    return v == NIL_INT || v > 0
               ? 0
               : err_set(e, ERR_FORMAT,
                         "%s is %lld, and must be above 0, or nil where there "
                         "is no limit",
                         what, (long long)v);
}

static int check_processor(const struct platform *p, size_t i, struct err *e)
{
    const struct processor *c = platform_processor_at(p, i);
    const struct platform_rate *v = c->rates.v;
    int rc = check_name(c->name, "processor", e);

    if (rc < 0)
        return rc;
    if (platform_processor(p, c->name) != (int)i)
        return err_set(e, ERR_FORMAT, "two processors named %s", c->name);
    for (size_t k = 0; rc == 0 && k < c->rates.n; k++) {
        const char *op = rate_class_names[v[k].op];
        const char *precision = precision_names[v[k].precision];

        if ((rc = check_number(v[k].macs_per_s, false, "macs_per_s", e)) < 0)
            err_prefix(e, "rate of %s in %s", op, precision);
        for (size_t j = 0; rc == 0 && j < k; j++)
            if (v[k].op == v[j].op && v[k].precision == v[j].precision)
                rc = err_set(e, ERR_FORMAT, "two rates of %s in %s", op,
                             precision);
    }
    if (rc == 0 && !isnan(c->bytes_per_s))
        rc = check_number(c->bytes_per_s, false, "bytes_per_s", e);
    if (rc == 0)
        rc = check_number(c->call_s, true, "call_s", e);
    if (rc == 0 && !isnan(c->active_w))
        rc = check_number(c->active_w, true, "active_w", e);
    if (rc == 0 && !isnan(c->idle_w))
        rc = check_number(c->idle_w, true, "idle_w", e);
    if (rc == 0 && (rc = check_bytes(c->memory, "memory", e)) == 0)
        rc = check_bytes(c->storage, "storage", e);
    if (rc == 0 && c->pool && platform_pool(p, c->pool) < 0)
        rc = err_set(e, ERR_FORMAT, "its pool %s is not among the pools",
                     c->pool);
    return rc < 0 ? err_prefix(e, "processor %s", c->name) : 0;
}

static int check_pool(const struct platform *p, size_t i, struct err *e)
{
    const struct platform_pool *l = platform_pool_at(p, i);
    int rc = check_name(l->name, "pool", e);

    if (rc < 0)
        return rc;
    if (platform_pool(p, l->name) != (int)i ||
        platform_processor(p, l->name) >= 0)
        return err_set(e, ERR_FORMAT, "two pools or processors named %s",
                       l->name);
    if (l->bytes < 1)
        rc = err_set(e, ERR_FORMAT, "bytes is %lld, and must be above 0",
                     (long long)l->bytes);
    else
        rc = check_bytes(l->storage, "storage", e);
    return rc < 0 ? err_prefix(e, "pool %s", l->name) : 0;
}

static int check_link(const struct platform *p, size_t i, struct err *e)
{
    const struct platform_link *l = (struct platform_link *)p->links.v + i;
    int from = platform_processor(p, l->from);
    int to = platform_processor(p, l->to), rc = 0;

    if (from < 0 || to < 0)
        rc = err_set(e, ERR_FORMAT, "there is no processor of the name %s",
                     from < 0 ? l->from : l->to);
    else if (from == to)
        rc = err_set(e, ERR_FORMAT, "it ends where it begins");
    else if (platform_link_of(p, from, to) != l)
        rc = err_set(e, ERR_FORMAT, "it is there twice");
    else if ((rc = check_number(l->bytes_per_s, false, "bytes_per_s", e)) == 0)
        rc = check_number(l->latency_s, true, "latency_s", e);
    if (rc == 0 && !isnan(l->j_per_byte))
        rc = check_number(l->j_per_byte, true, "j_per_byte", e);
    return rc < 0 ? err_prefix(e, "link from %s to %s", l->from, l->to) : 0;
}

/* A processor that no data reach, or from which no answer comes, is of no use:
 * most likely a link was forgotten. */
static int check_ways(const struct platform *p, struct err *e)
{
    bool way[PLATFORM_MAX_PROCESSORS][PLATFORM_MAX_PROCESSORS];
    int source = platform_processor(p, p->source);
    int sink = platform_processor(p, p->sink);
    size_t n = p->processors.n;

    for (size_t i = 0; i < n * n; i++)
        way[i / n][i % n] = i / n == i % n ||
                            platform_link_of(p, (int)(i / n), (int)(i % n));
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n * n; i++)
            way[i / n][i % n] |= way[i / n][k] && way[k][i % n];
    for (size_t i = 0; i < n; i++) {
        const char *name = platform_processor_at(p, i)->name;
        bool reached = source < 0 ? i == 0 : way[source][i];

        for (size_t k = 0; source < 0 && k < i; k++)
            reached |= way[k][i];
        if (!reached)
            return err_set(e, ERR_FORMAT,
                           "no links lead to processor %s from %s: each "
                           "processor needs a link from one before it",
                           name, source < 0 ? "those before it" : p->source);
        if (sink >= 0 && !way[i][sink])
            return err_set(e, ERR_FORMAT,
                           "no links lead from processor %s to the sink %s: "
                           "the answer needs a way back",
                           name, p->sink);
    }
    return 0;
}

int platform_check(const struct platform *p, struct err *e)
{
    int rc = check_name(p->name, "platform", e);

    if (rc == 0 &&
        (p->processors.n < 1 || p->processors.n > PLATFORM_MAX_PROCESSORS))
        rc = err_set(e, ERR_FORMAT, "%zu processors, and there must be 1 to %d",
                     p->processors.n, PLATFORM_MAX_PROCESSORS);
    for (size_t i = 0; rc == 0 && i < p->processors.n; i++)
        rc = check_processor(p, i, e);
    for (size_t i = 0; rc == 0 && i < p->pools.n; i++)
        rc = check_pool(p, i, e);
    for (size_t i = 0; rc == 0 && i < p->links.n; i++)
        rc = check_link(p, i, e);
    if (rc == 0 && p->source && platform_processor(p, p->source) < 0)
        rc = err_set(e, ERR_FORMAT, "the source %s is no processor", p->source);
    if (rc == 0 && p->sink && platform_processor(p, p->sink) < 0)
        rc = err_set(e, ERR_FORMAT, "the sink %s is no processor", p->sink);
    return rc == 0 ? check_ways(p, e) : rc;
}

void platform_warn(const struct platform *p)
{
    const struct platform_link *links = p->links.v;

    for (size_t i = 0; i < p->processors.n; i++) {
        const struct processor *c = platform_processor_at(p, i);
        const struct platform_rate *v = c->rates.v;

        for (size_t k = 0; k < c->rates.n; k++)
            if (v[k].macs_per_s < SLOW)
                log_warn("platform %s: processor %s: %g MACs per second of %s "
                         "in %s: are these millions?",
                         p->name, c->name, v[k].macs_per_s,
                         rate_class_names[v[k].op],
                         precision_names[v[k].precision]);
        if (c->bytes_per_s < SLOW)
            log_warn("platform %s: processor %s: %g bytes per second: are "
                     "these millions?",
                     p->name, c->name, c->bytes_per_s);
    }
    for (size_t i = 0; i < p->links.n; i++)
        if (links[i].bytes_per_s < SLOW)
            log_warn("platform %s: link from %s to %s: %g bytes per second: "
                     "are these millions?",
                     p->name, links[i].from, links[i].to, links[i].bytes_per_s);
}

/* ---- copies ---- */

void platform_copy(struct platform *to, const struct platform *from,
                   struct arena *a)
{
    struct processor *c;
    struct platform_pool *pools;
    struct platform_link *links;

    *to = *from;
    to->name = arena_strdup(a, from->name);
    to->source = arena_strdup(a, from->source);
    to->sink = arena_strdup(a, from->sink);
    to->origin = arena_strdup(a, from->origin);
    c = to->processors.v = arena_memdup(a, from->processors.v,
                                        from->processors.n, sizeof *c);
    for (size_t i = 0; i < to->processors.n; i++) {
        c[i].name = arena_strdup(a, c[i].name);
        c[i].pool = arena_strdup(a, c[i].pool);
        c[i].origin = arena_strdup(a, c[i].origin);
        c[i].rates.v = arena_memdup(a, c[i].rates.v, c[i].rates.n,
                                    sizeof(struct platform_rate));
    }
    pools = to->pools.v = arena_memdup(a, from->pools.v, from->pools.n,
                                       sizeof *pools);
    for (size_t i = 0; i < to->pools.n; i++)
        pools[i].name = arena_strdup(a, pools[i].name);
    links = to->links.v = arena_memdup(a, from->links.v, from->links.n,
                                       sizeof *links);
    for (size_t i = 0; i < to->links.n; i++) {
        links[i].from = arena_strdup(a, links[i].from);
        links[i].to = arena_strdup(a, links[i].to);
        links[i].origin = arena_strdup(a, links[i].origin);
    }
}
