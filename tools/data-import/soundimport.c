/* SPDX-License-Identifier: MIT */
#include "tools/data-import/soundimport.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"
#include "libcommon/base/pathname.h"
#include "libcommon/base/progress.h"
#include "libcommon/sound/clip.h"

#define NAMED_MAX 20 /* most corrupt files that are named */

const char *const sound_kinds[] = {"mfcc", "log-mel", NULL};

/* What the draft computes its samples of. */
struct sounds {
    struct sound_features features;
    struct sound_extractor *extractor;
    float *clip;
    char **paths; /* (n) of the draft's samples */
    size_t n, cap;
    struct buf file;
};

static void fini(void *state)
{
    struct sounds *s = state;

    for (size_t i = 0; i < s->n; i++)
        free(s->paths[i]);
    free(s->paths);
    free(s->clip);
    sound_extractor_free(s->extractor);
    buf_free(&s->file);
    free(s);
}

bool sound_speaker(const char *path, struct buf *out)
{
    const char *name = pathname_base(path);
    const char *end = strstr(name, "_nohash_"), *from = end;

    while (from && from > name && from[-1] != '_')
        from--;
    if (!from || from == end) {
        buf_adds(out, path);
        return false;
    }
    buf_add(out, from, (size_t)(end - from));
    return true;
}

/* ---- features ---- */

/* Set the features for sounds of `rate` Hz unless another was asked for. */
static int settle_features(const struct import_opts *o, size_t rate,
                           struct sound_features *f, struct err *e)
{
    const struct sound_opts *s = &o->sound;
    double hz = isnan(o->rate) ? (double)rate : o->rate;

    if (hz != floor(hz))
        return err_set(e, ERR_ARG, "--rate of sounds is a whole number, not %g",
                       hz);
    f->rate = (int64_t)hz;
    f->samples = (int64_t)floor(s->clip * hz + 0.5);
    f->window = (int64_t)floor(s->frame * hz / 1000 + 0.5);
    f->hop = (int64_t)floor(s->hop * hz / 1000 + 0.5);
    f->fft = 4;
    while (f->fft < f->window && f->fft < 1 << 20)
        f->fft *= 2;
    f->bands = (int64_t)s->bands;
    f->coefs = s->kind == SOUND_MFCC ? (int64_t)s->coefs : 0;
    f->low = s->low;
    f->high = !isnan(s->high) ? s->high : fmin(4000, hz / 2);
    if (sound_features_check(f, e) < 0)
        return e->code;
    if (sound_frames(f) > DATASET_MAX_SIDE)
        return err_set(e, ERR_ARG,
                       "%zu frames of a clip exceed %d: take a longer --hop",
                       sound_frames(f), DATASET_MAX_SIDE);
    return 0;
}

/* ---- sounds ---- */

/* Load a sound and look at all of its samples. */
static int check_sound(const char *path, struct buf *file, struct wav *w,
                       struct err *e)
{
    float piece[1024];
    int rc = wav_load(path, file, w, e);

    for (size_t at = 0, n; rc == 0 && at < w->frames; at += n) {
        n = w->frames - at;
        n = n < ARRAY_LEN(piece) ? n : ARRAY_LEN(piece);
        if ((rc = wav_mono(w, at, n, piece, e)) < 0)
            err_prefix(e, "%s", path);
    }
    return rc;
}

struct tally {
    size_t mixed, resampled, padded, cut, corrupt;
};

/* Say how the clips' features are made, and what that took of the n sounds. */
static void note_sounds(const struct sound_features *f, const struct tally *t,
                        size_t n, struct buf *notes)
{
    const struct {
        size_t n;
        const char *what;
    } all[] = {
        {t->padded, "shorter and padded with silence"},
        {t->cut, "longer and cut behind that"},
        {t->resampled, "of another rate and resampled"},
        {t->mixed, "of several channels, which were averaged"},
    };
    double ms = 1000. / (double)f->rate;

    buf_adds(notes, "Clips of ");
    number_text((double)f->samples / (double)f->rate, notes);
    buf_addf(notes, " s at %" PRId64 " Hz; windows of ", f->rate);
    number_text((double)f->window * ms, notes);
    buf_adds(notes, " ms every ");
    number_text((double)f->hop * ms, notes);
    buf_addf(notes, " ms, FFT of %" PRId64 " points,\n", f->fft);
    buf_addf(notes, "%" PRId64 " mel bands from ", f->bands);
    number_text(f->low, notes);
    buf_adds(notes, " to ");
    number_text(f->high, notes);
    if (f->coefs)
        buf_addf(notes, " Hz, of which %" PRId64 " MFCC.\n", f->coefs);
    else
        buf_adds(notes, " Hz, as logarithms.\n");
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].n)
            buf_addf(notes, "Of %zu sounds %zu %s %s.\n", n, all[i].n,
                     all[i].n == 1 ? "was" : "were", all[i].what);
}

