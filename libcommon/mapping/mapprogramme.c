/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mapprogramme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define LABELS 12 /* of a state, where the worst latency is limited */

/* ---- shares ---- */

void map_shares_init(struct map_shares *p, const struct map_samples *s,
                     const struct map_plan *plan)
{
    size_t early = s->exits - 1, values = plan ? 1 : s->values;
    unsigned char *gone = xcalloc(s->samples, 1);

    *p = (struct map_shares){.values = values, .given = plan != NULL};
    p->leave = xcalloc(early + 1, values * sizeof *p->leave);
    p->right = xcalloc(early + 1, values * sizeof *p->right);
    for (size_t i = 0, at = 0; i < early; i++) {
        const uint16_t *code = s->code + i * s->samples;
        double come = 0;
        size_t value = MAP_OFF;

        while (plan && plan->s[at].end < i + 1)
            at++;
        if (plan && plan->s[at].end == i + 1)
            value = plan->s[at].value;
        p->must[i] = plan && value != MAP_OFF;
        if (plan && !p->must[i])
            continue;
        for (size_t k = 0; k < s->samples; k++) {
            size_t bin = code[k] / MAP_STATES;

            if (gone[k])
                continue;
            come++;
            for (size_t v = 0; !plan && v < bin; v++) {
                p->leave[i * values + v]++;
                p->right[i * values + v] += code[k] & MAP_RIGHT;
            }
            if (plan && value < bin) {
                gone[k] = 1;
                p->leave[i]++;
                p->right[i] += code[k] & MAP_RIGHT;
            }
        }
        for (size_t v = 0; v < values && come > 0; v++) {
            p->leave[i * values + v] /= come;
            p->right[i * values + v] /= come;
        }
    }
    for (size_t k = 0; k < s->samples; k++)
        if (!gone[k]) { /* its share of right answers is the final exit's */
            const uint16_t *code = s->code + early * s->samples;

            p->leave[early * values]++;
            p->right[early * values] += code[k] & MAP_RIGHT;
        }
    if (p->leave[early * values] > 0)
        p->right[early * values] /= p->leave[early * values];
    free(gone);
}

void map_shares_fini(struct map_shares *p)
{
    free(p->leave);
    free(p->right);
    memset(p, 0, sizeof *p);
}

/* ---- labels ---- */

/* What a sample pays from a state on, and where it goes. */
struct label {
    double pay, worst;
    uint8_t end;           /* of the segment that begins here */
    uint16_t value;        /* at its end */
    uint8_t processor, of; /* that goes on there, 0xff = none */
    uint8_t next;          /* which of its labels */
};

struct labels {
    size_t n;
    struct label v[LABELS];
};

struct programme {
    const struct map_case *c;
    const struct map_shares *p;
    const struct map_prices *prices;
    size_t boundaries, processors, segments, labels;
    double limit;  /* on the worst latency */
    double idle_w; /* of all processors */
    struct platform_room room[PLATFORM_MAX_PROCESSORS];
    /* (boundaries, processors, segments) a segment begins; one ends with its exit
     * on; one ends without */
    struct labels *begin, *on, *off;
};

static struct labels *state_of(const struct programme *g, struct labels *table,
                               size_t b, size_t k, size_t of)
{
    return &table[(b * g->processors + k) * g->segments + of];
}

/* Keep a label in order of what is paid, unless another is no worse in both. */
static void keep_label(const struct programme *g, struct labels *s,
                       const struct label *l)
{
    size_t at = s->n;

    if (!isfinite(l->pay) || l->worst > g->limit)
        return;
    while (at > 0 && s->v[at - 1].pay > l->pay)
        at--;
    for (size_t i = 0; i < at; i++)
        if (g->labels == 1 || s->v[i].worst <= l->worst)
            return;
    /* Those behind stay that are better in the worst latency.  Of too many the
     * last but one goes, since the last is the fastest. */
    struct label behind[LABELS];
    size_t n;

    if (at == g->labels)
        at--;
    n = s->n - at;

    memcpy(behind, s->v + at, n * sizeof *behind);
    if (at == g->labels)
        at--;
    s->v[at++] = *l;
    for (size_t i = 0; i < n && g->labels > 1; i++)
        if (behind[i].worst < l->worst) {
            if (at == g->labels)
                at--;
            s->v[at++] = behind[i];
        }
    s->n = at;
}

/* ---- pieces of a path ---- */

/* What a sample pays for seconds in which `joules` are used beyond what waits. */
static double pay(const struct programme *g, double seconds, double joules,
                  double idle_w, double macs)
{
    const struct map_prices *p = g->prices;

    return (p->latency > 0 ? p->latency * seconds : 0) +
           (p->energy > 0 ? p->energy * (joules + idle_w * seconds) : 0) +
           (p->macs > 0 ? p->macs * macs : 0);
}

