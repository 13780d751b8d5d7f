/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mapexact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* ---- mappings ---- */

struct mapper {
    const struct map_case *c;
    size_t boundaries, most;    /* segments */
    bool on[NET_MAX_EXITS + 1]; /* (boundaries) an exit stands there */
    struct map_plan plan;
    map_each_fn *fn;
    void *ctx;
};

/* Go on behind `from` with a segment on a processor, the `of`-th one there. */
static void map_behind(struct mapper *m, size_t from, size_t processor,
                       size_t of)
{
    const struct map_case *c = m->c;
    size_t s = m->plan.segments++, to = from;
    bool more = !m->most || s + 1 < m->most;

    m->plan.s[s].processor = (uint8_t)processor;
    do {
        bool on = m->on[++to];

        m->plan.s[s].end = (uint8_t)to;
        m->plan.s[s].value = on ? 0 : MAP_OFF;
        if (to + 1 == m->boundaries) {
            m->fn(m->ctx, &m->plan);
            break;
        }
        if (c->fixed && map_changes_to(c->fixed, to)) {
            map_behind(m, to, map_changes_to(c->fixed, to), 1);
            break;
        }
        if (on && more &&
            (c->fixed || !c->per_processor || of < c->per_processor))
            map_behind(m, to, processor, of + 1);
        for (size_t k = processor + 1;
             !c->fixed && more && !c->blocked[to - 1] &&
             k < c->model->processors;
             k++)
            map_behind(m, to, k, 1);
    } while (!m->on[to]);
    m->plan.segments = s;
}

void map_each(const struct map_case *c, const size_t *on, size_t n,
              size_t segments, map_each_fn *fn, void *ctx)
{
    struct mapper m = {.c = c,
                       .boundaries = c->model->boundaries,
                       .most = segments,
                       .fn = fn,
                       .ctx = ctx};

    for (size_t i = 0; i < n; i++)
        m.on[on[i] + 1] = true;
    for (size_t k = 0; k < c->model->processors; k++)
        if (!c->fixed || c->fixed->s[0].processor == k)
            map_behind(&m, 0, k, 1);
}

/* Returns n over k. */
static double choose(size_t n, size_t k)
{
    double ways = k <= n;

    for (size_t i = 0; i < k && i < n; i++)
        ways *= (double)(n - i) / (double)(i + 1);
    return ways;
}

double map_count(const struct map_case *c, size_t on, size_t segments)
{
    size_t places = c->model->boundaries - 2, processors = c->model->processors;
    double count = 0;

    if (c->fixed)
        return 1;
    if (segments && segments < processors)
        processors = segments;
    for (size_t r = 1; r <= processors; r++)
        count += choose(c->model->processors, r) *
                 (c->per_processor != 1 ? choose(places, r - 1)
                  : r > on              ? choose(places - on, r - 1 - on)
                                        : 0);
    return count;
}

/* ---- sets of exits ---- */

/* A mapping with its costs. */
struct priced {
    struct map_plan plan;
    struct map_takes takes;
};

struct enumeration {
    const struct map_case *c;
    struct map_keep *keep;
    size_t most;
    size_t set[MAP_EXACT_EXITS], n; /* exits that are on */
    uint16_t value[MAP_EXACT_EXITS];
    struct priced **priced;          /* (mappings) of the set */
    size_t mappings, all;            /* the first `all` have memory */
    uint32_t *list[MAP_EXACT_EXITS]; /* (samples) in flight at exit d, sorted by
                                      * their bin there */
    /* (values + 1, MAP_STATES (values + 1)) in flight by bin at the last but one
     * exit and code at the last */
    uint32_t *joint;
    uint32_t *first; /* (MAP_STATES (values + 1)) by code at the last but one */
    uint32_t *pass;  /* the same by code at the last, of those that pass */
    struct map_tally left[MAP_EXACT_EXITS + 1]; /* (n + 1) */
};

size_t map_most_on(const struct map_case *c)
{
    size_t allowed = 0, most = c->per_processor * c->model->processors;

    for (size_t i = 0; i + 1 < c->samples->exits; i++)
        allowed += c->allowed[i];
    return c->fixed || !most || most - 1 > allowed ? allowed : most - 1;
}

