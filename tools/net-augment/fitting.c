/* SPDX-License-Identifier: MIT */
#include "tools/net-augment/fitting.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/platform/model.h"

/* What a piece needs. */
struct need {
    int64_t memory, storage;
};

/* The least times over all ways to run what lies before or behind. */
struct fit {
    const struct platform_model *m;
    struct platform_room *room; /* (processors) */
    int64_t capacity; /* of weights, of all together; NIL_INT = no end */
    /* (boundaries, processors) until the value of the boundary is on that
     * processor, no piece of which has run yet */
    double *before;
    /* (boundaries, processors) from the value on a processor whose piece has run,
     * until an answer is there */
    double *behind;
    double base; /* of the network without early exits */
};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Pools count once in the capacity, with the processors that share them. */
static void find_room(struct fit *f)
{
    const struct platform *p = f->m->platform;

    f->room = xcalloc(f->m->processors, sizeof *f->room);
    f->capacity = 0;
    for (size_t i = 0; i < f->m->processors; i++) {
        const struct processor *own = platform_processor_at(p, i);
        int k = platform_pool(p, own->pool);
        int64_t shared = k < 0 ? NIL_INT
                               : platform_pool_at(p, (size_t)k)->storage;

        f->room[i] = platform_room(p, i);
        if (f->room[i].storage == NIL_INT)
            f->capacity = NIL_INT;
        else if (f->capacity != NIL_INT)
            f->capacity += shared == NIL_INT ? own->storage : 0;
    }
    for (size_t k = 0; f->capacity != NIL_INT && k < p->pools.n; k++) {
        int64_t shared = platform_pool_at(p, k)->storage, sum = 0;

        for (size_t i = 0; shared != NIL_INT && i < f->m->processors; i++)
            if (platform_pool(p, platform_processor_at(p, i)->pool) == (int)k)
                sum += larger(f->room[i].storage, 0);
        f->capacity += shared == NIL_INT ? 0 : shared < sum ? shared : sum;
    }
}

/* Add what the piece (from, to] needs, and the final head behind it. */
static struct need need_of(const struct platform_model *m, size_t from,
                           size_t to)
{
    struct need n = {m->ram[from * m->boundaries + to],
                     m->storage[to] - m->storage[from]};

    if (to + 1 == m->boundaries) {
        n.memory = larger(n.memory, m->branch_ram[to]);
        n.storage += m->branch_storage[to];
    }
    return n;
}

static bool has_room(const struct fit *f, size_t processor, struct need n)
{
    return platform_has_room(&f->room[processor], n.memory, n.storage);
}

/* Returns the seconds of a piece, INFINITY where it has no room. */
static double piece(const struct fit *f, size_t processor, size_t from,
                    size_t to)
{
    if (!has_room(f, processor, need_of(f->m, from, to)))
        return INFINITY;
    return model_segment_seconds(f->m, (int)processor, from, to);
}

/* Returns the seconds from the end of the network on a processor to its answer:
 * the final head, or the branch at another boundary. */
static double answer(const struct platform_model *m, size_t processor,
                     size_t at)
{
    return m->branch_seconds[processor * m->boundaries + at] +
           model_transfer_seconds(m, (int)processor, m->sink, m->boundaries);
}

static void find_times(struct fit *f)
{
    const struct platform_model *m = f->m;
    size_t n = m->boundaries, procs = m->processors;

    f->before = xcalloc(n * procs, sizeof *f->before);
    f->behind = xcalloc(n * procs, sizeof *f->behind);
    for (size_t b = 0; b + 1 < n; b++)
        for (size_t p = 0; p < procs; p++) {
            double *best = &f->before[b * procs + p];

            *best = b ? INFINITY
                      : model_transfer_seconds(m, m->source, (int)p, 0);
            for (size_t a = 0; a < b; a++)
                for (size_t q = 0; q < p; q++)
                    *best = fmin(*best, f->before[a * procs + q] +
                                            piece(f, q, a, b) +
                                            model_transfer_seconds(m, (int)q,
                                                                   (int)p, b));
        }
    for (size_t b = n; b-- > 1;)
        for (size_t p = procs; p-- > 0;) {
            double *best = &f->behind[b * procs + p];

            *best = b + 1 == n ? answer(m, p, b) : INFINITY;
            for (size_t d = b + 1; d < n; d++)
                for (size_t q = p + 1; q < procs; q++)
                    *best = fmin(*best,
                                 model_transfer_seconds(m, (int)p, (int)q, b) +
                                     piece(f, q, b, d) +
                                     f->behind[d * procs + q]);
        }
}

