/* SPDX-License-Identifier: MIT
 * Direct dense convolution of few input channels.  Each number of the image is
 * broadcast to a vector of output channels, straight from the padded image: a
 * line of a window is contiguous, and the next output's window begins `next`
 * numbers further on.
 *
 * Forward, the accumulators of neighbouring outputs stay in registers while all
 * taps go by.  In the gradient of the weights the roles are exchanged: the
 * accumulators of some taps stay in registers while the outputs go by. */
#include "libcommon/nn/kern/simd/simd.h"

/* Both forward and the gradient of the weights use these shapes. */
struct geometry {
    size_t kh, row;    /* lines of a window, numbers in one of them */
    size_t step, down; /* to the image's next line, to the next outputs' */
    size_t ow, next;   /* outputs of a line, step from window to window */
    size_t cout;
};

INLINE struct geometry geometry_of(const struct window *v, size_t cout,
                                   size_t step)
{
    return (struct geometry){
        .kh = (size_t)v->kh,
        .row = (size_t)v->kw * (size_t)v->c,
        .step = step,
        .down = (size_t)v->sh * step,
        .ow = (size_t)v->ow,
        .next = (size_t)v->sw * (size_t)v->c,
        .cout = cout,
    };
}

/* ---- forward ---- */

#ifdef SIMD_AVX512
enum { TILE = 16, SIZES = 4 };
#define EACH_SIZE(F, next) F(1, next) F(4, next) F(8, next) F(16, next)
#define SIZE_NAMES(next)                                            \
    {                                                               \
        line_1_##next, line_4_##next, line_8_##next, line_16_##next \
    }
#else
enum { TILE = 8, SIZES = 3 };
#define EACH_SIZE(F, next) F(1, next) F(4, next) F(8, next)
#define SIZE_NAMES(next)                            \
    {                                               \
        line_1_##next, line_4_##next, line_8_##next \
    }
#endif
static const size_t sizes[] = {1, 4, 8, 16};

/* A tile prefetches this many cache lines per line of its windows. */
enum { PREFETCH_LINES = 4 };

/* Computes T outputs, one vector of channels of each. */
INLINE void tile(int T, size_t next, bool part, const struct geometry *g,
                 lanes m, const float *x, const float *w, float *y,
                 struct prefetch *f)
{
    struct prefetch ahead = *f;
    vec acc[TILE];

    UNROLL
    for (int r = 0; r < T; r++) {
        acc[r] = v_set(0);
        WRITTEN_SOON(y + (size_t)r * g->cout);
    }
    for (size_t ky = 0; ky < g->kh; ky++, x += g->step) {
        UNROLL
        for (int i = 0; i < PREFETCH_LINES; i++)
            prefetch_line(&ahead);
        for (size_t i = 0; i < g->row; i++, w += g->cout) {
            vec tap = v_at(w, part, m);
            const float *p = x + i;
            HIDE(p); /* so that numbers are not kept for later taps */
            UNROLL
            for (int r = 0; r < T; r++)
                acc[r] += v_set(p[(size_t)r * next]) * tap;
        }
    }
    UNROLL
    for (int r = 0; r < T; r++)
        v_to(y + (size_t)r * g->cout, acc[r], part, m);
    *f = ahead;
}

/* Computes a line of at least T outputs.  The last tile ends where the line
 * does, so it may compute some outputs again. */
INLINE void line(int T, size_t next, const struct geometry *g, const float *x,
                 const float *w, float *y, struct prefetch *f)
{
    const lanes m = lanes_first(g->cout % LANES);
    const size_t last = g->ow - (size_t)T;

    EACH_VECTOR(
        i, part, g->cout, for (size_t o = 0; o < g->ow; o += (size_t)T) {
            size_t at = o < last ? o : last;
            tile(T, next, part, g, m, x + at * next, w + i,
                 y + at * g->cout + i, f);
        });
}

typedef void line_fn(const struct geometry *g, const float *x, const float *w,
                     float *y, struct prefetch *f);

/* The functions are line_SIZE_NEXT; NEXT is 3 and 6 for images of three
 * channels with strides 1 and 2, which have code of their own. */
#define LINE(T, next_name, next)                                       \
    static void line_##T##_##next_name(const struct geometry *g,       \
                                       const float *x, const float *w, \
                                       float *y, struct prefetch *f)   \
    {                                                                  \
        line(T, next, g, x, w, y, f);                                  \
    }
#define LINE_3(T, name) LINE(T, name, 3)
#define LINE_6(T, name) LINE(T, name, 6)
#define LINE_ANY(T, name) LINE(T, name, g->next)
EACH_SIZE(LINE_3, 3)
EACH_SIZE(LINE_6, 6)
EACH_SIZE(LINE_ANY, any)

static line_fn *line_of(const struct geometry *g)
{
    static line_fn *const by_next[][SIZES] = {
        SIZE_NAMES(3),
        SIZE_NAMES(6),
        SIZE_NAMES(any),
    };
    size_t size = SIZES - 1;

    while (sizes[size] > g->ow)
        size--;
    return by_next[g->next == 3 ? 0 : g->next == 6 ? 1 : 2][size];
}

void simd_direct(const struct window *v, size_t lines, size_t cout,
                 const float *x, size_t step, const float *weight, float *y,
                 struct prefetch *f)
{
    struct prefetch nothing = {0};
    const struct geometry g = geometry_of(v, cout, step);
    line_fn *fn = line_of(&g);

