/* SPDX-License-Identifier: MIT */
#include "libcommon/base/rng.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/hash.h"

void rng_philox(const uint32_t counter[4], const uint32_t key[2],
                uint32_t out[4])
{
    uint32_t c[4], k0 = key[0], k1 = key[1];

    memcpy(c, counter, sizeof c);
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * c[0];
        uint64_t b = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = {
            (uint32_t)(b >> 32) ^ c[1] ^ k0,
            (uint32_t)b,
            (uint32_t)(a >> 32) ^ c[3] ^ k1,
            (uint32_t)a,
        };
        memcpy(c, next, sizeof c);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    memcpy(out, c, sizeof c);
}

struct rng rng_make(uint64_t seed, const char *purpose, uint64_t i, uint64_t j)
{
    struct rng r = {0};
    uint64_t parts[2] = {seed, hash64(purpose, strlen(purpose))};
    uint64_t key = hash64(parts, sizeof parts);

    r.key[0] = (uint32_t)key;
    r.key[1] = (uint32_t)(key >> 32);
    /* counter[0] counts blocks within the stream; i and j are folded into the
     * other three words, exactly while i < 2^32 and j < 2^64. */
    r.counter[1] = (uint32_t)(i ^ (i >> 32) * 0x9E3779B9u);
    r.counter[2] = (uint32_t)j;
    r.counter[3] = (uint32_t)(j >> 32);
    return r;
}

uint32_t rng_u32(struct rng *r)
{
    if (!r->left) {
        rng_philox(r->counter, r->key, r->word);
        r->counter[0]++;
        r->left = 4;
    }
    return r->word[4 - r->left--];
}

static uint64_t next_u64(struct rng *r)
{
    uint64_t high = rng_u32(r);

    return high << 32 | rng_u32(r);
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    uint64_t reject = (0 - n) % n, x; /* 2^64 mod n: no modulo bias */

    do
        x = next_u64(r);
    while (x < reject);
    return x % n;
}

double rng_uniform(struct rng *r)
{
    return (double)(next_u64(r) >> 11) * 0x1p-53;
}

/* Box-Muller makes a pair, of which one is used; 1 - u keeps the logarithm
 * finite. */
double rng_normal(struct rng *r)
{
    double u = rng_uniform(r), v = rng_uniform(r);

    return sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * v);
}

/* Returns the logarithm of a gamma variate by the rejection of Marsaglia and Tsang
 * (2000).  One of a shape below 1 is one of shape + 1 times u^(1 / shape), which
 * would be 0 in most draws of small shapes, but for its logarithm. */
static double log_gamma(struct rng *r, double shape)
{
    double more = 0, d, c, x, v, u;

    if (shape < 1) {
        more = log(1 - rng_uniform(r)) / fmax(shape, 1e-300);
        shape += 1;
    }
    d = shape - 1 / 3.0;
    c = 1 / sqrt(9 * d);
    do {
        x = rng_normal(r);
        v = 1 + c * x;
        v = v * v * v;
        u = rng_uniform(r);
    } while (v <= 0 || log(u) >= 0.5 * x * x + d * (1 - v + log(v)));
    return more + log(d * v);
}

/* X / (X + Y) of two gamma variates */
double rng_beta(struct rng *r, double a, double b)
{
    double x = log_gamma(r, a), y = log_gamma(r, b);

    return 1 / (1 + exp(y - x));
}

void rng_shuffle(struct rng *r, uint32_t *v, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(r, i);
        uint32_t t = v[i - 1];

        v[i - 1] = v[j];
        v[j] = t;
    }
}
