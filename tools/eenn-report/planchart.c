/* SPDX-License-Identifier: MIT
 * The drawings of plans. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/stats/sort.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/plans.h"

/* ---- all plans: one metric over another ---- */

/* An axis, across or up. */
struct plan_axis {
    struct objective by;
    const struct figure *figure;
};

static double shown(const struct plan_axis *a, const struct plan *p)
{
    return figure_scaled(a->figure, plan_value(p, a->by.name));
}

/* Write the point of a plan that has both metrics. */
static void add_point(struct buf *s, const struct plan_axis axes[2],
                      const struct plan *p)
{
    if (!isnan(shown(&axes[1], p)) && !isnan(shown(&axes[0], p)))
        buf_addf(s, "%.9g %.9g\n", shown(&axes[1], p), shown(&axes[0], p));
}

/* Write the block of plans that none dominates on these axes, of the feasible or
 * of all when none is, from left to right. */
static void add_front(struct buf *s, const struct plans *x,
                      const struct plan_axis axes[2], bool feasible)
{
    double *f = xcalloc(x->n, 3 * sizeof *f), *across = f + 2 * x->n;
    uint32_t *rank = xcalloc(x->n, 2 * sizeof *rank), *index = rank + x->n;
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < x->n; i++) {
        const struct plan *p = &x->v[i];

        if (p->role != PLAN_CHOICE || (feasible && !plan_fits(p)))
            continue;
        for (size_t k = 0; k < 2; k++)
            f[2 * n + k] = shown(&axes[k], p) * (axes[k].by.maximise ? -1 : 1);
        across[i] = shown(&axes[1], p);
        index[n++] = (uint32_t)i;
    }
    if (n)
        front_sort(f, n, 2, rank);
    for (size_t i = 0; i < n; i++)
        if (rank[i] == 0)
            index[kept++] = index[i];
    sort_rows(across, 1, 1, index, kept);
    buf_adds(s, "$front << END\n");
    for (size_t i = 0; i < kept; i++)
        add_point(s, axes, &x->v[index[i]]);
    buf_adds(s, "END\n");
    free(f);
    free(rank);
}

/* Write the block of what plans are compared with, and its names.  Returns how
 * many there are. */
static size_t add_others(struct buf *s, const struct plans *x,
                         const struct plan_axis axes[2])
{
    size_t n = 0, k = 0;

    buf_adds(s, "$others << END\n");
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].role != PLAN_CHOICE && ++n)
            add_point(s, axes, &x->v[i]);
    buf_adds(s, "END\n");
    for (size_t i = 0; i < x->n; i++) {
        struct buf text = {0};

        if (x->v[i].role == PLAN_CHOICE || isnan(shown(&axes[1], &x->v[i])) ||
            isnan(shown(&axes[0], &x->v[i])))
            continue;
        plan_label(&x->v[i], &text);
        buf_adds(s, "set label ");
        chart_text(s, text.data);
        /* above and below in turns, since those alike stand close */
        buf_addf(s, " at %.9g,%.9g center offset 0,%s tc rgb '#228833'\n",
                 shown(&axes[1], &x->v[i]), shown(&axes[0], &x->v[i]),
                 k++ % 2 ? "0.9" : "-0.9");
        buf_free(&text);
    }
    return n;
}

/* Draw the limits on the metric of an axis. */
static void add_limits(struct buf *s, const struct plans *x,
                       const struct plan_axis *a, bool upright)
{
    const struct limit *l = x->limits.v;

    for (size_t i = 0; i < 2 * x->limits.n; i++) {
        double at = figure_scaled(a->figure,
                                  i % 2 ? l[i / 2].max : l[i / 2].min);

        if (strcmp(l[i / 2].name, a->by.name) != 0 || isnan(at))
            continue;
        buf_addf(s,
                 upright ? "set arrow from %.9g, graph 0 to %.9g, graph 1"
                         : "set arrow from graph 0, first %.9g to graph 1, "
                           "first %.9g",
                 at, at);
        buf_adds(s, " nohead lc rgb '#444444' dt 2\n");
    }
}

