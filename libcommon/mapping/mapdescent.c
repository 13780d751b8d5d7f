/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mapdescent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define SWEEPS 12 /* at most */
#define BLOCK 32
#define PAIR_EXITS 16

void map_walk_init(struct map_walk *w, const struct map_case *c,
                   struct map_keep *keep)
{
    const struct map_samples *s = c->samples;

    *w = (struct map_walk){.c = c, .keep = keep};
    w->out = xcalloc(s->samples, sizeof *w->out);
    w->leave = xcalloc(MAP_STATES * (s->values + 1), sizeof *w->leave);
}

void map_walk_fini(struct map_walk *w)
{
    free(w->out);
    free(w->leave);
    free(w->pass);
    memset(w, 0, sizeof *w);
}

/* ---- plans ---- */

/* A plan as a choice for each exit and a processor for each stretch between two
 * boundaries; segments follow from them. */
struct choices {
    uint16_t value[NET_MAX_EXITS]; /* (exits - 1), MAP_OFF = off */
    uint8_t on[NET_MAX_EXITS];     /* (exits) processor up to exit i's tap */
};

static void read_plan(const struct map_plan *plan, struct choices *x)
{
    size_t b = 0;

    for (size_t s = 0; s < plan->segments; s++)
        for (; b < plan->s[s].end; b++) {
            x->on[b] = plan->s[s].processor;
            x->value[b] = b + 1 == plan->s[s].end ? plan->s[s].value : MAP_OFF;
        }
}

/* Set the plan; returns false where a processor has too many segments. */
static bool write_plan(const struct map_case *c, const struct choices *x,
                       struct map_plan *plan)
{
    size_t exits = c->samples->exits, of = 0;

    plan->segments = 0;
    for (size_t i = 0; i < exits; i++) {
        bool last = i + 1 == exits, changes = !last && x->on[i + 1] != x->on[i];

        if (!last && !changes && x->value[i] == MAP_OFF)
            continue;
        of++;
        if (c->per_processor && !c->fixed && of > c->per_processor)
            return false;
        plan->s[plan->segments++] = (struct map_segment){
            x->on[i], (uint8_t)(i + 1), last ? MAP_OFF : x->value[i]};
        of = changes ? 0 : of;
    }
    return true;
}

/* ---- which is better ---- */

/* An outcome and, by prices, what a sample pays. */
struct paid {
    struct map_outcome o;
    double pay;
};

static void set_pay(const struct map_walk *w, const double *metric,
                    struct paid *x)
{
    const struct map_prices *p = w->prices;

    x->pay = !p ? 0
                : (p->latency > 0 ? p->latency * metric[MAP_LATENCY] : 0) +
                      (p->energy > 0 ? p->energy * metric[MAP_ENERGY] : 0) +
                      (p->macs > 0 ? p->macs * metric[MAP_MACS] : 0) +
                      p->error * metric[MAP_ERROR];
}

static bool better(const struct map_walk *w, const struct paid *a,
                   const struct paid *b)
{
    if (!w->prices)
        return map_outcome_compare(&a->o, &b->o) < 0;
    if (a->o.overflow != b->o.overflow)
        return a->o.overflow < b->o.overflow;
    if (a->o.of_costs != b->o.of_costs)
        return a->o.of_costs < b->o.of_costs;
    return a->pay < b->pay;
}

/* Let the samples that reach a value at an exit leave there: those of codes above
 * `last`.  Blocks of a known length become vectors. */
static void leave_at(uint16_t *restrict out, const uint16_t *restrict code,
                     size_t n, uint16_t last, uint16_t place)
{
    size_t k = 0;

    for (; k + BLOCK <= n; k += BLOCK)
        for (size_t j = 0; j < BLOCK; j++)
            out[k + j] = (uint16_t)(code[k + j] > last
                                        ? place |
                                              (code[k + j] & (MAP_STATES - 1))
                                        : out[k + j]);
    for (; k < n; k++)
        if (code[k] > last)
            out[k] = (uint16_t)(place | (code[k] & (MAP_STATES - 1)));
}

