/* SPDX-License-Identifier: MIT
 * What matmul_f32.c and matmul_f64.c have in common.  They define ELEMENT,
 * the type, and TYPED(name), the name with the precision's suffix. */
#ifdef ELEMENT

#include "libcommon/surrogate/matmul.h"

#include <string.h>

#define PANEL (128 / sizeof(ELEMENT)) /* columns */
#define DEPTH 256                     /* terms of a packed panel */
#define ROWS_MAX 3
#define MATRIX struct TYPED(matrix)
#define TILE_JOIN(a, b) TILE_JOIN_(a, b)
#define TILE_JOIN_(a, b) a##_##b
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

#define TILE_NAME plain
#define TILE_TARGET
#define TILE_BYTES 16
#define TILE_ROWS 1
#include "libcommon/surrogate/matmul_tile.h"

static bool always(void)
{
    return true;
}

#ifdef __x86_64__
#define TILE_NAME avx2
#define TILE_TARGET __attribute__((target("avx2")))
#define TILE_BYTES 32
#define TILE_ROWS 3
#include "libcommon/surrogate/matmul_tile.h"

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif

/* The fastest variant is the last one that this CPU runs. */
static const struct variant {
    const char *name;
    bool (*runs)(void); /* on this CPU */
    size_t rows;        /* done at once */
    /* c (rows, PANEL) += a (rows, k) times the panel (k, PANEL) */
    void (*tile)(size_t k, const ELEMENT *a, size_t row, size_t col,
                 const ELEMENT *panel, ELEMENT *c, size_t ldc);
    void (*tile_row)(size_t k, const ELEMENT *a, size_t row, size_t col,
                     const ELEMENT *panel, ELEMENT *c,
                     size_t ldc); /* one row */
} variants[] = {
    {"plain", always, 1, tile_plain, tile_row_plain},
#ifdef __x86_64__
    {"avx2", has_avx2, 3, tile_avx2, tile_row_avx2},
#endif
    {.name = NULL},
};

/* Pack rows [0, k) of B's columns [0, width) into a panel, padded with zeros
 * and negated if so asked. */
static void pack(MATRIX b, size_t k, size_t width, bool negate, ELEMENT *panel)
{
    if (width < PANEL)
        memset(panel, 0, k * PANEL * sizeof *panel);
    for (size_t p = 0; b.col == 1 && p < k; p++)
        memcpy(panel + p * PANEL, b.v + p * b.row, width * sizeof *panel);
    /* A transposed B is walked down its columns, where its numbers are
     * contiguous. */
    for (size_t p = 0; b.col != 1 && p < k; p += 16)
        for (size_t j = 0; j < width; j++)
            for (size_t r = p; r < p + 16 && r < k; r++)
                panel[r * PANEL + j] = b.v[r * b.row + j * b.col];
    for (size_t i = 0; negate && i < k * PANEL; i++)
        panel[i] = -panel[i];
}

static void all_rows(const struct variant *how, size_t m, size_t k, MATRIX a,
                     const ELEMENT *panel, ELEMENT *c, size_t ldc)
{
    size_t i = 0;

    for (; i + how->rows <= m; i += how->rows)
        how->tile(k, a.v + i * a.row, a.row, a.col, panel, c + i * ldc, ldc);
    for (; i < m; i++)
        how->tile_row(k, a.v + i * a.row, a.row, a.col, panel, c + i * ldc,
                      ldc);
}

/* The last columns of C are narrower than a panel and go through a buffer that
 * is as wide as one. */
static void narrow_rows(const struct variant *how, size_t m, size_t k, MATRIX a,
                        const ELEMENT *panel, size_t width, ELEMENT *c,
                        size_t ldc)
{
    ELEMENT buffer[ROWS_MAX * PANEL];

    for (size_t i = 0; i < m; i += how->rows) {
        size_t rows = m - i < how->rows ? m - i : how->rows;

        memset(buffer, 0, sizeof buffer);
        for (size_t r = 0; r < rows; r++)
            memcpy(buffer + r * PANEL, c + (i + r) * ldc, width * sizeof *c);
        all_rows(how, rows, k, (MATRIX){a.v + i * a.row, a.row, a.col}, panel,
                 buffer, PANEL);
        for (size_t r = 0; r < rows; r++)
            memcpy(c + (i + r) * ldc, buffer + r * PANEL, width * sizeof *c);
    }
}

static void multiply(const struct variant *how, enum matmul_mode mode, size_t m,
                     size_t n, size_t k, MATRIX a, MATRIX b, ELEMENT *c,
                     size_t ldc)
{
    _Alignas(64) ELEMENT panel[DEPTH * PANEL];

    for (size_t i = 0; mode == MATMUL_SET && i < m; i++)
        memset(c + i * ldc, 0, n * sizeof *c);
    for (size_t j = 0; j < n; j += PANEL)
        for (size_t p = 0; p < k; p += DEPTH) {
            size_t terms = k - p < DEPTH ? k - p : DEPTH;
            size_t width = n - j < PANEL ? n - j : PANEL;
            MATRIX part = {a.v + p * a.col, a.row, a.col};

            pack((MATRIX){b.v + p * b.row + j * b.col, b.row, b.col}, terms,
                 width, mode == MATMUL_SUBTRACT, panel);
            if (width == PANEL)
                all_rows(how, m, terms, part, panel, c + j, ldc);
            else
                narrow_rows(how, m, terms, part, panel, width, c + j, ldc);
        }
}

bool TYPED(matmul_by)(const char *variant, enum matmul_mode mode, size_t m,
                      size_t n, size_t k, MATRIX a, MATRIX b, ELEMENT *c,
                      size_t ldc)
{
    for (const struct variant *v = variants; v->name; v++)
        if (!strcmp(v->name, variant) && v->runs()) {
            multiply(v, mode, m, n, k, a, b, c, ldc);
            return true;
        }
    return false;
}

void TYPED(matmul)(enum matmul_mode mode, size_t m, size_t n, size_t k,
                   MATRIX a, MATRIX b, ELEMENT *c, size_t ldc)
{
    const struct variant *how = variants;

    for (const struct variant *v = how; v->name; v++)
        if (v->runs())
            how = v;
    multiply(how, mode, m, n, k, a, b, c, ldc);
}

#endif