/* Set the range of an axis with a margin on both sides. */
static void add_range(struct buf *s, const struct plans *x,
                      const struct plan_axis *a, const char *letter)
{
    double lo = INFINITY, hi = -INFINITY, air;

    for (size_t i = 0; i < x->n; i++) { /* NAN counts for nothing */
        lo = fmin(lo, shown(a, &x->v[i]));
        hi = fmax(hi, shown(a, &x->v[i]));
    }
    air = hi > lo ? 0.08 * (hi - lo) : hi > 0 ? 0.1 * hi : 1;
    buf_addf(s, "set %srange [%.9g:%.9g]\n", letter,
             fmax(a->figure->floor, lo - air),
             fmin(a->figure->ceiling, hi + air));
}

int chart_plans(const struct plans *x, const struct report_opts *o,
                struct buf *s, struct err *e)
{
    struct plan_axis axes[2] = {{.by = {"accuracy", true}},
                                {.by = {"latency", false}}};
    struct buf title = {0}, label[2] = {{0}};
    size_t good = 0, others;

    if (o->objectives_given && o->objectives.n < 2)
        return err_set(e, ERR_ARG,
                       "the drawing of plans takes two objectives, not %s "
                       "alone",
                       o->objectives.v[0].name);
    for (size_t k = 0; k < 2; k++) {
        double value;

        if (o->objectives_given)
            axes[k].by = o->objectives.v[k];
        for (size_t i = 0; i < x->n; i++)
            if (x->v[i].role == PLAN_CHOICE &&
                plan_metric(&x->v[i], axes[k].by.name, &value, e) < 0)
                return e->code;
        axes[k].figure = plan_figure(axes[k].by.name);
        buf_addf(&label[k], "%s%s", axes[k].figure->axis,
                 axes[k].by.maximise ? CHART_MORE : CHART_LESS);
    }
    plans_about(x, &title);
    chart_frame(s, title.data, label[1].data, label[0].data);
    for (int fit = 0; fit < 2; fit++) {
        buf_addf(s, "$%s << END\n", fit ? "good" : "bad");
        for (size_t i = 0; i < x->n; i++)
            if (x->v[i].role == PLAN_CHOICE && plan_fits(&x->v[i]) == fit) {
                add_point(s, axes, &x->v[i]);
                good += (size_t)fit;
            }
        buf_adds(s, "END\n");
    }
    add_front(s, x, axes, good > 0);
    others = add_others(s, x, axes);
    add_range(s, x, &axes[0], "y");
    add_range(s, x, &axes[1], "x");
    add_limits(s, x, &axes[0], false);
    add_limits(s, x, &axes[1], true);
    buf_adds(s, "$shown << END\n");
    add_point(s, axes, x->shown);
    buf_adds(s, "END\nset key outside top center horizontal samplen 2\n"
                "plot $bad using 1:2 with points pt 6 ps 0.7 lc rgb '#b0b0b0' "
                "title 'infeasible', $good using 1:2 with points pt 7 ps 0.7 "
                "lc rgb '#4477aa' title 'feasible', $front using 1:2 with "
                "steps lw 1.5 lc rgb '#cc3311' notitle, $front using 1:2 with "
                "points pt 7 ps 0.9 lc rgb '#cc3311' title 'front', ");
    if (others)
        buf_adds(s, "$others using 1:2 with points pt 13 ps 1.2 lc rgb "
                    "'#228833' title 'no early exits', ");
    title.len = 0;
    plan_label(x->shown, &title);
    buf_adds(s, "$shown using 1:2 with points pt 6 ps 1.8 lw 2 lc rgb "
                "'#000000' title ");
    chart_text(s, title.data);
    buf_adds(s, "\n");
    buf_free(&title);
    buf_free(&label[0]);
    buf_free(&label[1]);
    return 0;
}

/* ---- one plan ---- */

