/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/moves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"

#define ANSWERS_MAX 1024
#define ANSWERS_BYTES 4000000

void moves_init(struct moves *m, struct tunespace *s)
{
    bool classes = bounds_classes(&s->bounds);
    size_t one;

    memset(m, 0, sizeof *m);
    m->s = s;
    m->choices = (size_t)s->values + 1;
    m->rows = 1 + s->costs + (classes ? 2 : 0);
    m->count = xcalloc(2 * m->choices, 2 * (s->early + 1) * sizeof *m->count);
    m->passed = xcalloc(s->padded, sizeof *m->passed);
    m->before = xcalloc(s->padded, sizeof *m->before);
    m->skipped = xcalloc(s->padded, sizeof *m->skipped);
    m->order = xcalloc(s->samples, sizeof *m->order);
    if (classes)
        m->classes = xcalloc(2 * m->choices + 2,
                             s->t->classes * sizeof *m->classes);
    m->passed_from = SIZE_MAX;
    one = m->choices * m->rows * sizeof(double);
    m->answers = ANSWERS_BYTES / one < ANSWERS_MAX ? ANSWERS_BYTES / one + 1
                                                   : ANSWERS_MAX;
    m->answer = xcalloc(m->answers, sizeof *m->answer);
}

void moves_fini(struct moves *m)
{
    for (size_t i = 0; i < m->answers; i++) {
        free(m->answer[i].at);
        free(m->answer[i].sum);
    }
    free(m->answer);
    free(m->count);
    free(m->passed);
    free(m->before);
    free(m->skipped);
    free(m->order);
    free(m->classes);
    memset(m, 0, sizeof *m);
}

/* Bring the order of the samples up to date for the choices before exit i. */
static void sort_before(struct moves *m, const uint16_t *choice, size_t i)
{
    struct tunespace *s = m->s;
    uint32_t at[NET_MAX_EXITS + 1];
    size_t n = s->samples;

    if (m->ordered && i <= m->order_to &&
        !memcmp(m->order_at, choice, i * sizeof *choice))
        return;
    m->ordered = true;
    m->order_to = i;
    memcpy(m->order_at, choice, i * sizeof *choice);
    for (size_t k = 0; k < s->padded; k++)
        m->before[k] = (int16_t)(2 * i);
    for (size_t e = i; e-- > 0;)
        if (choice[e] != s->off)
            tunespace_leave_at(s, e, choice[e], tunespace_codes(s, e, choice),
                               m->before);
    memset(m->left, 0, sizeof m->left);
    for (size_t k = 0; k < n; k++)
        m->left[m->before[k]]++;
    at[i] = 0; /* where those begin that leave at an exit, the last one first */
    m->come[i] = m->left[2 * i];
    for (size_t e = i; e-- > 0;) {
        at[e] = (uint32_t)m->come[e + 1];
        m->come[e] = m->come[e + 1] + m->left[2 * e] + m->left[2 * e + 1];
    }
    for (size_t k = 0; k < n; k++)
        m->order[at[m->before[k] >> 1]++] = (uint32_t)k;
}

/* Bring the marks of samples that pass exit i up to date. */
static void mark_passed(struct moves *m, const uint16_t *choice, size_t i)
{
    struct tunespace *s = m->s;
    uint16_t off[NET_MAX_EXITS];
    size_t from = m->passed_from;

    if (s->rule->chained) { /* later scores know whether i is on */
        memcpy(off, choice, s->early * sizeof *off);
        off[i] = s->off;
        tunespace_leave(s, i + 1, off, m->skipped);
        off[i] = 0;
        tunespace_leave(s, i + 1, off, m->passed);
        return;
    }
    if (from > s->early || from < i + 1 ||
        memcmp(m->passed_at + from, choice + from,
               (s->early - from) * sizeof *choice) != 0) {
        from = s->early;
        memcpy(m->passed, s->final, s->padded * sizeof *m->passed);
    }
    while (from-- > i + 1)
        if (choice[from] != s->off)
            tunespace_leave_at(s, from, choice[from],
                               tunespace_codes(s, from, choice), m->passed);
    m->passed_from = i + 1;
    memcpy(m->passed_at, choice, s->early * sizeof *choice);
}

/* Set the rows of the two figures of classes. */
static void sum_classes(struct moves *m, size_t i, const int16_t *code,
                        const int16_t *skipped, double *sum)
{
    const struct tunespace *s = m->s;
    size_t classes = s->t->classes, choices = m->choices, come = m->come[i];
    uint32_t *leaving = m->classes, *passing = leaving + choices * classes,
             *total = passing + choices * classes, *off = total + classes;
    const int32_t *label = s->t->label;
    double *balanced = sum + (m->rows - 2) * choices,
           *least = balanced + choices;
    struct figures f;

    memset(m->classes, 0, (2 * choices + 2) * classes * sizeof *m->classes);
    for (size_t q = 0; q < s->samples; q++) {
        size_t k = m->order[q], y = (size_t)label[k];

        if (q < come) {
            size_t at = (size_t)(code[k] >> 1) * classes + y;

            leaving[at] += code[k] & 1;
            total[y] += code[k] & 1;
            passing[at] += m->passed[k] & 1;
            off[y] += skipped[k] & 1;
        } else {
            const unsigned char *right = s->t->right +
                                         (m->before[k] >> 1) * s->samples;
            total[y] += right[k];
            off[y] += right[k];
        }
    }
    for (size_t c = 0; c < choices; c++) {
        for (size_t y = 0; c < s->off && y < classes; y++)
            total[y] += passing[c * classes + y] - leaving[c * classes + y];
        tunespace_recalls(s, c < s->off ? total : off, &f);
        balanced[c] = f.balanced;
        least[c] = f.min_class;
    }
}

