/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_feed.h"

#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define MIB (1024.0 * 1024.0)

static int keep_split(struct feed *f, const struct train_job *job, int split,
                      struct feature_store *store, struct err *e)
{
    const struct split *s = &job->data->split[split];
    size_t memory, file;

    progress_note(job->progress, "features (%s)", split_names[split]);
    if (features_new(f->g, job->data, s, store, &f->kept[split], e) < 0)
        return e->code;
    features_size(f->kept[split], &memory, &file);
    log_info("features of %zu images (%s): %.1f MiB in memory, %.1f MiB in a "
             "file", s->n, split_names[split], (double)memory / MIB,
             (double)file / MIB);
    return 0;
}

int feed_init(struct feed *f, struct engine *g, const struct train_job *job,
              uint64_t seed, bool keep, struct err *e)
{
    const struct recipe *r = job->recipe;
    const struct batch_opts o = {
        .flip = r->flip, .crop_pad = (int)r->crop_pad, .seed = seed,
    };
    struct feature_store store = {
        .batch = (size_t)r->batch, .memory = job->cache_memory,
    };
    const struct dataset *d = job->data;

    *f = (struct feed){.g = g};
    batch_init(&f->batches, d, &d->split[SPLIT_TRAIN], &o);
    f->labels = xcalloc((size_t)r->batch, sizeof *f->labels);
    if (!keep) {
        f->images = xaligned((size_t)r->batch * dataset_image_bytes(d),
                             sizeof *f->images);
        return 0;
    }
    if (keep_split(f, job, SPLIT_TRAIN, &store, e) < 0)
        return e->code;
    return keep_split(f, job, SPLIT_VAL, &store, e);
}

void feed_fini(struct feed *f)
{
    batch_fini(&f->batches);
    free(f->images);
    free(f->labels);
    for (int i = 0; i < SPLIT_COUNT; i++)
        features_free(f->kept[i]);
    *f = (struct feed){0};
}

int feed_step(struct feed *f, const uint32_t *index, size_t n, uint64_t epoch,
              engine_loss_fn *fn, void *ctx, double *loss, struct err *e)
{
    struct features *kept = f->kept[SPLIT_TRAIN];
    const float *const *taps;

    if (!kept) {
        batch_fill(&f->batches, engine_pool(f->g), index, n, epoch, f->images,
                   f->labels);
        *loss = engine_step(f->g, f->images, (int)n, fn, ctx);
        return 0;
    }
    if (features_get(kept, index, n, &taps, f->labels, e) < 0)
        return e->code;
    *loss = engine_step_features(f->g, taps, (int)n, fn, ctx);
    return 0;
}
