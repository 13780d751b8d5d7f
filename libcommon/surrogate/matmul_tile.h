/* SPDX-License-Identifier: MIT
 * Body of a matmul tile, included by matmul_body.h once for each vector width:
 *     TILE_NAME    suffix of the functions
 *     TILE_TARGET  attribute of the instruction set, or nothing
 *     TILE_BYTES   of a vector register
 *     TILE_ROWS    of C in registers at once
 * A panel is PANEL columns wide. */
#ifdef TILE_NAME

#define TILE(x) TILE_JOIN(x, TILE_NAME)

typedef ELEMENT TILE(vec) __attribute__((vector_size(TILE_BYTES)));

/* Add the product of a and the panel to rows [0, rows) of c; rows is a constant
 * where this is inlined. */
TILE_TARGET static inline __attribute__((always_inline)) void TILE(rows)(
    size_t rows, size_t k, const ELEMENT *a, size_t row, size_t col,
    const ELEMENT *panel, ELEMENT *c, size_t ldc)
{
    enum {
        VECS = PANEL * sizeof(ELEMENT) / TILE_BYTES,
        LANES = TILE_BYTES / sizeof(ELEMENT)
    };
    TILE(vec) sum[TILE_ROWS][VECS], b;

    UNROLL for (size_t i = 0; i < rows; i++)
        UNROLL for (size_t j = 0; j < VECS; j++)
            memcpy(&sum[i][j], c + i * ldc + j * LANES, sizeof b);
    for (size_t p = 0; p < k; p++) {
        const ELEMENT *at = a + p * col;

        UNROLL for (size_t j = 0; j < VECS; j++)
        {
            memcpy(&b, panel + p * PANEL + j * LANES, sizeof b);
            UNROLL for (size_t i = 0; i < rows; i++)
                sum[i][j] += at[i * row] * b;
        }
    }
    UNROLL for (size_t i = 0; i < rows; i++)
        UNROLL for (size_t j = 0; j < VECS; j++)
            memcpy(c + i * ldc + j * LANES, &sum[i][j], sizeof b);
}

TILE_TARGET static void TILE(tile)(size_t k, const ELEMENT *a, size_t row,
                                   size_t col, const ELEMENT *panel, ELEMENT *c,
                                   size_t ldc)
{
    TILE(rows)(TILE_ROWS, k, a, row, col, panel, c, ldc);
}

TILE_TARGET static void TILE(tile_row)(size_t k, const ELEMENT *a, size_t row,
                                       size_t col, const ELEMENT *panel,
                                       ELEMENT *c, size_t ldc)
{
    TILE(rows)(1, k, a, row, col, panel, c, ldc);
}

#undef TILE
#undef TILE_NAME
#undef TILE_TARGET
#undef TILE_BYTES
#undef TILE_ROWS

#endif