/* Set w->out to where samples leave by these values, unless that is known. */
static void set_out(struct map_walk *w, const uint16_t *value)
{
    const struct map_samples *s = w->c->samples;
    uint32_t count[MAP_STATES * NET_MAX_EXITS] = {0};
    size_t early = s->exits - 1, place = 0;

    if (w->known && !memcmp(w->at, value, early * sizeof *value))
        return;
    w->known = true;
    memcpy(w->at, value, early * sizeof *value);
    for (size_t i = 0; i < early; i++)
        place += value[i] != MAP_OFF;
    w->places = place + 1;
    for (size_t i = early + 1; i-- > 0;) {
        const uint16_t *code = s->code + i * s->samples;

        if (i == early)
            for (size_t k = 0; k < s->samples; k++)
                w->out[k] = (uint16_t)(MAP_STATES * place + code[k]);
        else if (value[i] != MAP_OFF)
            leave_at(w->out, code, s->samples,
                     (uint16_t)(MAP_STATES * (value[i] + 1) - 1),
                     (uint16_t)(MAP_STATES * --place));
    }
    for (size_t k = 0; k < s->samples; k++)
        count[w->out[k]]++;
    memset(w->left, 0, w->places * sizeof *w->left);
    for (size_t q = 0; q < MAP_STATES * w->places; q++)
        map_tally_add(&w->left[q / MAP_STATES], q % MAP_STATES, count[q]);
}

/* Judge a plan, which is these choices, on the samples, and offer it. */
static bool judge(struct map_walk *w, const struct choices *choices,
                  const struct map_plan *plan, struct paid *x)
{
    double metric[MAP_METRICS];
    struct map_takes t;
    size_t right = 0;

    if (!map_price(w->c, plan, &t))
        return false;
    set_out(w, choices->value);
    map_evaluate(w->c, &t, w->left, metric, &x->o);
    for (size_t i = 0; i < t.places; i++)
        right += w->left[i].right;
    if (keep_asks(w->keep, &x->o, right))
        keep_offer(w->keep, plan, &x->o, right);
    set_pay(w, metric, x);
    return true;
}

/* Set the outcome to that with the figures of classes, where these are limited and
 * no prices say what is better. */
static void judge_classes(const struct map_walk *w, const struct map_plan *plan,
                          struct paid *x)
{
    struct map_tally left[MAPPING_MAX_SEGMENTS];
    double metric[MAP_METRICS];
    struct map_takes t;

    if (w->keep->classes && !w->prices)
        map_judge(w->c, plan, &t, left, metric, &x->o);
}

/* ---- one exit ---- */

/* What the choices at an exit come to. */
struct move {
    size_t exit, places, before; /* places in front of the exit */
    struct map_tally left[MAPPING_MAX_SEGMENTS + 1]; /* of the choice at hand,
                                                      * the exit on */
    struct map_takes with, without;
    struct map_plan on, off;
    bool can_on, can_off;
};

/* Count the samples for exit m->exit; tallies of the places in front, which do
 * not change, are set. */
static void count(struct map_walk *w, struct move *m)
{
    const struct map_samples *s = w->c->samples;
    const uint16_t *code = s->code + m->exit * s->samples;
    size_t row = MAP_STATES * m->places, first = MAP_STATES * m->before;

    if (w->room < m->places) {
        w->room = 2 * m->places;
        free(w->pass);
        w->pass = xcalloc(s->values + 1,
                          MAP_STATES * w->room * sizeof *w->pass);
    }
    memset(w->pass, 0, (s->values + 1) * row * sizeof *w->pass);
    memset(w->leave, 0, MAP_STATES * (s->values + 1) * sizeof *w->leave);
    memset(m->left, 0, (m->places + 1) * sizeof *m->left);
    memcpy(m->left, w->left, m->before * sizeof *m->left);
    for (size_t k = 0; k < s->samples; k++) {
        unsigned out = w->out[k];

        if (out < first)
            continue;
        w->leave[code[k]]++;
        w->pass[code[k] / MAP_STATES * row + out]++;
    }
}

/* Take a choice of the exit where it is better than *best; left has the places'
 * tallies, the exit among them where it is on. */