static double idle_besides(const struct programme *g, size_t k)
{
    const struct platform *p = g->c->model->platform;

    return g->idle_w - platform_processor_at(p, k)->idle_w;
}

/* A transfer, with what it pays. */
static double pay_transfer(const struct programme *g, int from, int to,
                           size_t b, double *seconds)
{
    const struct platform_model *m = g->c->model;

    *seconds = model_transfer_seconds(m, from, to, b);
    if (isinf(*seconds))
        return INFINITY;
    return pay(g, *seconds,
               g->prices->energy > 0 ? model_transfer_joules(m, from, to, b)
                                     : 0,
               g->idle_w, 0);
}

/* ---- the recursion ---- */

/* Set the labels of segments that end at the last boundary. */
static void end_last(struct programme *g)
{
    const struct platform_model *m = g->c->model;
    size_t b = g->boundaries - 1, final = b - 1;
    double wrong = 1 - g->p->right[final * g->p->values];

    for (size_t k = 0; k < g->processors; k++)
        for (size_t of = 0; of < g->segments; of++) {
            double seconds = m->branch_seconds[k * g->boundaries + b],
                   joules = m->branch_joules[k * g->boundaries + b], back;
            struct label l = {
                .end = (uint8_t)b, .value = MAP_OFF, .processor = 0xff};

            l.pay = pay_transfer(g, (int)k, m->sink, g->boundaries, &back) +
                    pay(g, seconds, joules, idle_besides(g, k),
                        (double)m->branch_macs[b]) +
                    g->prices->error * wrong;
            l.worst = seconds + back;
            keep_label(g, state_of(g, g->on, b, k, of), &l);
        }
}

/* Keep what follows from a label behind boundary b, which costs `crossing` to get
 * to, with every value of the exit there, or without it. */
static void go_on(struct programme *g, size_t b, size_t k, size_t of,
                  const struct label *from, double crossing, double seconds)
{
    const struct platform_model *m = g->c->model;
    size_t exit = b - 1, at = k * g->boundaries + b;
    double back, rest = crossing + from->pay, leave,
                 branch = m->branch_seconds[at], best = INFINITY;
    struct label l = *from;

    l.end = (uint8_t)b;
    l.value = MAP_OFF;
    l.pay = rest;
    l.worst = seconds + from->worst;
    if (!g->p->must[exit] && l.processor != k)
        keep_label(g, state_of(g, g->off, b, k, of), &l);
    if (!g->c->allowed[exit] || (g->p->given && !g->p->must[exit]))
        return;
    leave = pay_transfer(g, (int)k, m->sink, g->boundaries, &back);
    for (size_t v = 0; v < g->p->values; v++) {
        double p = g->p->leave[exit * g->p->values + v],
               wrong = p - g->p->right[exit * g->p->values + v],
               paid = p * leave + g->prices->error * wrong +
                      (p < 1 ? (1 - p) * rest : 0);

        if (paid < best) {
            best = paid;
            l.value = (uint16_t)v;
        }
    }
    l.pay = best + pay(g, branch, m->branch_joules[at], idle_besides(g, k),
                       (double)m->branch_macs[b]);
    l.worst = branch + fmax(back, l.worst);
    keep_label(g, state_of(g, g->on, b, k, of), &l);
}

/* Set the labels of segments that end at an inner boundary. */
static void end_at(struct programme *g, size_t b)
{
    const struct map_plan *fixed = g->c->fixed;
    size_t to = fixed ? map_changes_to(fixed, b) : 0;

    for (size_t k = 0; k < g->processors; k++)
        for (size_t of = 0; of < g->segments; of++)
            for (size_t next = k; next < g->processors; next++) {
                size_t place = next > k                        ? 0
                               : g->c->per_processor && !fixed ? of + 1
                                                               : 0;
                double seconds, crossing;
                const struct labels *s;

                if (place == g->segments || (fixed && next != (to ? to : k)))
                    continue;
                s = state_of(g, g->begin, b, next, place);
                crossing = pay_transfer(g, (int)k, (int)next, b, &seconds);
                for (size_t i = 0; i < s->n; i++) {
                    struct label l = s->v[i];

                    l.processor = (uint8_t)next;
                    l.of = (uint8_t)place;
                    l.next = (uint8_t)i;
                    go_on(g, b, k, of, &l, crossing, seconds);
                }
            }
}

