/* SPDX-License-Identifier: MIT
 * The kernels: every hot loop of the engine, on raw pointers, behind one table
 * per precision.
 *
 * Example (size_t m, size_t n, size_t depth, const real *x, const real *w,
 *          real *y, double *sum, double *sumsq):
 *     const struct kernels *k = kern_get();
 *
 *     k->gemm(false, true, m, n, depth, x, depth, w, depth, 0, y, n, NULL);
 *     k->sums(m, n, y, sum, sumsq);
 *
 * The double table is the scalar reference (kern_*.c).  The float table is the
 * best that the CPU runs: AVX-512, AVX2 (nn/kern/simd) or the scalar one.
 * KERNELS=scalar|avx2|avx512 in the environment asks for another (kernels.h).
 * The engine must not depend on which table it got.
 *
 * Activations are NHWC; seen without its geometry an activation is a contiguous
 * matrix (rows, c), rows = images * h * w.  Any rows, c >= 1 work; kernels are
 * fastest if c is a multiple of 8.  All kernels may run in several threads at
 * once, and none allocates or keeps state, but for OpenBLAS behind the scalar
 * gemm.  Pointers need the alignment of a real only; inputs and outputs must
 * not overlap unless a kernel works in place.  The sums of batch norm are
 * double in both precisions; float lanes are added to them often enough to keep
 * float accuracy.  The same call gives the same bits, wherever the buffers
 * lie. */
#ifndef NN_KERN_KERN_H
#define NN_KERN_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/nn/graph/window.h"
#include "libcommon/nn/kern/real.h"

/* This is memory that a later kernel reads: rows, with `skip` bytes from the
 * end of one to the next.  A kernel that computes more than it loads prefetches
 * some of that memory into the second-level cache while it computes, and moves
 * `at` on, perhaps a little past the end.  This is only a hint to the kernel,
 * and may be NULL. */
struct prefetch {
    const char *at, *row_end, *end;
    size_t skip, pitch; /* from the end of a row to the next; row to row */
    int lines;          /* of 64 bytes, that gemm prefetches at a time */
};

/* ---- matmul ----
 * Computes C (m, n) = op(A) (m, k) * op(B) (k, n) + beta * C, row-major, in the
 * calling thread; op transposes A if ta is true, B if tb is.  lda, ldb, ldc are
 * the elements from a stored row to the next.  beta is 0 (C need not be
 * initialised) or 1.  A 1x1 convolution and a linear layer are
 *     forward   gemm(0, 1, rows, cout, cin, x, w -> y)
 *     d input   gemm(0, 0, rows, cin, cout, dy, w -> dx)
 *     d weight  gemm(1, 0, cout, cin, rows, dy, x -> dw) */
typedef void kern_gemm_fn(bool ta, bool tb, size_t m, size_t n, size_t k,
                          const real *a, size_t lda, const real *b, size_t ldb,
                          real beta, real *c, size_t ldc, struct prefetch *f);

/* For many matmuls with the same B, gemm_pack packs B once into memory of the
 * caller's, gemm_pack_size reals, in an order that suits the kernel.  B (k, n)
 * is given as in gemm, stored (n, k) when tb is true.  A call packs the stored
 * rows [first, last), so that threads can share the work; both are multiples of
 * GEMM_PACK_ROWS, except that last may be the number of rows.  gemm_packed then
 * computes what gemm(false, tb, ...) computes from B. */
enum { GEMM_PACK_ROWS = 16 };
typedef size_t kern_gemm_pack_size_fn(size_t n, size_t k);
typedef void kern_gemm_pack_fn(bool tb, size_t n, size_t k, const real *b,
                               size_t ldb, size_t first, size_t last,
                               real *packed);
typedef void kern_gemm_packed_fn(size_t m, size_t n, size_t k, const real *a,
                                 size_t lda, const real *packed, real beta,
                                 real *c, size_t ldc, struct prefetch *f);

/* ---- the epilogue of a layer: norm, activation, per-channel factor ----
 *     z[r][i] = mul[i] * act(scale[i] * y[r][i] + shift[i]) + skip[r][i]
 * A layer stores y, the output of its op.  A layer that reads z usually
 * computes z from y again, chunk by chunk in cache.  A batch norm has scale =
 * gamma / sigma and shift = beta - mean * scale; a bias alone has scale =
 * NULL. */
struct epilogue {
    int act;           /* enum net_act (graph/act.h) */
    const real *scale; /* (c) or NULL: 1 */
    const real *shift; /* (c) or NULL: 0 */
    const real *mul;   /* (c) or NULL: 1; squeeze-and-excite, one image */
};