#define WIDTH 980
#define PLOT (WIDTH - 290.) /* about what is left of it for the lanes */
#define LANE 90             /* pixels of a processor */
#define ROW 22              /* of what is said of an exit */
#define LETTER 6.5          /* of a letter of size 11 */

/* A lane is 1 high, its middle at a whole number; the first is at the top. */
struct lanes {
    const struct plan *plan;
    size_t n;    /* processors */
    double span; /* ms that the picture shows */
};

static double lane_of(const struct lanes *l, const char *processor)
{
    const struct plan_store *v = l->plan->stores.v;
    size_t i = 0;

    while (i < l->n && strcmp(v[i].name, processor) != 0)
        i++;
    return (double)(l->n - 1) - (double)i;
}

/* A box of a segment or head, with a text where there is room for it. */
static void add_box(struct buf *s, const struct lanes *l, double from,
                    double to, double lane, double share, bool head,
                    const char *text)
{
    double half = 0.36 * fmax(share, 0.06);

    buf_addf(s,
             "set object rectangle from %.9g,%.9g to %.9g,%.9g fc rgb '%s' fs "
             "solid 1 border rgb '#ffffff'\n",
             from, lane - half, to, lane + half, head ? "#ee6677" : "#4477aa");
    if ((to - from) / l->span * PLOT < LETTER * (double)strlen(text) ||
        2 * half * LANE < 14)
        return;
    buf_adds(s, "set label ");
    chart_text(s, text);
    buf_addf(s, " at %.9g,%.9g center font ',11' tc rgb '#ffffff' front\n",
             (from + to) / 2, lane);
}

/* What an exit is worth, in row k of `rows` above the lanes. */
static void add_exit(struct buf *s, const struct lanes *l,
                     const struct plan_segment *x, double at, size_t k,
                     size_t rows)
{
    double y = (double)l->n - 0.35 + (double)(rows - 1 - k) * ROW / LANE;
    struct buf text = {0};

    buf_addf(s,
             "set arrow from %.9g,%.9g to %.9g,%.9g nohead dt 2 lc rgb "
             "'#cc3311' back\n",
             at, lane_of(l, x->processor), at, y);
    buf_addf(&text, "exit %zu at %s: %.4g %% leave", k + 1, x->to,
             100 * x->utilisation);
    if (!isnan(x->exit_accuracy))
        buf_addf(&text, ", %.4g %% right", 100 * x->exit_accuracy);
    buf_addf(&text, ", %.4g ms", 1e3 * x->latency);
    if (!isnan(x->energy))
        buf_addf(&text, ", %.4g mJ", 1e3 * x->energy);
    buf_adds(s, "set label ");
    chart_text(s, text.data);
    buf_addf(s, " at %.9g,%.9g %s font ',11' front boxed\n", at, y,
             at > l->span / 2 ? "right offset -0.5,0" : "left offset 0.5,0");
    buf_free(&text);
}

/* The names of the lanes, and what their processors hold. */
static void add_lanes(struct buf *s, const struct lanes *l)
{
    const struct plan_store *v = l->plan->stores.v;

    buf_adds(s, "set ytics (");
    for (size_t i = 0; i < l->n; i++) {
        buf_adds(s, i ? ", " : "");
        chart_text(s, v[i].name);
        buf_addf(s, " %zu", l->n - 1 - i);
    }
    buf_adds(s, ")\n");
    for (size_t i = 0; i < l->plan->stores.n; i++) {
        double at = v[i].pool ? -0.5 - (double)(i - l->n) * 2 * ROW / LANE
                              : (double)(l->n - 1 - i);
        const char *const what[] = {"memory", "storage"};
        const int64_t used[] = {v[i].memory, v[i].storage},
                      room[] = {v[i].memory_limit, v[i].storage_limit};

        for (size_t k = 0; k < 2; k++) {
            struct buf text = {0};

            buf_addf(&text, "%s%s%s %.4g", v[i].pool ? v[i].name : "",
                     v[i].pool ? " " : "", what[k], (double)used[k] / 1e3);
            if (room[k] != NIL_INT)
                buf_addf(&text, " of %.4g", (double)room[k] / 1e3);
            buf_adds(&text, " kB");
            buf_adds(s, "set label ");
            chart_text(s, used[0] || used[1] || v[i].pool ? text.data
                          : k                             ? ""
                                                          : "not used");
            buf_addf(s,
                     " at graph 1.01, first %.9g left font ',10' tc rgb "
                     "'#777777'\n",
                     at + (k ? -0.5 : 0.5) * ROW / LANE);
            buf_free(&text);
        }
    }
}

