/* SPDX-License-Identifier: MIT */
#include "libcommon/base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define SPINS 3000 /* some tens of microseconds */

/* One worker's part of the indices, in a cache line of its own. */
struct pool_part {
    _Alignas(64) atomic_int next;
    int end;
};

struct worker {
    struct pool *pool;
    pthread_t thread;
    int id;
};

/* `state` is (loop number << 32) + workers inside.  An odd loop number means
 * open: workers may enter by adding 1.  The caller opens a loop, works, closes
 * it when no index is left, and waits until nobody is inside.  A worker that
 * sleeps through a loop never entered it, so it holds nobody up. */
struct pool {
    int threads;
    struct worker *workers;  /* threads - 1 */
    struct pool_part *parts; /* threads */
    pool_fn *fn;
    void *ctx;
    _Alignas(64) _Atomic uint64_t state;
    _Alignas(64) atomic_int sleepers;
    atomic_bool caller_sleeps;
    atomic_bool quit;
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
};

#define OPEN_BIT ((uint64_t)1 << 32)

static bool is_open(uint64_t state)
{
    return state & OPEN_BIT;
}

static uint32_t inside(uint64_t state)
{
    return (uint32_t)state;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* A worker runs its own part first, then what is left of the others'. */
static void run_parts(struct pool *p, int worker)
{
    for (int k = 0; k < p->threads; k++) {
        struct pool_part *q = &p->parts[(worker + k) % p->threads];
        int i;

        /* `next' is read before it is counted up, so that it cannot overflow. */
        while (atomic_load(&q->next) < q->end &&
               (i = atomic_fetch_add(&q->next, 1)) < q->end)
            p->fn(p->ctx, i, worker);
    }
}

/* Wait for a loop that this worker has not seen yet.  Returns the state that
 * the loop had, or any state once quit is set. */
static uint64_t wait_open(struct pool *p, uint64_t seen)
{
    uint64_t s;

    for (int k = 0; k < SPINS; k++) {
        s = atomic_load(&p->state);
        if ((is_open(s) && s >> 32 != seen) || atomic_load(&p->quit))
            return s;
        relax();
    }
    pthread_mutex_lock(&p->mutex);
    atomic_fetch_add(&p->sleepers, 1);
    for (;;) {
        s = atomic_load(&p->state);
        if ((is_open(s) && s >> 32 != seen) || atomic_load(&p->quit))
            break;
        pthread_cond_wait(&p->work, &p->mutex);
    }
    atomic_fetch_sub(&p->sleepers, 1);
    pthread_mutex_unlock(&p->mutex);
    return s;
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;
    uint64_t seen = 0;

    while (!atomic_load(&p->quit)) {
        uint64_t s = wait_open(p, seen);
        if (!is_open(s) ||
            !atomic_compare_exchange_strong(&p->state, &s, s + 1))
            continue;
        seen = s >> 32;
        run_parts(p, w->id);
        atomic_fetch_sub(&p->state, 1);
        if (!atomic_load(&p->caller_sleeps))
            continue;
        pthread_mutex_lock(&p->mutex);
        pthread_cond_signal(&p->done);
        pthread_mutex_unlock(&p->mutex);
    }
    return NULL;
}

/* Signals from outside are for the thread that made the pool, which alone may
 * hold them off for a while (io/output.h).  Those of a fault in a worker come to
 * it. */
static void start_workers(struct pool *p)
{
    static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                              SIGABRT, SIGTRAP, SIGSYS, SIGPROF};
    sigset_t outside, before;

    sigfillset(&outside);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        sigdelset(&outside, own[i]);
    pthread_sigmask(SIG_BLOCK, &outside, &before);
    for (int i = 0; i < p->threads - 1; i++) {
        struct worker *w = &p->workers[i];
        w->pool = p;
        w->id = i + 1;
        /* When a thread cannot be created, the others do its work. */
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
            w->id = 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct pool *pool_new(int threads)
{
    struct pool *p = xaligned(1, sizeof *p);

    BUG_IF(threads < 1);
    p->threads = threads;
    p->workers = xcalloc((size_t)threads, sizeof *p->workers);
    p->parts = xaligned((size_t)threads, sizeof *p->parts);
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    start_workers(p);
    return p;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    atomic_store(&p->quit, true);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);
    for (int i = 0; i < p->threads - 1; i++)
        if (p->workers[i].id)
            pthread_join(p->workers[i].thread, NULL);
    pthread_mutex_destroy(&p->mutex);
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->done);
    free(p->workers);
    free(p->parts);
    free(p);
}

int pool_first(const struct pool *p, int n, int w)
{
    return (int)((int64_t)n * w / p->threads);
}

void pool_run(struct pool *p, int n, pool_fn *fn, void *ctx)
{
    uint64_t s;

    if (!p || p->threads == 1 || n == 1) {
        for (int i = 0; i < n; i++)
            fn(ctx, i, 0);
        return;
    }
    p->fn = fn;
    p->ctx = ctx;
    for (int t = 0; t < p->threads; t++) {
        atomic_store(&p->parts[t].next, pool_first(p, n, t));
        p->parts[t].end = pool_first(p, n, t + 1);
    }
    atomic_fetch_add(&p->state, OPEN_BIT);
    if (atomic_load(&p->sleepers) > 0) {
        pthread_mutex_lock(&p->mutex);
        pthread_cond_broadcast(&p->work);
        pthread_mutex_unlock(&p->mutex);
    }
    run_parts(p, 0);

    /* Close the loop and wait for the workers that are inside. */
    s = atomic_fetch_add(&p->state, OPEN_BIT);
    for (int k = 0; inside(s) && k < SPINS; k++) {
        relax();
        s = atomic_load(&p->state);
    }
    if (!inside(s))
        return;
    pthread_mutex_lock(&p->mutex);
    atomic_store(&p->caller_sleeps, true);
    while (inside(atomic_load(&p->state)))
        pthread_cond_wait(&p->done, &p->mutex);
    atomic_store(&p->caller_sleeps, false);
    pthread_mutex_unlock(&p->mutex);
}
