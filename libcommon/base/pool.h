/* SPDX-License-Identifier: MIT
 * A few threads that run one loop after another.  Work is split by index, and
 * what an index computes must not depend on who runs it: then results are the
 * same for any number of threads.
 *
 * Example (int threads, int shards, pool_fn *forward_shard, void *job):
 *     struct pool *p = pool_new(threads);
 *
 *     pool_run(p, shards, forward_shard, job);    // returns when all are done
 *     pool_free(p);
 *
 * A loop costs a few microseconds: idle threads spin for some tens of
 * microseconds before they sleep, and on a machine with more work than cores
 * a thread that did not get to run is not waited for (the others take its
 * indices). */
#ifndef BASE_POOL_H
#define BASE_POOL_H

struct pool;

#define POOL_MAX_THREADS 4096 /* that a user may ask for */

/* Returns a pool of `threads` >= 1 threads, of which the caller of pool_run is
 * one.  Where the system lets fewer be created, these do all the work. */
struct pool *pool_new(int threads); /* owned (pool_free) */
void pool_free(struct pool *p);     /* accepts NULL */

/* worker < threads says whose scratch memory to use: no two indices run with
 * the same worker at once. */
typedef void pool_fn(void *ctx, int index, int worker);

/* Call fn for 0..n-1 and wait until all calls have returned; with p NULL the
 * caller runs them all, as worker 0.  Only one thread may call this at a time,
 * and fn may not.  Worker w starts with the w-th part of the indices, in every
 * loop, so that data split the same way stay in its core's cache. */
void pool_run(struct pool *p, int n, pool_fn *fn, void *ctx);
/* Returns the first index of worker w's part of n; the part ends before the
 * first index of worker w + 1. */
int pool_first(const struct pool *p, int n, int w);

#endif
