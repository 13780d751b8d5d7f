/* SPDX-License-Identifier: MIT */
#include "libcommon/surrogate/matmul.h"

#include <string.h>

#define PANEL ((size_t)128 / sizeof(real))      /* columns */
#define DEPTH 256                               /* terms of a packed panel */
#define ROWS_MAX 3
#define TILE_JOIN(a, b)  TILE_JOIN_(a, b)
#define TILE_JOIN_(a, b) a##_##b
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

#define TILE_NAME   plain
#define TILE_TARGET
#define TILE_BYTES  16
#define TILE_ROWS   1
#include "libcommon/surrogate/matmul_tile.h"

static bool always(void)
{
    return true;
}

#ifdef __x86_64__
#define TILE_NAME   avx2
#define TILE_TARGET __attribute__((target("avx2")))
#define TILE_BYTES  32
#define TILE_ROWS   3
#include "libcommon/surrogate/matmul_tile.h"

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif

const struct matmul_variant matmul_variants[] = {
    {"plain", always, 1, tile_plain, tile_row_plain},
#ifdef __x86_64__
    {"avx2", has_avx2, 3, tile_avx2, tile_row_avx2},
#endif
    {.name = NULL},
};

/* Rows [0, k) of B's columns [0, width), padded to a panel with zeros. */
static void pack(struct view b, size_t k, size_t width, bool negate,
                 real *panel)
{
    if (width < PANEL)
        memset(panel, 0, k * PANEL * sizeof *panel);
    for (size_t p = 0; b.col == 1 && p < k; p++)
        memcpy(panel + p * PANEL, b.v + p * b.row, width * sizeof *panel);
    /* Transposed: down B's columns, where its numbers are close together. */
    for (size_t p = 0; b.col != 1 && p < k; p += 16)
        for (size_t j = 0; j < width; j++)
            for (size_t r = p; r < p + 16 && r < k; r++)
                panel[r * PANEL + j] = b.v[r * b.row + j * b.col];
    for (size_t i = 0; negate && i < k * PANEL; i++)
        panel[i] = -panel[i];
}

static void all_rows(const struct matmul_variant *how, size_t m, size_t k,
                     struct view a, const real *panel, real *c, size_t ldc)
{
    size_t i = 0;

    for (; i + how->rows <= m; i += how->rows)
        how->tile(k, a.v + i * a.row, a.row, a.col, panel, c + i * ldc, ldc);
    for (; i < m; i++)
        how->tile_row(k, a.v + i * a.row, a.row, a.col, panel, c + i * ldc,
                      ldc);
}

/* The last columns: through a buffer as wide as a panel. */
static void narrow_rows(const struct matmul_variant *how, size_t m, size_t k,
                        struct view a, const real *panel, size_t width,
                        real *c, size_t ldc)
{
    real buffer[ROWS_MAX * 128 / sizeof(real)];

    for (size_t i = 0; i < m; i += how->rows) {
        size_t rows = m - i < how->rows ? m - i : how->rows;

        memset(buffer, 0, sizeof buffer);
        for (size_t r = 0; r < rows; r++)
            memcpy(buffer + r * PANEL, c + (i + r) * ldc, width * sizeof *c);
        all_rows(how, rows, k, (struct view){a.v + i * a.row, a.row, a.col},
                 panel, buffer, PANEL);
        for (size_t r = 0; r < rows; r++)
            memcpy(c + (i + r) * ldc, buffer + r * PANEL, width * sizeof *c);
    }
}

void matmul_by(const struct matmul_variant *how, enum matmul_mode mode,
               size_t m, size_t n, size_t k, struct view a, struct view b,
               real *c, size_t ldc)
{
    _Alignas(64) real panel[DEPTH * 128 / sizeof(real)];

    for (size_t i = 0; mode == MATMUL_SET && i < m; i++)
        memset(c + i * ldc, 0, n * sizeof *c);
    for (size_t j = 0; j < n; j += PANEL)
        for (size_t p = 0; p < k; p += DEPTH) {
            size_t terms = k - p < DEPTH ? k - p : DEPTH;
            size_t width = n - j < PANEL ? n - j : PANEL;
            struct view part = {a.v + p * a.col, a.row, a.col};

            pack((struct view){b.v + p * b.row + j * b.col, b.row, b.col},
                 terms, width, mode == MATMUL_SUBTRACT, panel);
            if (width == PANEL)
                all_rows(how, m, terms, part, panel, c + j, ldc);
            else
                narrow_rows(how, m, terms, part, panel, width, c + j, ldc);
        }
}

void matmul(enum matmul_mode mode, size_t m, size_t n, size_t k,
            struct view a, struct view b, real *c, size_t ldc)
{
    const struct matmul_variant *how = matmul_variants;

    for (const struct matmul_variant *v = how; v->name; v++)
        if (v->runs())
            how = v;
    matmul_by(how, mode, m, n, k, a, b, c, ldc);
}