/* Count the samples that come to exit i by code and mark, in m->count, and by
 * mark with the exit off, in skip. */
static void count_samples(struct moves *m, size_t i, const int16_t *code,
                          const int16_t *skipped, uint32_t *skip)
{
    const uint32_t *order = m->order;
    size_t marks = 2 * (m->s->early + 1), come = m->come[i];

    memset(m->count, 0, 2 * m->choices * marks * sizeof *m->count);
    for (size_t q = 0; q < come; q++)
        m->count[(size_t)code[order[q]] * marks +
                 (size_t)m->passed[order[q]]]++;
    if (skipped != m->passed) {
        for (size_t q = 0; q < come; q++)
            skip[skipped[order[q]]]++;
        return;
    }
    for (size_t c = 0; c < 2 * m->choices; c++)
        for (size_t b = 2 * (i + 1); b < marks; b++)
            skip[b] += m->count[c * marks + b];
}

/* Set the rows of right answers and costs: what bins add by passing instead of
 * leaving is added up from the lowest bin on. */
static void sum_counts(struct moves *m, const uint16_t *choice, size_t i,
                       const uint32_t *skip, double *sum)
{
    struct tunespace *s = m->s;
    size_t early = s->early, marks = 2 * (early + 1), n = m->choices;
    double on_cost[1 + BOUNDS_ALSO][NET_MAX_EXITS], off_cost[NET_MAX_EXITS];
    double on[1 + 1 + BOUNDS_ALSO] = {0}, off[1 + 1 + BOUNDS_ALSO] = {0};
    uint16_t at[NET_MAX_EXITS];

    memcpy(at, choice, early * sizeof *at);
    for (size_t j = 0; j <= early; j++) { /* before, and behind with i off */
        const uint32_t *left = j < i ? m->left : skip;

        off[0] += left[2 * j + 1];
        on[0] += j < i ? left[2 * j + 1] : 0;
    }
    for (size_t k = 0; k < s->costs; k++) {
        at[i] = s->off;
        tunespace_costs(s, k, at, off_cost);
        at[i] = 0;
        tunespace_costs(s, k, at, on_cost[k]);
        for (size_t j = 0; j <= early; j++) {
            const uint32_t *left = j < i ? m->left : skip;
            double all = (double)left[2 * j] + left[2 * j + 1];

            off[1 + k] += all * off_cost[j];
            on[1 + k] += j < i ? all * on_cost[k][j] : 0;
        }
    }
    for (size_t b = 0; b < n; b++) {
        const uint32_t *wrong_here = m->count + 2 * b * marks,
                       *right_here = wrong_here + marks;
        uint32_t all = 0, leaving = 0, passing = 0;
        double cost[1 + BOUNDS_ALSO] = {0};

        for (size_t j = i + 1; j <= early; j++) {
            uint32_t to = right_here[2 * j] + right_here[2 * j + 1],
                     right = wrong_here[2 * j + 1] + right_here[2 * j + 1];

            leaving += to;
            passing += right;
            to += wrong_here[2 * j] + wrong_here[2 * j + 1];
            all += to;
            for (size_t k = 0; k < s->costs; k++)
                cost[k] += to * on_cost[k][j];
        }
        on[0] += leaving;
        sum[b] = (double)passing - leaving;
        for (size_t k = 0; k < s->costs; k++) {
            on[1 + k] += all * on_cost[k][i];
            sum[(1 + k) * n + b] = cost[k] - all * on_cost[k][i];
        }
    }
    for (size_t row = 0; row <= s->costs; row++) {
        double *x = sum + row * n;

        for (size_t c = 0; c < s->off; c++)
            x[c] = on[row] += x[c];
        x[s->off] = off[row];
    }
}

const double *moves_at(struct moves *m, const uint16_t *choice, size_t i)
{
    struct tunespace *s = m->s;
    uint16_t at[NET_MAX_EXITS + 1];
    size_t bytes = (s->early + 1) * sizeof *at;
    uint32_t skip[2 * NET_MAX_EXITS] = {0};
    struct moves_answer *x;
    const int16_t *code, *skipped;

    memcpy(at, choice, s->early * sizeof *at);
    at[i] = 0;
    at[s->early] = (uint16_t)i;
    x = &m->answer[hash64(at, bytes) % m->answers];
    if (x->at && !memcmp(x->at, at, bytes))
        return x->sum;
    if (!x->at) {
        x->at = xcalloc(s->early + 1, sizeof *x->at);
        x->sum = xcalloc(m->choices * m->rows, sizeof *x->sum);
    }
    memcpy(x->at, at, bytes);
    tunespace_room(s, 2 * s->early + 1);
    sort_before(m, choice, i);
    mark_passed(m, choice, i);
    code = tunespace_codes(s, i, choice);
    skipped = s->rule->chained ? m->skipped : m->passed;
    count_samples(m, i, code, skipped, skip);
    sum_counts(m, choice, i, skip, x->sum);
    if (m->classes)
        sum_classes(m, i, code, skipped, x->sum);
    return x->sum;
}

struct figures moves_figures(const struct moves *m, const double *sum, size_t c)
{
    size_t n = m->choices, costs = m->s->costs;
    double samples = (double)m->s->samples;
    struct figures f = {sum[c] / samples, sum[n + c] / samples, NAN, NAN, {0}};

    for (size_t k = 1; k < costs; k++)
        f.also[k - 1] = sum[(1 + k) * n + c] / samples;
    if (m->classes) {
        f.balanced = sum[(m->rows - 2) * n + c];
        f.min_class = sum[(m->rows - 1) * n + c];
    }
    return f;
}