static void take(struct map_walk *w, struct move *m, bool on, uint16_t value,
                 const struct map_tally *left, struct paid *best,
                 uint16_t *choice)
{
    struct map_plan *plan = on ? &m->on : &m->off;
    double metric[MAP_METRICS];
    struct paid x;
    size_t right = 0, places = m->places + on;

    map_evaluate(w->c, on ? &m->with : &m->without, left, metric, &x.o);
    set_pay(w, metric, &x);
    for (size_t i = 0; i < places; i++)
        right += left[i].right;
    for (size_t i = 0; on && i < plan->segments; i++)
        if (plan->s[i].end == m->exit + 1)
            plan->s[i].value = value;
    if (keep_asks(w->keep, &x.o, right))
        keep_offer(w->keep, plan, &x.o, right);
    if (!better(w, &x, best))
        return;
    judge_classes(w, plan, &x);
    if (!better(w, &x, best))
        return;
    *best = x;
    *choice = value;
}

/* Try every choice of exit m->exit, whose plans and prices are set. */
static void try_choices(struct map_walk *w, struct move *m, struct paid *best,
                        uint16_t *choice)
{
    size_t values = w->c->samples->values, row = MAP_STATES * m->places;
    struct map_tally all = {0, 0, 0, 0}, pass = {0, 0, 0, 0};

    for (size_t q = 0; q < MAP_STATES * (values + 1); q++)
        map_tally_add(&all, q % MAP_STATES, w->leave[q]);
    for (size_t v = 0; v <= values; v++) {
        uint32_t before = pass.n;

        for (unsigned q = 0; q < MAP_STATES; q++)
            map_tally_add(&pass, q, w->leave[MAP_STATES * v + q]);
        if (v && v < values && pass.n == before)
            continue;
        for (size_t q = MAP_STATES * m->before; q < row; q++)
            map_tally_add(&m->left[q / MAP_STATES + 1], q % MAP_STATES,
                          w->pass[v * row + q]);
        m->left[m->before] = (struct map_tally){
            all.n - pass.n, all.right - pass.right, all.lost - pass.lost,
            all.different - pass.different};
        if (v < values && m->can_on)
            take(w, m, true, (uint16_t)v, m->left, best, choice);
    }
    if (m->can_off) { /* all have passed */
        memmove(m->left + m->before, m->left + m->before + 1,
                (m->places - m->before) * sizeof *m->left);
        take(w, m, false, MAP_OFF, m->left, best, choice);
    }
}

/* Move one exit to its best choice.  Returns whether that is another one. */
static bool move_exit(struct map_walk *w, size_t exit, struct choices *x,
                      struct paid *now)
{
    struct move *m = xmalloc(sizeof *m);
    uint16_t was = x->value[exit], to = was;

    m->exit = exit;
    x->value[exit] = 0;
    m->can_on = write_plan(w->c, x, &m->on) &&
                map_price(w->c, &m->on, &m->with);
    x->value[exit] = MAP_OFF;
    m->can_off = write_plan(w->c, x, &m->off) &&
                 map_price(w->c, &m->off, &m->without);
    if (m->can_on || m->can_off) {
        set_out(w, x->value);
        m->places = w->places;
        for (size_t i = m->before = 0; i < exit; i++)
            m->before += x->value[i] != MAP_OFF;
        count(w, m);
        try_choices(w, m, now, &to);
    }
    x->value[exit] = to;
    free(m);
    return to != was;
}

/* ---- places ---- */

/* Take other choices where they are better. */
static bool take_plan(struct map_walk *w, const struct choices *to,
                      struct choices *x, struct paid *now)
{
    struct map_plan plan;
    struct paid found;

    if (!write_plan(w->c, to, &plan) || !judge(w, to, &plan, &found) ||
        !better(w, &found, now))
        return false;
    judge_classes(w, &plan, &found);
    if (!better(w, &found, now))
        return false;
    *x = *to;
    *now = found;
    return true;
}

/* Move every place where the processor changes to the best one between its
 * neighbours, with the exit that is on there or without it. */
