/* SPDX-License-Identifier: MIT
 * Counter-based random numbers: draw k of the stream of (seed, purpose, i, j)
 * is a pure function of these five, so the order of draws, the thread and the
 * process do not matter.  The generator is Philox 4x32-10 (Salmon et al., SC
 * 2011), checked against its published vectors.
 *
 * Example (uint64_t seed, uint64_t epoch, uint64_t image):
 *     struct rng r = rng_make(seed, "augment", epoch, image);
 *     double u = rng_uniform(&r);
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t word[4]; /* the current block */
    unsigned left;    /* unused words in it */
};

/* Returns the start of the stream of (seed, purpose, i, j). */
struct rng rng_make(uint64_t seed, const char *purpose, uint64_t i, uint64_t j);

uint32_t rng_u32(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* uniform in 0..n-1, n >= 1 */
double rng_uniform(struct rng *r);             /* [0, 1), 53 bits */
double rng_normal(struct rng *r);              /* mean 0, variance 1 */
/* Beta distribution with two shapes above 0, however small: [0, 1] */
double rng_beta(struct rng *r, double a, double b);
void rng_shuffle(struct rng *r, uint32_t *v, size_t n);

/* Computes one block; exported for the test of the published vectors. */
void rng_philox(const uint32_t counter[4], const uint32_t key[2],
                uint32_t out[4]);

#endif