/* Keep the labels of a segment (from, to] that ends as `end` says. */
static void begin_by(struct programme *g, struct labels *s, size_t k,
                     size_t from, size_t to, bool on, const struct labels *end)
{
    const struct platform_model *m = g->c->model;
    double seconds, paid;
    int64_t memory = m->ram[from * g->boundaries + to],
            storage = m->storage[to] - m->storage[from];

    if (on) {
        storage += m->branch_storage[to];
        memory = m->branch_ram[to] > memory ? m->branch_ram[to] : memory;
    }
    if (!end->n || !platform_has_room(&g->room[k], memory, storage))
        return;
    seconds = model_segment_seconds(m, (int)k, from, to);
    paid = pay(g, seconds,
               g->prices->energy > 0 ? model_segment_joules(m, (int)k, from, to)
                                     : 0,
               idle_besides(g, k), (double)(m->macs[to] - m->macs[from]));
    for (size_t i = 0; i < end->n; i++) {
        struct label l = end->v[i];

        l.pay += paid;
        l.worst += seconds;
        keep_label(g, s, &l);
    }
}

/* Set the labels of segments that begin at a boundary. */
static void begin_at(struct programme *g, size_t b)
{
    for (size_t k = 0; k < g->processors; k++)
        for (size_t of = 0; of < g->segments; of++) {
            struct labels *s = state_of(g, g->begin, b, k, of);

            for (size_t to = b + 1; to < g->boundaries; to++) {
                begin_by(g, s, k, b, to, true, state_of(g, g->on, to, k, of));
                if (to + 1 == g->boundaries)
                    break;
                begin_by(g, s, k, b, to, false, state_of(g, g->off, to, k, of));
                if (g->p->must[to - 1] ||
                    (g->c->fixed && map_changes_to(g->c->fixed, to)))
                    break;
            }
        }
}

/* Follow the labels from the first one. */
static void read_path(const struct programme *g, size_t k, struct label l,
                      const struct map_plan *given, struct map_plan *plan)
{
    size_t at = 0;

    plan->segments = 0;
    for (;;) {
        struct map_segment *s = &plan->s[plan->segments++];

        *s = (struct map_segment){(uint8_t)k, l.end, l.value};
        if (given && s->value != MAP_OFF) {
            while (given->s[at].end != l.end)
                at++;
            s->value = given->s[at].value;
        }
        if (l.processor == 0xff)
            return;
        k = l.processor;
        l = state_of(g, g->begin, l.end, k, l.of)->v[l.next];
    }
}

/* Find the best label at the input, or none. */
static bool best_first(struct programme *g, size_t *processor,
                       struct label *best)
{
    const struct map_plan *fixed = g->c->fixed;

    best->pay = INFINITY;
    for (size_t k = 0; k < g->processors; k++) {
        const struct labels *s = state_of(g, g->begin, 0, k, 0);
        double seconds,
            paid = pay_transfer(g, g->c->model->source, (int)k, 0, &seconds);

        if (fixed && fixed->s[0].processor != k)
            continue;
        for (size_t i = 0; i < s->n; i++)
            if (s->v[i].worst + seconds <= g->limit &&
                paid + s->v[i].pay < best->pay) {
                *best = s->v[i];
                best->pay += paid;
                *processor = k;
            }
    }
    return isfinite(best->pay);
}

bool map_programme(const struct map_case *c, const struct map_shares *p,
                   const struct map_prices *prices, struct map_plan *plan)
{
    const struct platform_model *m = c->model;
    struct programme g = {.c = c,
                          .p = p,
                          .prices = prices,
                          .boundaries = m->boundaries,
                          .processors = m->processors,
                          .segments = c->fixed || !c->per_processor ? 1
                                      : c->per_processor < m->boundaries
                                          ? c->per_processor
                                          : m->boundaries,
                          .labels = 1,
                          .limit = INFINITY};
    const struct map_goal *goal = c->goal;
    struct map_plan given;
    struct label first = {0};
    size_t k = 0, n = g.boundaries * g.processors * g.segments;
    bool found;

    for (size_t i = 0; i < goal->limits; i++)
        if (goal->limit[i].metric == MAP_WORST && !isnan(goal->limit[i].max)) {
            g.limit = goal->limit[i].max;
            g.labels = LABELS;
        }
    for (size_t i = 0; i < m->processors; i++) {
        g.idle_w += platform_processor_at(m->platform, i)->idle_w;
        g.room[i] = platform_room(m->platform, i);
    }
    g.begin = xcalloc(n, 3 * sizeof *g.begin);
    g.on = g.begin + n;
    g.off = g.on + n;
    end_last(&g);
    for (size_t b = g.boundaries - 1; b > 0; b--) {
        begin_at(&g, b - 1);
        if (b > 1 && !c->blocked[b - 2])
            end_at(&g, b - 1);
    }
    found = best_first(&g, &k, &first);
    if (found) {
        if (p->given)
            map_plan_copy(&given, plan);
        read_path(&g, k, first, p->given ? &given : NULL, plan);
    }
    free(g.begin);
    return found;
}
