/* SPDX-License-Identifier: MIT */
#include "tools/eenn-predict/decoding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/textfile.h"
#include "libcommon/picture/resize.h"
#include "libcommon/sound/clip.h"

#define SIGNAL_BYTES ((uint64_t)1 << 26) /* of a text */
#define GAPS " \t\r,;"

static bool signal_named(const char *path)
{
    return pathname_ends(path, "csv tsv txt");
}

const struct sample_kind sample_kinds[] = {
    [INPUT_IMAGE] = {"picture", "pictures", "PNG, JPEG, PPM or BMP",
                     picture_named},
    [INPUT_SOUND] = {"sound", "sounds", "WAV", wav_named},
    [INPUT_SIGNAL] = {"signal", "signals", "text (*.csv, *.tsv, *.txt)",
                      signal_named},
};

static const char *name_of(const char *path)
{
    return strcmp(path, "-") != 0 ? path : "stdin";
}

static int decode_picture(struct sample_decoder *d, const struct input_spec *in,
                          const char *path, uint8_t *item, bool *changed,
                          struct err *e)
{
    if (strcmp(path, "-") != 0) {
        if (picture_read(path, &d->file, &d->picture, e) < 0)
            return e->code;
    } else {
        buf_clear(&d->file);
        if (text_read("-", PICTURE_FILE, &d->file, e) < 0)
            return e->code;
        if (picture_decode(d->file.data, d->file.len, PICTURE_PIXELS,
                           &d->picture, e) < 0)
            return err_prefix(e, "stdin");
    }
    *changed = d->picture.h != in->h || d->picture.w != in->w;
    picture_fit(&d->picture, in->h, in->w, in->c, item);
    return 0;
}

static int decode_sound(struct sample_decoder *d, const struct input_spec *in,
                        const char *path, uint8_t *item, bool *changed,
                        struct err *e)
{
    const struct sound_features *f = &in->source.sound;
    struct clip_changes done = {0};
    struct wav w;
    int rc;

    if (!d->extractor) {
        d->extractor = sound_extractor_new(f);
        d->clip = xcalloc((size_t)f->samples, sizeof *d->clip);
    }
    if (strcmp(path, "-") != 0) {
        if (wav_load(path, &d->file, &w, e) < 0)
            return e->code;
    } else {
        buf_clear(&d->file);
        if (text_read("-", WAV_FILE, &d->file, e) < 0)
            return e->code;
        if (wav_parse(d->file.data, d->file.len, &w, e) < 0)
            return err_prefix(e, "stdin");
    }
    rc = clip_make(&w, f, d->clip, &done, e);
    if (rc < 0)
        return err_prefix(e, "%s", name_of(path));
    *changed = done.mixed || done.resampled || done.padded || done.cut;
    sound_extract(d->extractor, d->clip, (void *)item);
    return 0;
}

/* Read a line's numbers, of which there must be in->c, to to[0..). */
static int read_numbers(const char *at, const struct input_spec *in, float *to,
                        struct err *e)
{
    size_t n = 0;

    for (at += strspn(at, GAPS); *at; at += strspn(at, GAPS), n++) {
        const char *from = at;
        double v;

        at = number_read(from, NUMBER_BARE, &v);
        if (!at || (*at && !strchr(GAPS, *at)) || !isfinite((float)v))
            return err_set(e, ERR_FORMAT, "'%.*s' is not a number",
                           (int)strcspn(from, GAPS), from);
        if (n < in->c)
            to[n] = (float)v;
    }
    return n == in->c ? 0
                      : err_set(e, ERR_FORMAT,
                                "%zu numbers in place of %zu, one for "
                                "each lead",
                                n, in->c);
}

static int decode_signal(struct sample_decoder *d, const struct input_spec *in,
                         const char *path, uint8_t *item, struct err *e)
{
    const size_t rows = in->h * in->w;
    float *to = (void *)item;
    size_t n = 0, line = 1;

    buf_clear(&d->file);
    if (text_read(path, SIGNAL_BYTES, &d->file, e) < 0)
        return e->code;
    if (memchr(d->file.data, '\0', d->file.len))
        return err_set(e, ERR_FORMAT, "%s: has NUL bytes, so it is no text",
                       name_of(path));
    buf_add(&d->file, "", 1);
    for (char *at = d->file.data, *next; at; at = next, line++) {
        if ((next = strchr(at, '\n')))
            *next++ = '\0';
        if (at[strspn(at, GAPS)] == '\0' || at[strspn(at, GAPS)] == '#')
            continue;
        if (n < rows && read_numbers(at, in, to + n * in->c, e) < 0)
            return err_prefix(e, "%s:%zu", name_of(path), line);
        n++;
    }
    if (n != rows)
        return err_set(e, ERR_FORMAT,
                       "%s: %zu samples where the network takes signals of %zu",
                       name_of(path), n, rows);
    return 0;
}

int sample_decode(struct sample_decoder *d, const struct input_spec *in,
                  const char *path, uint8_t *item, bool *changed, struct err *e)
{
    const int kind = in->source.kind;
    int rc;

    *changed = false;
    if (kind == INPUT_SIGNAL)
        rc = decode_signal(d, in, path, item, e);
    else
        rc = (kind == INPUT_SOUND ? decode_sound : decode_picture)(
            d, in, path, item, changed, e);
    for (int k = 0; rc == ERR_FORMAT && k <= INPUT_SIGNAL; k++)
        if (k != kind && sample_kinds[k].named(path))
            err_suffix(e, " (the network takes %s: %s)",
                       sample_kinds[kind].many, sample_kinds[kind].files);
    return rc;
}

void sample_decoder_fini(struct sample_decoder *d)
{
    buf_free(&d->file);
    picture_fini(&d->picture);
    sound_extractor_free(d->extractor);
    free(d->clip);
    *d = (struct sample_decoder){0};
}