static int compute(void *state, size_t sample, struct variation *v, float *to,
                   struct err *e)
{
    struct sounds *s = state;
    const size_t n = (size_t)s->features.samples;
    struct wav w;
    int rc = wav_load(s->paths[sample], &s->file, &w, e);

    if (rc == 0 && (rc = clip_make(&w, &s->features, s->clip, NULL, e)) < 0)
        err_prefix(e, "%s", s->paths[sample]);
    if (rc == 0 && v) {
        double shift = floor(v->shift * (double)s->features.rate + 0.5);
        size_t by = (size_t)fmin(fabs(shift), (double)n);

        /* What comes in at the other end is silence. */
        memmove(s->clip + (shift > 0 ? by : 0), s->clip + (shift > 0 ? 0 : by),
                (n - by) * sizeof *s->clip);
        memset(s->clip + (shift > 0 ? 0 : n - by), 0, by * sizeof *s->clip);
        variation_apply(v, s->clip, n);
    }
    if (rc == 0)
        sound_extract(s->extractor, s->clip, to);
    return rc;
}

/* Add one sound to the draft, or leave it out and say so. */
static int add_sound(const struct import_opts *o, const struct image_file *file,
                     bool grouped, struct sounds *s, struct dataset *d,
                     struct draft *f, struct tally *t, struct err *e)
{
    struct buf speaker = {0};
    double length, wanted;
    struct wav w;
    int rc = check_sound(file->path, &s->file, &w, e);

    if (rc == ERR_FORMAT && o->skip_corrupt) {
        if (t->corrupt++ < NAMED_MAX)
            log_warn("%s: skipped", e->text);
        return 0;
    }
    if (rc == ERR_FORMAT)
        err_suffix(e, " (--skip-corrupt leaves such files out)");
    if (rc == 0 && f->n == 0)
        rc = settle_features(o, w.rate, &s->features, e);
    if (rc < 0)
        return rc;
    length = (double)w.frames * (double)s->features.rate;
    wanted = (double)s->features.samples * (double)w.rate;
    t->mixed += w.channels > 1;
    t->resampled += w.rate != (size_t)s->features.rate;
    t->padded += length < wanted;
    t->cut += length > wanted;
    if (grouped)
        sound_speaker(file->name, &speaker);
    draft_add(f, d, file->split, file->label, file->name,
              grouped ? speaker.data : NULL);
    GROW(s->paths, s->n, s->cap);
    s->paths[s->n++] = xstrdup(file->path);
    buf_free(&speaker);
    return 0;
}

int sounds_draft(const struct import_opts *o, const struct imagelist *l,
                 struct dataset *d, struct draft *f, struct buf *notes,
                 struct err *e)
{
    struct sounds *s = xcalloc(1, sizeof *s);
    struct tally t = {0};
    struct buf ignored = {0};
    struct progress p;
    bool grouped = false;
    int rc = 0;

    f->state = s;
    f->fini = fini;
    f->fn = compute;
    for (size_t i = 0; i < l->n && !grouped; i++)
        grouped = sound_speaker(l->files[i].name, &ignored);
    buf_free(&ignored);
    progress_start(&p, "sounds read", l->n, o->progress);
    for (size_t i = 0; i < l->n && rc == 0; i++) {
        rc = add_sound(o, &l->files[i], grouped, s, d, f, &t, e);
        progress_add(&p, 1);
    }
    progress_end(&p);
    if (rc == 0 && f->n == 0)
        rc = err_set(e, ERR_FORMAT, "none of the sounds can be read");
    if (rc < 0)
        return rc;
    if (t.corrupt)
        log_warn("%zu of %zu sounds were corrupt and skipped", t.corrupt, l->n);
    note_sounds(&s->features, &t, f->n, notes);
    s->extractor = sound_extractor_new(&s->features);
    s->clip = xcalloc((size_t)s->features.samples, sizeof *s->clip);
    f->in.h = sound_frames(&s->features);
    f->in.w = sound_columns(&s->features);
    f->in.c = 1;
    f->in.per_band = o->per_band;
    f->in.source.kind = INPUT_SOUND;
    f->in.source.sound = s->features;
    return 0;
}