static bool move_changes(struct map_walk *w, struct choices *x,
                         struct paid *now)
{
    size_t exits = w->c->samples->exits;
    bool moved = false;

    for (size_t i = 0; i + 1 < exits; i++) {
        size_t first = i, last = i + 1;

        if (x->on[i] == x->on[i + 1])
            continue;
        while (first > 0 && x->on[first - 1] == x->on[i])
            first--;
        while (last + 1 < exits && x->on[last + 1] == x->on[i + 1])
            last++;
        struct choices from = *x;

        for (size_t to = first; to < last; to++)
            for (int with = 0; with < 2 && to != i && !w->c->blocked[to];
                 with++) {
                struct choices other = from;

                if (with && from.value[i] == MAP_OFF)
                    break;
                for (size_t b = first; b <= last; b++)
                    other.on[b] = b <= to ? from.on[i] : from.on[i + 1];
                if (with) {
                    if (!w->c->allowed[to])
                        break;
                    other.value[to] = from.value[i];
                    other.value[i] = MAP_OFF;
                }
                moved |= take_plan(w, &other, x, now);
            }
    }
    return moved;
}

/* Move every exit that is on, and the change of processors at it, to the best
 * place and value there are. */
static bool move_far(struct map_walk *w, struct choices *x, struct paid *now)
{
    size_t exits = w->c->samples->exits;
    bool moved = false;

    for (size_t i = 0; i + 1 < exits; i++) {
        struct choices from = *x;

        if (from.value[i] == MAP_OFF)
            continue;
        for (size_t to = 0; to + 1 < exits; to++) {
            struct choices other = from;

            if (from.value[to] != MAP_OFF || !w->c->allowed[to])
                continue;
            other.value[i] = MAP_OFF;
            if (from.on[i] != from.on[i + 1] && !w->c->fixed) {
                if (other.on[to] != from.on[i] &&
                    other.on[to] != from.on[i + 1])
                    continue;
                for (size_t b = i + 1; b <= to; b++)
                    other.on[b] = from.on[i];
                for (size_t b = to + 1; b <= i; b++)
                    other.on[b] = from.on[i + 1];
            }
            struct paid found = *now;

            if (move_exit(w, to, &other, &found) && better(w, &found, now)) {
                *x = other;
                *now = found;
                moved = true;
            }
        }
    }
    return moved;
}

/* Move two exits at once: one that is on to every value there is, and for each of
 * these another to its best choice, one that is on, too, or where there are few any
 * other. */
static bool move_pairs(struct map_walk *w, struct choices *x, struct paid *now)
{
    size_t early = w->c->samples->exits - 1, values = w->c->samples->values;
    bool moved = false;

    for (size_t i = 0; i < early; i++)
        for (size_t v = 0; v < values && x->value[i] != MAP_OFF; v++)
            for (size_t j = 0; j < early; j++) {
                struct choices other = *x;
                struct paid found = *now;

                if (j == i || v == x->value[i] || !w->c->allowed[j] ||
                    (x->value[j] == MAP_OFF && early > PAIR_EXITS))
                    continue;
                other.value[i] = (uint16_t)v;
                move_exit(w, j, &other, &found);
                if (better(w, &found, now)) {
                    *x = other;
                    *now = found;
                    moved = true;
                }
            }
    return moved;
}

bool map_descend(struct map_walk *w, bool far, struct map_plan *plan)
{
    size_t early = w->c->samples->exits - 1;
    struct choices x;
    struct paid now;
    bool moved = true;

    read_plan(plan, &x);
    if (!judge(w, &x, plan, &now))
        return false;
    judge_classes(w, plan, &now);
    for (int n = 0; n < SWEEPS && moved; n++) {
        moved = false;
        for (size_t i = early; i-- > 0;)
            if (w->c->allowed[i])
                moved |= move_exit(w, i, &x, &now);
        if (!w->c->fixed)
            moved |= move_changes(w, &x, &now);
        if (!moved && far)
            moved = move_far(w, &x, &now);
        if (!moved && far)
            moved = move_pairs(w, &x, &now);
    }
    return write_plan(w->c, &x, plan);
}