double map_exact_work(const struct map_case *c, size_t most)
{
    size_t allowed = 0;
    double work = 0, t = (double)c->samples->values, values = 1;

    for (size_t i = 0; i + 1 < c->samples->exits; i++)
        allowed += c->allowed[i];
    if (most > MAP_EXACT_EXITS)
        return INFINITY;
    for (size_t m = 0; m <= most; m++) {
        double sets = choose(allowed, m);

        work += sets * map_count(c, m, 0) * (10 + values);
        if (m >= 2)
            work += sets * values / (t * t) *
                    (0.1 * (double)c->samples->samples + 2 * t * t);
        values *= t;
    }
    return work;
}

/* Note a mapping of the set. */
static void add_mapping(void *ctx, const struct map_plan *plan)
{
    struct enumeration *x = ctx;

    if (x->mappings == x->all) {
        size_t more = x->all ? 2 * x->all : 16;

        x->priced = xreallocarray(x->priced, more, sizeof(struct priced *));
        for (; x->all < more; x->all++)
            x->priced[x->all] = xmalloc(sizeof **x->priced);
    }
    struct priced *p = x->priced[x->mappings];

    map_plan_copy(&p->plan, plan);
    x->mappings += map_price(x->c, plan, &p->takes);
}

/* Offer what x->left and x->value say with every mapping of the set. */
static void offer(struct enumeration *x)
{
    double metric[MAP_METRICS];
    struct map_outcome o;
    size_t right = 0;

    for (size_t i = 0; i <= x->n; i++)
        right += x->left[i].right;
    for (size_t i = 0; i < x->mappings; i++) {
        struct priced *p = x->priced[i];

        map_evaluate(x->c, &p->takes, x->left, metric, &o);
        if (!keep_asks(x->keep, &o, right))
            continue;
        for (size_t s = 0, d = 0; d < x->n; s++)
            if (p->plan.s[s].value != MAP_OFF)
                p->plan.s[s].value = x->value[d++];
        keep_offer(x->keep, &p->plan, &o, right);
    }
}

/* Move the codes of a bin from one tally to another. */
static void add_bin(struct map_tally *to, const uint32_t *code, size_t bin)
{
    for (unsigned q = 0; q < MAP_STATES; q++)
        map_tally_add(to, q, code[MAP_STATES * bin + q]);
}

static struct map_tally without(struct map_tally all, const struct map_tally *t)
{
    return (struct map_tally){all.n - t->n, all.right - t->right,
                              all.lost - t->lost, all.different - t->different};
}

/* Try all values of the last exit on the samples that x->pass counts.  A value
 * that no sample tells from the one below it is left out. */
static void try_last(struct enumeration *x)
{
    size_t values = x->c->samples->values;
    struct map_tally all = {0, 0, 0, 0}, pass = {0, 0, 0, 0};

    for (size_t b = 0; b <= values; b++)
        add_bin(&all, x->pass, b);
    x->left[x->n] = (struct map_tally){0, 0, 0, 0};
    for (size_t v = 0; v < values; v++) {
        uint32_t before = pass.n;

        add_bin(&pass, x->pass, v);
        if (v && pass.n == before)
            continue;
        for (unsigned q = 0; q < MAP_STATES; q++)
            map_tally_add(&x->left[x->n],
                          q & MAP_FINAL_RIGHT ? MAP_RIGHT | MAP_FINAL_RIGHT : 0,
                          x->pass[MAP_STATES * v + q]);
        x->left[x->n].n = pass.n;
        x->left[x->n - 1] = without(all, &pass);
        x->value[x->n - 1] = (uint16_t)v;
        offer(x);
        if (pass.n == all.n)
            break;
    }
}

/* Try all values of the last two exits on the samples in flight (n); list NULL =
 * all samples. */