/* Computes z (rows, c) from y (rows, c) and the residual skip (rows, c), which
 * may be NULL.  It works in place, too: z may be y or skip. */
typedef void kern_epilogue_forward_fn(const struct epilogue *t, size_t rows,
                                      size_t c, const real *y, const real *skip,
                                      real *z);

/* Computes z of one image (h, w, c), without skip, for the inside of a padded
 * image: row i, which is w * c reals of y, goes to z + i * step. */
typedef void kern_epilogue_pad_fn(const struct epilogue *t, size_t h, size_t w,
                                  size_t c, const real *y, real *z,
                                  size_t step);

/* Computes mean[i] = 1/rows * sum over r of act(scale * y + shift), the global
 * average pooling of one image (rows = h * w), before mul is applied. */
typedef void kern_epilogue_mean_fn(const struct epilogue *t, size_t rows,
                                   size_t c, const real *y, real *mean);

/* Computes dot[i] = sum over r of d[r][i] * act(scale * y + shift), which is
 * d loss / d mul of one image if d is d loss / d z. */
typedef void kern_epilogue_dot_fn(const struct epilogue *t, size_t rows,
                                  size_t c, const real *y, const real *d,
                                  real *dot);

/* Turns d (images * rows, c), in place, from d loss / d z into
 *     d = (mul * d + add / rows) * act'(scale * y + shift),
 * the gradient in front of the activation.  t->mul is here (images, c).  add is
 * NULL or the gradient of the images' means (images, c), which a global pooling
 * of the same value passes back: every row gets 1/rows of it.  sum and sumy (c)
 * are both given or both NULL; d and d * y of all rows are added to them, so
 * that sum becomes the gradient of shift and sumy that of scale. */
typedef void kern_epilogue_backward_fn(const struct epilogue *t, size_t images,
                                       size_t rows, size_t c, const real *y,
                                       const real *add, real *d, double *sum,
                                       double *sumy);

/* ---- batch norm ----
 * Adds y of all rows to sum (c), and y * y to sumsq (c), which may be NULL.
 * This is fastest on rows that are still in cache. */
typedef void kern_sums_fn(size_t rows, size_t c, const real *y, double *sum,
                          double *sumsq);

/* Computes dy = a * d + b * y + s per channel (a, b, s (c)), which takes the
 * gradient back through the normalisation.  With m rows in the batch, r =
 * 1/sigma, S1 = sum and S2 = r * (sumy - mean * S1) of epilogue_backward (these
 * are dbeta and dgamma), the coefficients are
 *     a = gamma r,  b = -gamma r^2 S2 / m,  s = -gamma r S1 / m - b * mean.
 * d, y and dy are (rows, c).  It works in place, too: dy may be d. */
typedef void kern_norm_backward_fn(size_t rows, size_t c, const real *d,
                                   const real *y, const real *a, const real *b,
                                   const real *s, real *dy);

/* ---- windows: depthwise and dense convolution, pools ---- */
struct window {
    int h, w, c;        /* input image */
    int oh, ow;         /* output image */
    int kh, kw, sh, sw; /* kernel, stride */
    int ph, pw;         /* padding at the top and at the left; the outputs say
                         * how much there is at the bottom and at the right */
};

/* Computes the depthwise convolution out (n, oh, ow, c) of n images `in`
 * (n, h, w, c) with weight (kh, kw, c).  No padding is stored: taps that would
 * meet padding are left out. */
typedef void kern_dw_forward_fn(const struct window *win, size_t n,
                                const real *in, const real *weight, real *out);

/* Writes din, the gradient of `in`, computed from dout, the gradient of out. */
typedef void kern_dw_backward_fn(const struct window *win, size_t n,
                                 const real *dout, const real *weight,
                                 real *din);

/* Adds the gradient that n images give to dweight (kh, kw, c). */
typedef void kern_dw_weight_fn(const struct window *win, size_t n,
                               const real *in, const real *dout, real *dweight);

/* Turns a dense convolution into a matmul (im2col): the patches of one image x
 * (h, w, c) that the output rows [first, last) see become the rows of a matrix
 * out ((last - first) * ow, kh * kw * c).  x has no padding; it reads as 0.
 * The forward pass is then gemm(0, 1, rows, cout, kh*kw*c, out, weight). */
typedef void kern_im2col_fn(const struct window *win, const real *x, int first,
                            int last, real *out);

/* Adds the gradients d of im2col's matrix to dx (h, w, c), as its adjoint. */
typedef void kern_col2im_fn(const struct window *win, const real *d, int first,
                            int last, real *dx);