/* Returns true when all weights have room somewhere, with those of the branch at
 * boundary b (0 = none). */
static bool has_capacity(const struct fit *f, size_t b)
{
    const struct platform_model *m = f->m;
    size_t last = m->boundaries - 1;

    return f->capacity == NIL_INT ||
           m->storage[last] + m->branch_storage[last] + m->branch_storage[b] <=
               f->capacity;
}

/* Returns the least seconds of the network when the exit at boundary b is on, in
 * the worst case. */
static double least_with(const struct fit *f, size_t b)
{
    const struct platform_model *m = f->m;
    size_t n = m->boundaries, procs = m->processors;
    double best = INFINITY;

    for (size_t p = 0; p < procs; p++)
        for (size_t a = 0; a < b; a++) {
            double until = f->before[a * procs + p] +
                           model_segment_seconds(m, (int)p, a, b);

            for (size_t d = b; d < n; d++) {
                struct need need = need_of(m, a, d);
                double through = until + m->branch_seconds[p * n + b];

                need.memory = larger(need.memory, m->branch_ram[b]);
                need.storage += m->branch_storage[b];
                if (!has_room(f, p, need))
                    continue;
                if (d > b)
                    through += model_segment_seconds(m, (int)p, b, d);
                through += f->behind[d * procs + p];
                best = fmin(best, fmax(through, until + answer(m, p, b)));
            }
        }
    return best;
}

/* ---- words ---- */

enum lack { LACK_NONE, LACK_MEMORY, LACK_STORAGE, LACK_LATENCY };

/* Find what the exit at boundary b, with the part of the backbone that ends there,
 * has no room for on any processor.  *text says so, in the arena. */
static enum lack find_lack(const struct fit *f, size_t b, struct arena *a,
                           const char **text)
{
    const struct platform_model *m = f->m;
    struct need n = need_of(m, b - 1, b);
    enum lack lack = LACK_NONE;
    int64_t most = -1, needed = 0;
    char line[200];

    n.memory = larger(n.memory, m->branch_ram[b]);
    n.storage += m->branch_storage[b];
    for (size_t p = 0; p < m->processors; p++) {
        const struct platform_room *room = &f->room[p];
        bool memory = room->memory != NIL_INT && n.memory > room->memory;

        if (has_room(f, p, n))
            return LACK_NONE;
        if ((memory ? room->memory : room->storage) > most) {
            most = memory ? room->memory : room->storage;
            needed = memory ? n.memory : n.storage;
            lack = memory ? LACK_MEMORY : LACK_STORAGE;
        }
    }
    snprintf(line, sizeof line,
             "it needs %" PRId64 " bytes of %s with its branch, of which no "
             "processor has more than %" PRId64,
             needed, lack == LACK_MEMORY ? "memory" : "storage", most);
    *text = arena_strdup(a, line);
    return lack;
}

/* Say that the network cannot be on the platform. */
static int refuse_base(const struct fit *f, struct err *e)
{
    const struct platform_model *m = f->m;
    size_t last = m->boundaries - 1;

    if (model_check(m, e) < 0)
        return e->code;
    if (!has_capacity(f, 0))
        return err_set(e, ERR_FORMAT,
                       "the weights need %" PRId64
                       " bytes, and platform %s has %" PRId64,
                       m->storage[last] + m->branch_storage[last],
                       m->platform->name, f->capacity);
    return err_set(e, ERR_FORMAT,
                   "the network cannot be divided so that the processors of "
                   "platform %s hold it",
                   m->platform->name);
}

/* Warn of the candidates that were dropped, those of one reason in a row
 * together. */
static void say_dropped(const struct candidates *c, const enum lack *lack,
                        const char *id)
{
    for (size_t i = 0, end; i < c->n; i = end) {
        const char *first = net_layer(&c->base, c->v[i].branch.layer)->name;

        end = i + 1;
        if (!lack[i])
            continue;
        while (end < c->n && lack[end] == lack[i])
            end++;
        if (end == i + 1)
            log_warn("net %.32s: no exit at %s: %s", id, first,
                     c->v[i].dropped);
        else
            log_warn("net %.32s: no exit at %s to %s (%zu positions): at the "
                     "first, %s",
                     id, first,
                     net_layer(&c->base, c->v[end - 1].branch.layer)->name,
                     end - i, c->v[i].dropped);
    }
}