void chart_plan(const struct plan *p, struct buf *s)
{
    const struct plan_store *v = p->stores.v;
    struct lanes l = {.plan = p};
    size_t rows = plan_exits(p), pools, exit = 0;
    double at = 0, share = 1, before = 0;
    struct buf title = {0};

    while (l.n < p->stores.n && !v[l.n].pool)
        l.n++;
    pools = p->stores.n - l.n;
    for (size_t i = 0; i < p->segments.n; i++) {
        const struct plan_segment *x = plan_segment_at(p, i);

        l.span += 1e3 * (x->sent_seconds + x->seconds + x->branch_seconds);
    }
    l.span = l.span > 0 ? l.span : 1;
    chart_paper(s, WIDTH,
                130 + (int)l.n * LANE + (int)(rows + 2 * pools) * ROW);
    plan_label(p, &title);
    buf_addf(&title, ", %s, %s: ", p->platform, precision_names[p->precision]);
    if (!isnan(p->accuracy))
        buf_addf(&title, "accuracy %.4g %%, ", 100 * p->accuracy);
    buf_addf(&title, "%.4g M MACs, latency %.4g ms, %.4g ms at worst",
             p->macs / 1e6, 1e3 * p->latency, 1e3 * p->worst_latency);
    if (!isnan(p->energy))
        buf_addf(&title, ", %.4g mJ", 1e3 * p->energy);
    chart_labels(s, title.data,
                 "time of a sample that runs to the end, ms (height of a box: "
                 "share of the samples that it runs for; red: heads of exits)",
                 "");
    buf_addf(
        s,
        "set rmargin 24\nset xrange [0:%.9g]\nset yrange [%.9g:%.9g]\nset grid noytics\n"
        "set style textbox opaque noborder fc rgb '#ffffff'\n",
        1.02 * l.span, -0.5 - 2 * (double)pools * ROW / LANE,
        (double)l.n - 0.2 + (double)rows * ROW / LANE);
    add_lanes(s, &l);
    for (size_t i = 0; i < p->segments.n; i++) {
        const struct plan_segment *x = plan_segment_at(p, i);
        double lane = lane_of(&l, x->processor), begin, end;

        begin = at + 1e3 * x->sent_seconds;
        end = begin + 1e3 * x->seconds;
        if (x->sent) {
            double from = i ? before : lane;

            buf_addf(s,
                     "set arrow from %.9g,%.9g to %.9g,%.9g lc rgb '#555555' "
                     "lw 1.5 front\nset label '%.4g kB, %.3g ms' at "
                     "%.9g,%.9g left offset 0.8,0.4 font ',10' tc rgb "
                     "'#555555' front boxed\n",
                     at, from, begin, lane, (double)x->sent / 1e3,
                     1e3 * x->sent_seconds, (at + begin) / 2,
                     (from + lane) / 2);
        }
        add_box(s, &l, begin, end, lane, share, false, x->to);
        at = end + 1e3 * x->branch_seconds;
        if (x->exit) {
            add_box(s, &l, end, at, lane, share, true, "head");
            add_exit(s, &l, x, at, exit++, rows);
            share = fmax(share - x->utilisation, 0);
        }
        before = lane;
    }
    buf_adds(s, "unset key\nplot NaN\n");
    buf_free(&title);
}