/* ---- direct dense convolution, for few input channels ----
 * Computes `lines` lines of outputs of one image, y (lines, ow, cout), without
 * im2col.  The image is padded already: x is where the windows of the first
 * line of outputs begin, and a line of the image begins `step` reals after the
 * one before.  The heights and the padding in win do not matter.  The weights
 * are transposed, (kh * kw * c, cout). */
typedef void kern_direct_fn(const struct window *win, size_t lines, size_t cout,
                            const real *x, size_t step, const real *weight,
                            real *y, struct prefetch *f);

/* Adds the gradient that these lines give to dweight (kh * kw * c, cout). */
typedef void kern_direct_weight_fn(const struct window *win, size_t lines,
                                   size_t cout, const real *x, size_t step,
                                   const real *dy, real *dweight,
                                   struct prefetch *f);

/* These return how many lines, columns and reals the padded image has. */
static inline size_t direct_lines(const struct window *win)
{
    return (size_t)window_span(win->h, win->kh, win->sh, win->ph, win->oh);
}

static inline size_t direct_columns(const struct window *win)
{
    return (size_t)window_span(win->w, win->kw, win->sw, win->pw, win->ow);
}

static inline size_t direct_buffer(const struct window *win)
{
    return direct_lines(win) * direct_columns(win) * (size_t)win->c;
}

/* ---- Winograd's F(2x2, 3x3) ----
 * A dense 3x3 convolution of stride 1 takes 16 multiplications for 2x2 outputs
 * instead of 36 (Winograd 1980; Lavin and Gray 2016) if it is computed as
 *     Y = A' [(G g G') . (B' d B)] A
 * for each pair of an input and an output channel.  A' is the transpose of A,
 * and "." multiplies element by element.  d (4, 4) are the inputs of a tile,
 * which overlaps the next tile by 2, g (3, 3) is the kernel, Y (2, 2) the
 * outputs.  Over all channels this is one matmul M = V U for each of the 16
 * positions, with
 *     V (tiles, c) = B' d B,  U (c, cout) = G g G',  and  Y = A' M A.
 * The adjoints of the same transforms give the gradients:
 *     dM = A dY A',  dV = dM U',  dU = V' dM,  dx = B dV B',  dg = G' dU G.
 *          | 1  0 -1  0 |       | 1    0   0  |
 *     B' = | 0  1  1  0 |   G = | 1/2  1/2 1/2|   A' = | 1 1  1  0 |
 *          | 0 -1  1  0 |       | 1/2 -1/2 1/2|        | 0 1 -1 -1 |
 *          | 0  1  0 -1 |       | 0    0   1  |
 * A call of an input or output kernel does one line of tiles of one image.
 * Matrix 4 y + x of V or M belongs to position (y, x) of the 4x4 and begins
 * `plane` reals after the one before (winograd_plane).  A call reads or writes
 * one row per tile in each matrix. */

/* These return how many lines of tiles an image has, and how many tiles a line
 * has.  The last tiles may reach beyond the outputs.  The padded image, of
 * winograd_buffer reals, has 2 lines and columns more than the tiles have
 * outputs. */
static inline size_t winograd_lines(const struct window *win)
{
    return ((size_t)win->oh + 1) / 2;
}
static inline size_t winograd_columns(const struct window *win)
{
    return ((size_t)win->ow + 1) / 2;
}
static inline size_t winograd_buffer(const struct window *win)
{
    return (2 * winograd_lines(win) + 2) * (2 * winograd_columns(win) + 2) *
           (size_t)win->c;
}
/* Returns the reals from one matrix (rows, c) to the next.  It is an odd number
 * of cache lines; otherwise the 16 matrices would compete for the same sets of
 * the cache. */
static inline size_t winograd_plane(size_t rows, size_t c)
{
    const size_t line = 64 / sizeof(real);

    return ((rows * c + line - 1) / line | 1) * line;
}

/* Computes V of `tiles` tiles from x, four lines of the padded image, which
 * have 2 tiles + 2 pixels and are `step` reals apart. */
typedef void kern_winograd_input_fn(size_t tiles, size_t c, const real *x,
                                    size_t step, real *v, size_t plane);

/* Computes from v, which is dV, the gradient dx of the four lines of the image.
 * The third and fourth line are written.  The first and second are added to,
 * because the line of tiles above has written them, unless `first` says that
 * there is none above. */
typedef void kern_winograd_input_back_fn(size_t tiles, size_t c, const real *v,
                                         size_t plane, bool first, real *dx,
                                         size_t step);

/* Computes y, h (1 or 2) contiguous lines of w outputs, from M of a line of
 * tiles, which may reach beyond y; backward computes dM from dy. */