/* ---- the whole ---- */

/* Judge the candidate whose exit stands at boundary b. */
static enum lack judge(const struct fit *f, const struct fitting_opts *o,
                       size_t b, struct candidate *v, struct arena *a)
{
    const struct platform_model *m = f->m;
    double seconds = has_capacity(f, b) ? least_with(f, b) : INFINITY;
    enum lack lack;
    char line[200];

    v->memory = larger(m->ram[b], m->branch_ram[b]);
    v->storage = m->storage[b] + m->branch_storage[b];
    if (isfinite(seconds))
        v->latency = seconds;
    if (isfinite(seconds) && !(seconds > o->max_latency))
        return LACK_NONE;
    if (isfinite(seconds)) {
        snprintf(line, sizeof line,
                 "the network takes at least %.4g s with it, --max-latency is "
                 "%.4g",
                 seconds, o->max_latency);
        v->dropped = arena_strdup(a, line);
        return LACK_LATENCY;
    }
    if ((lack = find_lack(f, b, a, &v->dropped)))
        return lack;
    v->dropped = "with its branch the processors do not hold the network";
    return LACK_STORAGE;
}

/* Find what there is to know of the network with the exits that are taken, owned
 * (fit_fini, also after a failure) with m. */
static int fit_init(struct fit *f, struct platform_model *m,
                    const struct candidates *c, const struct fitting_opts *o,
                    struct net *net, struct arena *a, struct err *e)
{
    int rc;

    *f = (struct fit){.m = m};
    if ((rc = candidates_net(c, a, net, e)) < 0 ||
        (rc = model_init(m, o->platform, net, o->precision, o->costs, e)) < 0)
        return rc;
    find_room(f);
    find_times(f);
    f->base = INFINITY;
    for (size_t b = 1; has_capacity(f, 0) && b < m->boundaries; b++)
        for (size_t p = 0; p < m->processors; p++)
            f->base = fmin(f->base, f->before[p] + piece(f, p, 0, b) +
                                        f->behind[b * m->processors + p]);
    return 0;
}

static void fit_fini(struct fit *f, struct platform_model *m)
{
    free(f->room);
    free(f->before);
    free(f->behind);
    model_fini(m);
}

/* Warn where a boundary that went with its exit was needed to divide the
 * network. */
static int check_rest(const struct candidates *c, const struct fitting_opts *o,
                      struct arena *a, struct err *e)
{
    struct platform_model m = {0};
    struct fit f;
    struct net net;
    int rc = fit_init(&f, &m, c, o, &net, a, e);

    if (rc == 0 && (!isfinite(f.base) || f.base > o->max_latency))
        log_warn("net %.32s: without boundaries at these positions the network "
                 "%s any more; branches may be made smaller by --pool=1",
                 c->id,
                 isfinite(f.base) ? "is not within --max-latency"
                                  : "does not fit on the platform");
    fit_fini(&f, &m);
    return rc;
}

int candidates_fit(struct candidates *c, const struct fitting_opts *o,
                   struct arena *a, struct err *e)
{
    enum lack *lack = arena_alloc(a, c->n + 1, sizeof *lack);
    struct platform_model m = {0};
    struct fit f;
    struct net all;
    size_t b = 0, dropped = 0;
    int rc = fit_init(&f, &m, c, o, &all, a, e);

    memset(lack, 0, (c->n + 1) * sizeof *lack);
    if (rc == 0 && !isfinite(f.base))
        rc = refuse_base(&f, e);
    else if (rc == 0 && f.base > o->max_latency)
        rc = err_set(e, ERR_FORMAT,
                     "on platform %s the network takes at least %.4g s, "
                     "--max-latency is %.4g",
                     o->platform->name, f.base, o->max_latency);
    for (size_t i = 0; rc == 0 && i < c->n; i++)
        if (!c->v[i].dropped)
            dropped += (lack[i] = judge(&f, o, ++b, &c->v[i], a)) != LACK_NONE;
    fit_fini(&f, &m);
    if (rc == 0)
        say_dropped(c, lack, c->id);
    return rc < 0 || !dropped ? rc : check_rest(c, o, a, e);
}