    for (; lines-- > 0; x += g.down, y += g.ow * cout)
        fn(&g, x, weight, y, f ? f : &nothing);
}

/* ---- gradient of the weights ---- */

/* The accumulators in registers are those of one line of a window, or of three
 * lines.  There are at most SUMS, in lines of at most WIDEST numbers. */
#ifdef SIMD_AVX512
enum { SUMS = 27, WIDEST = 16 };
/* clang-format off */
#define EACH_WIDTH(F)                                                       \
    F(1, 3) F(2, 3) F(3, 3) F(4, 3) F(5, 3) F(6, 3) F(7, 3) F(8, 3) F(9, 3) \
    F(1, 1) F(2, 1) F(3, 1) F(4, 1) F(5, 1) F(6, 1) F(7, 1) F(8, 1) F(9, 1) \
    F(10, 1) F(11, 1) F(12, 1) F(13, 1) F(14, 1) F(15, 1) F(16, 1)
/* clang-format on */
#else
enum { SUMS = 12, WIDEST = 12 };
/* clang-format off */
#define EACH_WIDTH(F)                                                       \
    F(1, 3) F(2, 3) F(3, 3) F(4, 3)                                         \
    F(1, 1) F(2, 1) F(3, 1) F(4, 1) F(5, 1) F(6, 1) F(7, 1) F(8, 1) F(9, 1) \
    F(10, 1) F(11, 1) F(12, 1)
/* clang-format on */
#endif

/* The accumulators are added to the gradient after at most this many outputs,
 * or after one line that is longer.  A float lane has then added few enough
 * numbers to stay accurate, and dy is still in the L1 cache for the next
 * taps. */
enum { PIXELS = 128 };

/* Adds to the gradient of TY lines of TX taps, for one vector of channels. */
INLINE void sum(int TX, int TY, bool part, const struct geometry *g, lanes m,
                size_t lines, const float *x, const float *dy, float *dw,
                struct prefetch *f)
{
    struct prefetch ahead = *f;
    vec acc[SUMS];

    UNROLL
    for (int i = 0; i < TX * TY; i++)
        acc[i] = v_set(0);
    for (; lines-- > 0; x += g->down) {
        const float *p = x;
        for (size_t o = 0; o < g->ow; o++, p += g->next, dy += g->cout) {
            vec d = v_at(dy, part, m);
            prefetch_line(&ahead);
            UNROLL
            for (int i = 0; i < TX * TY; i++)
                acc[i] +=
                    v_set(p[(size_t)(i / TX) * g->step + (size_t)(i % TX)]) * d;
        }
    }
    UNROLL
    for (int i = 0; i < TX * TY; i++) {
        float *to = dw +
                    ((size_t)(i / TX) * g->row + (size_t)(i % TX)) * g->cout;
        v_to(to, v_at(to, part, m) + acc[i], part, m);
    }
    *f = ahead;
}

typedef void sum_fn(const struct geometry *g, size_t lines, const float *x,
                    const float *dy, float *dw, struct prefetch *f);

/* The functions sum_WIDTH_LINES do that for all channels. */
#define SUM(TX, TY)                                                         \
    static void sum_##TX##_##TY(const struct geometry *g, size_t lines,     \
                                const float *x, const float *dy, float *dw, \
                                struct prefetch *f)                         \
    {                                                                       \
        const lanes m = lanes_first(g->cout % LANES);                       \
        EACH_VECTOR(i, part, g->cout,                                       \
                    sum(TX, TY, part, g, m, lines, x, dy + i, dw + i, f));  \
    }
EACH_WIDTH(SUM)

#define SUM_NAME(TX, TY) [TY / 2][TX] = sum_##TX##_##TY,
/* sums[lines / 2][width] adds up 1 or 3 lines of `width` taps.  An entry is
 * NULL where that would take more than SUMS accumulators. */
static sum_fn *const sums[2][WIDEST + 1] = {EACH_WIDTH(SUM_NAME)};

/* Adds to the gradient of all taps, three lines of a window at a time or one by
 * one.  A wide line is cut into pieces of about the same width. */
static void sum_all(const struct geometry *g, size_t lines, const float *x,
                    const float *dy, float *dw, struct prefetch *f)
{
    const size_t pieces = (g->row + WIDEST - 1) / WIDEST;

    for (size_t ky = 0, n; ky < g->kh; ky += n) {
        n = g->kh - ky >= 3 && pieces == 1 && sums[1][g->row] ? 3 : 1;
        for (size_t i = 0; i < pieces; i++) {
            size_t at = g->row * i / pieces;
            size_t end = g->row * (i + 1) / pieces;
            sums[n / 2][end - at](g, lines, x + ky * g->step + at, dy,
                                  dw + (ky * g->row + at) * g->cout, f);
        }
    }
}

void simd_direct_weight(const struct window *v, size_t lines, size_t cout,
                        const float *x, size_t step, const float *dy,
                        float *dweight, struct prefetch *f)
{
    struct prefetch nothing = {0};
    const struct geometry g = geometry_of(v, cout, step);
    const size_t most = PIXELS > g.ow ? PIXELS / g.ow : 1;

    for (size_t n; lines > 0; lines -= n) {
        n = lines < most ? lines : most;
        sum_all(&g, n, x, dy, dweight, f ? f : &nothing);
        x += n * g.down;
        dy += n * g.ow * cout;
    }
}
