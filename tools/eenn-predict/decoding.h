/* SPDX-License-Identifier: MIT
 * A file becomes an item as a network takes it (nn/data/input.h): a picture of its
 * size, the features of a sound, or a signal's numbers.
 *
 * Example (const struct input_spec *in, const char *path, uint8_t *item,
 *          struct err *e):
 *     struct sample_decoder d = {0};
 *     bool changed;
 *     int rc = sample_decode(&d, in, path, item, &changed, e);
 *
 *     sample_decoder_fini(&d);   // after the last file
 *     return rc; */
#ifndef DECODING_H
#define DECODING_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/nn/data/input.h"
#include "libcommon/picture/picture.h"

/* What the files of one kind of input are called. */
struct sample_kind {
    const char *one, *many;          /* "picture" "pictures" */
    const char *files;               /* "PNG, JPEG, ..." */
    bool (*named)(const char *path); /* whether a name is of such a file */
};
extern const struct sample_kind sample_kinds[]; /* by enum input_kind */

/* Is the memory of one thread that decodes files for one network; zeroed before
 * the first. */
struct sample_decoder {
    struct buf file;
    struct picture picture;
    float *clip; /* of a sound */
    struct sound_extractor *extractor;
};

/* Decode a file, "-" for standard input, into an item of input_item_bytes(in).
 * *changed says that it had another size, or a sound another rate, length or number
 * of channels, than what the network takes.  A signal is text, a line for each
 * sample with a number for each lead, with blanks, commas or semicolons between;
 * lines that are blank or begin with # do not count.  ERR_FORMAT for files that are
 * damaged or of another kind, ERR_SYS for those that cannot be read; the text begins
 * with the name. */
int sample_decode(struct sample_decoder *d, const struct input_spec *in,
                  const char *path, uint8_t *item, bool *changed,
                  struct err *e) MUST_CHECK;
void sample_decoder_fini(struct sample_decoder *d);

#endif
