/* SPDX-License-Identifier: MIT
 * The drawing of a front. */
#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "tools/eenn-report/charts.h"

/* One objective, and what its axis shows of it, in the figure's unit. */
struct front_axis {
    const char *letter;
    const struct figure *figure;
    const struct limit *limit; /* NULL = none */
    double lo, hi;
};

static void widen(struct front_axis *a, double value)
{
    double v = figure_scaled(a->figure, value);

    if (!isfinite(v))
        return;
    a->lo = fmin(a->lo, v);
    a->hi = fmax(a->hi, v);
}

static struct front_axis axis_of(const struct results *x, const char *letter,
                                 const char *name)
{
    const struct result judged = {.limits = x->limits};
    struct front_axis a = {.letter = letter,
                           .figure = results_figure(x, name),
                           .limit = result_limit(&judged, name),
                           .lo = INFINITY,
                           .hi = -INFINITY};

    for (size_t i = 0; i < x->n; i++)
        widen(&a, result_value(&x->v[i], name));
    if (a.limit) {
        widen(&a, a.limit->max);
        widen(&a, a.limit->min);
    }
    return a;
}

/* Set the range of an axis with a margin on both sides, so that it is never
 * empty. */
static void add_range(struct buf *s, const struct front_axis *a)
{
    double range = a->hi - a->lo, size = fmax(fabs(a->lo), fabs(a->hi));
    double air = 0.06 * range;
    int digits = range > 1e-3 * size ? 6 : 17; /* so that the ends differ */
    if (!(range > 1e-12 * size))
        air = size > 1e-300 ? 0.1 * size : 1;
    buf_addf(s, "set %srange [%.*g:%.*g]\n", a->letter, digits,
             fmax(a->figure->floor, a->lo - air), digits,
             fmin(a->figure->ceiling, a->hi + air));
}

static void add_bound(struct buf *s, const struct front_axis *a,
                      const char *sense, double bound)
{
    double at = figure_scaled(a->figure, bound);
    bool upright = a->letter[0] == 'x';
    struct buf text = {0};

    if (isnan(bound))
        return;
    buf_addf(s,
             upright ? "set arrow from %.9g, graph 0 to %.9g, graph 1"
                     : "set arrow from graph 0, first %.9g to graph 1, first "
                       "%.9g",
             at, at);
    buf_adds(s, " nohead lc rgb '#444444' dt 2\nset label ");
    buf_addf(&text, "%s %s ", a->figure->word, sense);
    figure_add(&text, a->figure, bound);
    chart_text(s, text.data);
    buf_free(&text);
    buf_addf(s,
             upright ? " at %.9g, graph 0.03 rotate by 90 offset -1.2,0"
                     : " at graph 0.98, first %.9g right offset 0,0.6",
             at);
    buf_adds(s, " tc rgb '#444444'\n");
}

static void add_limits(struct buf *s, const struct front_axis *a)
{
    if (!a->limit)
        return;
    add_bound(s, a, "<=", a->limit->max);
    add_bound(s, a, ">=", a->limit->min);
}

static void add_point(struct buf *s, const struct results *x,
                      const struct result *r)
{
    const char *y_name = x->drawn.v[0].name, *x_name = x->drawn.v[1].name;

    buf_addf(s, "%.9g %.9g\n",
             figure_scaled(results_figure(x, x_name), result_value(r, x_name)),
             figure_scaled(results_figure(x, y_name), result_value(r, y_name)));
}

static size_t add_points(const struct results *x, bool feasible,
                         const char *name, struct buf *s)
{
    size_t n = 0;
    buf_addf(s, "$%s << END\n", name);
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].status == RESULT_OK && result_fits(&x->v[i]) == feasible) {
            add_point(s, x, &x->v[i]);
            n++;
        }
    buf_adds(s, "END\n");
    return n;
}

static void add_frame(struct buf *s, const char *title,
                      const struct objective *x,
                      const struct front_axis *across,
                      const struct objective *y, const struct front_axis *up)
{
    struct buf xlabel = {0}, ylabel = {0};

    buf_addf(&xlabel, "%s%s", across->figure->axis,
             x->maximise ? CHART_MORE : CHART_LESS);
    buf_addf(&ylabel, "%s%s", up->figure->axis,
             y->maximise ? CHART_MORE : CHART_LESS);
    chart_frame(s, title, xlabel.data, ylabel.data);
    buf_free(&xlabel);
    buf_free(&ylabel);
}

/* winner may be NULL. */
static void plot(struct buf *s, bool bad, bool good, size_t m,
                 const struct result *winner)
{
    struct buf text = {0};

    buf_adds(s, "set key outside top center horizontal samplen 2\nplot ");
    if (bad)
        buf_adds(s, "$bad using 1:2 with points pt 6 ps 0.7 lc rgb '#b0b0b0' "
                    "title 'infeasible', ");
    if (good)
        buf_adds(s, "$good using 1:2 with points pt 7 ps 0.7 lc rgb "
                    "'#4477aa' title 'feasible', ");
    if (m == 2)
        buf_adds(s, "$front using 1:2 with steps lw 1.5 lc rgb '#cc3311' "
                    "notitle, ");
    buf_adds(s, "$front using 1:2 with points pt 7 ps 0.9 lc rgb '#cc3311' "
                "title 'front");
    if (m > 2)
        buf_addf(s, " of all %zu objectives", m);
    buf_adds(s, "'");
    if (winner) {
        char *label = report_label(NULL, result_key(winner),
                                   &winner->summary.origin);

        buf_adds(s, ", $winner using 1:2 with points pt 6 ps 1.8 lw 2 lc rgb "
                    "'#000000' title ");
        buf_addf(&text, "winner %s", label);
        chart_text(s, text.data);
        free(label);
        buf_free(&text);
    }
    buf_adds(s, "\n");
}

int chart_front(const struct results *x, const struct report_opts *opts,
                struct buf *s, struct err *e)
{
    const struct objectives *o = &x->drawn;
    struct front_axis across, up;
    struct buf title = {0};
    uint32_t *index;
    size_t bad, good, n, winner;

    if (o->n < 2)
        return err_set(e, ERR_ARG,
                       "the drawing of a front takes two objectives, not %s "
                       "alone",
                       o->v[0].name);
    if (results_have(x, o, e) < 0 || results_winner(x, opts, &winner, e) < 0)
        return e->code;
    across = axis_of(x, "x", o->v[1].name);
    up = axis_of(x, "y", o->v[0].name);
    results_about(x, &title);
    add_frame(s, title.data, &o->v[1], &across, &o->v[0], &up);
    buf_free(&title);
    bad = add_points(x, false, "bad", s);
    good = add_points(x, true, "good", s);
    if (bad + good == 0)
        return err_set(e, ERR_FORMAT, "no result has metrics to draw");
    index = xcalloc(x->n, sizeof *index);
    n = results_front(x, index);
    buf_adds(s, "$front << END\n");
    for (size_t i = 0; i < n; i++)
        add_point(s, x, &x->v[index[i]]);
    buf_adds(s, "END\n");
    free(index);
    add_range(s, &across);
    add_range(s, &up);
    add_limits(s, &across);
    add_limits(s, &up);
    buf_adds(s, "$winner << END\n");
    if (winner < x->n)
        add_point(s, x, &x->v[winner]);
    buf_adds(s, "END\n");
    plot(s, bad > 0, good > 0, o->n, winner < x->n ? &x->v[winner] : NULL);
    return 0;
}
