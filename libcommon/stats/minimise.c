/* SPDX-License-Identifier: MIT */
#include "libcommon/stats/minimise.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define MEMORY 10 /* pairs of steps and gradient changes */
#define TRIES 20  /* step lengths of one iteration */

struct simplex_search {
    const struct minimise *m;
    double *g;             /* (n) gradient at x */
    double *next, *g_next; /* (n) trial point and its gradient */
    double *d;             /* (n) direction */
    double *s, *y;         /* (MEMORY, n) ring buffers */
    double rho[MEMORY];    /* 1 / s'y */
    size_t pairs;          /* ever kept */
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* Returns true when x[i] is at a bound and the function falls beyond it. */
static bool stuck(const struct simplex_search *s, const double *x, size_t i)
{
    return (x[i] <= s->m->low[i] && s->g[i] > 0) ||
           (x[i] >= s->m->high[i] && s->g[i] < 0);
}

/* Set d = -H g by the two-loop recursion, with 0 for what is stuck. */
static void direction(struct simplex_search *s, const double *x)
{
    size_t n = s->m->n, kept = s->pairs < MEMORY ? s->pairs : MEMORY;
    double alpha[MEMORY];

    for (size_t i = 0; i < n; i++)
        s->d[i] = stuck(s, x, i) ? 0 : -s->g[i];
    for (size_t k = 0; k < kept; k++) {
        size_t at = (s->pairs - 1 - k) % MEMORY;

        alpha[at] = s->rho[at] * dot(s->s + at * n, s->d, n);
        for (size_t i = 0; i < n; i++)
            s->d[i] -= alpha[at] * s->y[at * n + i];
    }
    if (kept) {
        size_t at = (s->pairs - 1) % MEMORY;
        double scale = 1 / (s->rho[at] * dot(s->y + at * n, s->y + at * n, n));

        for (size_t i = 0; i < n; i++)
            s->d[i] *= scale;
    }
    for (size_t k = kept; k-- > 0;) {
        size_t at = (s->pairs - 1 - k) % MEMORY;
        double beta = s->rho[at] * dot(s->y + at * n, s->d, n);

        for (size_t i = 0; i < n; i++)
            s->d[i] += (alpha[at] - beta) * s->s[at * n + i];
    }
    for (size_t i = 0; i < n; i++)
        if (stuck(s, x, i))
            s->d[i] = 0;
}

/* Backtrack until the Armijo condition holds.  Returns the value at `next`, or
 * NAN when no step is good enough. */
static double step(struct simplex_search *s, const double *x, double f)
{
    size_t n = s->m->n;
    double t = s->pairs ? 1 : 1 / fmax(1, sqrt(dot(s->d, s->d, n)));

    for (int i = 0; i < TRIES; i++, t *= i < 3 ? 0.5 : 0.2) {
        double gain = 0, value;

        for (size_t k = 0; k < n; k++) {
            s->next[k] = clamp(x[k] + t * s->d[k], s->m->low[k], s->m->high[k]);
            gain += s->g[k] * (s->next[k] - x[k]);
        }
        value = s->m->f(s->m->ctx, s->next, s->g_next);
        if (isfinite(value) && value <= f + 1e-4 * fmin(gain, 0))
            return value;
    }
    return NAN;
}

static void remember(struct simplex_search *s, const double *x)
{
    size_t n = s->m->n, at = s->pairs % MEMORY;
    double *ds = s->s + at * n, *dy = s->y + at * n, curvature;

    for (size_t i = 0; i < n; i++) {
        ds[i] = s->next[i] - x[i];
        dy[i] = s->g_next[i] - s->g[i];
    }
    curvature = dot(ds, dy, n);
    if (!(curvature > 1e-10 * dot(dy, dy, n)))
        return;
    s->rho[at] = 1 / curvature;
    s->pairs++;
}

double minimise(const struct minimise *m, double *x)
{
    size_t n = m->n;
    double *block = xcalloc(4 + 2 * MEMORY, n * sizeof *block), f;
    struct simplex_search s = {
        .m = m,
        .g = block,
        .next = block + n,
        .g_next = block + 2 * n,
        .d = block + 3 * n,
        .s = block + 4 * n,
        .y = block + (4 + MEMORY) * n,
    };

    for (size_t i = 0; i < n; i++)
        x[i] = clamp(x[i], m->low[i], m->high[i]);
    f = m->f(m->ctx, x, s.g);
    for (size_t i = 0; i < m->iterations && isfinite(f); i++) {
        double last = f, value;

        direction(&s, x);
        if (!(dot(s.d, s.g, n) < 0)) { /* d is no descent direction */
            s.pairs = 0;
            direction(&s, x);
        }
        if (!(dot(s.d, s.g, n) < 0))
            break;
        value = step(&s, x, f);
        if (isnan(value))
            break;
        remember(&s, x);
        memcpy(x, s.next, n * sizeof *x);
        memcpy(s.g, s.g_next, n * sizeof *x);
        f = value;
        if (last - f <= m->tolerance * fmax(1, fabs(f)))
            break;
    }
    free(block);
    return f;
}