typedef void kern_winograd_output_fn(size_t h, size_t w, size_t c,
                                     const real *m, size_t plane, real *y);
typedef void kern_winograd_output_back_fn(size_t h, size_t w, size_t c,
                                          const real *dy, real *m,
                                          size_t plane);

/* Computes U at the four positions (row, 0 .. 3), transposed: u (4, cout, c).
 * w (cout, 3, 3, c) is the layer's weight. */
typedef void kern_winograd_weight_fn(size_t cout, size_t c, size_t row,
                                     const real *w, real *u);
/* Writes dw (cout, 3, 3, c), computed from u (16, cout, c), the transposed
 * gradient of U. */
typedef void kern_winograd_weight_back_fn(size_t cout, size_t c, const real *u,
                                          real *dw);

/* Pool one image x (h, w, c) to out (oh, ow, c).  In a maximum padding never
 * wins, NaN does; arg (oh, ow, c) gets the index iy * w + ix of the winning
 * pixel, the first of equal ones, and is NULL if no backward follows.  An
 * average is the sum divided by kh * kw, at the border, too.  Backward adds to
 * dx (h, w, c). */
typedef void kern_maxpool_fn(const struct window *win, const real *x, real *out,
                             int32_t *arg);
typedef void kern_maxpool_back_fn(const struct window *win, const real *dout,
                                  const int32_t *arg, real *dx);
typedef void kern_avgpool_fn(const struct window *win, const real *x,
                             real *out);
typedef void kern_avgpool_back_fn(const struct window *win, const real *dout,
                                  real *dx);

/* Sets d[r][i] = g[i] / rows for all rows.  This is the backward pass of global
 * average pooling (epilogue_mean) with a plain epilogue. */
typedef void kern_spread_fn(size_t rows, size_t c, const real *g, real *d);

/* ---- vectors of n ---- */
/* Adds x to y. */
typedef void kern_add_fn(size_t n, const real *x, real *y);

/* Computes z = x * y, element by element; z may be x or y. */
typedef void kern_mul_fn(size_t n, const real *x, const real *y, real *z);

/* Computes out = parts[0] + parts[1] + ... in this order; out may be
 * parts[0]. */
typedef void kern_reduce_fn(size_t n, size_t count, const real *const *parts,
                            real *out);

/* Computes v = momentum * v + (g + decay * w);  w -= lr * v, with Nesterov
 * w -= lr * (g + decay * w + momentum * v), as PyTorch's SGD with dampening 0
 * does. */
struct sgd_rule {
    real lr, momentum, decay;
    bool nesterov;
};
typedef void kern_sgd_fn(const struct sgd_rule *s, size_t n, const real *g,
                         real *v, real *w);

/* A table of kernels; its name is "scalar", "avx2" or "avx512". */
struct kernels {
    const char *name;
    kern_gemm_fn *gemm;
    kern_gemm_pack_size_fn *gemm_pack_size;
    kern_gemm_pack_fn *gemm_pack;
    kern_gemm_packed_fn *gemm_packed;
    kern_epilogue_forward_fn *epilogue_forward;
    kern_epilogue_pad_fn *epilogue_pad;
    kern_epilogue_mean_fn *epilogue_mean;
    kern_epilogue_dot_fn *epilogue_dot;
    kern_epilogue_backward_fn *epilogue_backward;
    kern_sums_fn *sums;
    kern_norm_backward_fn *norm_backward;
    kern_dw_forward_fn *dw_forward;
    kern_dw_backward_fn *dw_backward;
    kern_dw_weight_fn *dw_weight;
    kern_im2col_fn *im2col;
    kern_col2im_fn *col2im;
    kern_direct_fn *direct;
    kern_direct_weight_fn *direct_weight;
    kern_winograd_input_fn *winograd_input;
    kern_winograd_input_back_fn *winograd_input_back;
    kern_winograd_output_fn *winograd_output;
    kern_winograd_output_back_fn *winograd_output_back;
    kern_winograd_weight_fn *winograd_weight;
    kern_winograd_weight_back_fn *winograd_weight_back;
    kern_maxpool_fn *maxpool;
    kern_maxpool_back_fn *maxpool_back;
    kern_avgpool_fn *avgpool;
    kern_avgpool_back_fn *avgpool_back;
    kern_spread_fn *spread;
    kern_add_fn *add;
    kern_mul_fn *mul;
    kern_reduce_fn *reduce;
    kern_sgd_fn *sgd;
};

/* Returns the table in use; the choice is made at the first call. */
const struct kernels *kern_get(void);

/* Returns the table with this name, for tests, or NULL if there is none or the
 * CPU cannot run it. */
const struct kernels *kern_variant(const char *name);

#endif