static void try_pair(struct enumeration *x, const uint32_t *list, size_t n)
{
    const struct map_samples *s = x->c->samples;
    size_t d = x->n - 2, row = MAP_STATES * (s->values + 1);
    const uint16_t *one = s->code + x->set[d] * s->samples,
                   *two = s->code + x->set[d + 1] * s->samples;
    struct map_tally all = {0, 0, 0, 0}, pass = {0, 0, 0, 0};

    memset(x->joint, 0, (s->values + 1) * row * sizeof *x->joint);
    memset(x->first, 0, row * sizeof *x->first);
    memset(x->pass, 0, row * sizeof *x->pass);
    for (size_t i = 0; i < n; i++) {
        size_t k = list ? list[i] : i;

        x->joint[one[k] / MAP_STATES * row + two[k]]++;
        x->first[one[k]]++;
    }
    for (size_t b = 0; b <= s->values; b++)
        add_bin(&all, x->first, b);
    for (size_t v = 0; v < s->values; v++) {
        uint32_t before = pass.n;

        add_bin(&pass, x->first, v);
        for (size_t q = 0; q < row; q++)
            x->pass[q] += x->joint[v * row + q];
        if (v && pass.n == before)
            continue;
        x->left[d] = without(all, &pass);
        x->value[d] = (uint16_t)v;
        try_last(x);
    }
}

/* Choose values from exit d of the set on for the samples in flight. */
static void try_from(struct enumeration *x, size_t d, const uint32_t *list,
                     size_t n)
{
    const struct map_samples *s = x->c->samples;
    const uint16_t *code = s->code + x->set[d] * s->samples;
    size_t at[MAP_VALUES_MAX + 2] = {0};
    struct map_tally all = {0, 0, 0, 0}, pass = {0, 0, 0, 0};

    if (x->n - d == 2) {
        try_pair(x, list, n);
        return;
    }
    if (x->n - d == 1) {
        memset(x->pass, 0, MAP_STATES * (s->values + 1) * sizeof *x->pass);
        for (size_t i = 0; i < n; i++)
            x->pass[code[list ? list[i] : i]]++;
        try_last(x);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = list ? list[i] : i;

        at[code[k] / MAP_STATES + 1]++;
        map_tally_add(&all, code[k] % MAP_STATES, 1);
    }
    for (size_t b = 1; b <= s->values + 1; b++)
        at[b] += at[b - 1];
    for (size_t i = 0; i < n; i++) {
        size_t k = list ? list[i] : i;

        x->list[d][at[code[k] / MAP_STATES]++] = (uint32_t)k;
    }
    for (size_t v = 0; v < s->values; v++) { /* at[v]: the end of bin v now */
        size_t from = pass.n;

        for (size_t i = from; i < at[v]; i++)
            map_tally_add(&pass, code[x->list[d][i]] % MAP_STATES, 1);
        if (v && pass.n == from)
            continue;
        x->left[d] = without(all, &pass);
        x->value[d] = (uint16_t)v;
        try_from(x, d + 1, x->list[d], at[v]);
    }
}

/* Try the present set, and all that have more exits behind it. */
static void try_sets(struct enumeration *x, size_t from)
{
    const struct map_samples *s = x->c->samples;

    x->mappings = 0;
    map_each(x->c, x->set, x->n, 0, add_mapping, x);
    if (x->n) {
        try_from(x, 0, NULL, s->samples);
    } else {
        x->left[0] = (struct map_tally){(uint32_t)s->samples,
                                        (uint32_t)s->final_right, 0, 0};
        offer(x);
    }
    if (x->n == x->most)
        return;
    for (size_t i = from; i + 1 < s->exits; i++)
        if (x->c->allowed[i]) {
            x->set[x->n++] = i;
            try_sets(x, i + 1);
            x->n--;
        }
}

void map_exact(const struct map_case *c, size_t most, struct map_keep *k)
{
    struct enumeration x = {.c = c, .keep = k, .most = most};
    size_t row = MAP_STATES * (c->samples->values + 1);

    x.joint = xcalloc(c->samples->values + 1, row * sizeof *x.joint);
    x.first = xcalloc(row, sizeof *x.first);
    x.pass = xcalloc(row, sizeof *x.pass);
    for (size_t d = 0; d + 2 < x.most; d++)
        x.list[d] = xcalloc(c->samples->samples, sizeof *x.list[d]);
    try_sets(&x, 0);
    for (size_t i = 0; i < x.all; i++)
        free(x.priced[i]);
    for (size_t d = 0; d < MAP_EXACT_EXITS; d++)
        free(x.list[d]);
    free(x.priced);
    free(x.joint);
    free(x.first);
    free(x.pass);
}
