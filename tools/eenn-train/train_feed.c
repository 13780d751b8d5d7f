/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_feed.h"

#include "libcommon/base/log.h"

#define MIB (1024.0 * 1024.0)

static int keep_split(struct feed *f, const struct train_job *job, int split,
                      struct feature_store *store, struct err *e)
{
    const struct split *s = &job->data->split[split];
    size_t memory, file;

    progress_note(job->progress, "features (%s)", split_names[split]);
    if (features_new(f->g, &job->data->input, s, store, &f->kept[split], e) < 0)
        return e->code;
    features_size(f->kept[split], &memory, &file);
    log_info("features of %zu samples (%s): %.1f MiB in memory, %.1f MiB in a "
             "file",
             s->n, split_names[split], (double)memory / MIB,
             (double)file / MIB);
    return 0;
}

int feed_init(struct feed *f, struct engine *g, const struct train_job *job,
              bool keep, struct err *e)
{
    struct feature_store store = {
        .batch = (size_t)job->recipe->batch,
        .memory = job->cache_memory,
    };

    *f = (struct feed){.g = g};
    if (!keep)
        return 0;
    if (keep_split(f, job, SPLIT_TRAIN, &store, e) < 0)
        return e->code;
    return keep_split(f, job, SPLIT_VAL, &store, e);
}

void feed_fini(struct feed *f)
{
    for (int i = 0; i < SPLIT_COUNT; i++)
        features_free(f->kept[i]);
    *f = (struct feed){0};
}

int feed_step(struct feed *f, const struct epoch_batch *b, engine_loss_fn *fn,
              void *ctx, double *loss, struct err *e)
{
    struct features *kept = f->kept[SPLIT_TRAIN];
    const float *const *taps;

    if (!kept) {
        *loss = engine_step(f->g, b->images, (int)b->n, fn, ctx);
        return 0;
    }
    if (features_get(kept, b->index, b->n, &taps, e) < 0)
        return e->code;
    *loss = engine_step_features(f->g, taps, (int)b->n, fn, ctx);
    return 0;
}
