/* SPDX-License-Identifier: MIT
 * libFuzzer on the readers of WFDB records: the input is a header, a byte 0, samples
 * and annotations, half of the rest each.
 *     make fuzz && build/fuzz/fuzz_wfdb -max_total_time=60 corpus
 * (corpus: such files made of the three of a short record.) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/sound/wfdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_signals(struct wfdb_record *r, const uint8_t *bytes, size_t n)
{
    struct err e;

    for (size_t s = 0; s < r->n; s++) {
        float *to = calloc(r->samples + 1, sizeof *to);
        size_t missing;

        BUG_IF(!r->signals[s].file || !r->signals[s].units ||
               !r->signals[s].name || strchr(r->signals[s].file, '/'));
        BUG_IF(wfdb_find_signal(r, r->signals[s].name) > s);
        /* Sums of changed samples are wrong: nothing behind would be seen. */
        r->signals[s].sum = -1;
        if (wfdb_signal_decode(r, s, bytes, n, to, &missing, &e) == 0) {
            BUG_IF(missing > r->samples);
            for (size_t i = 0; i < r->samples; i++)
                BUG_IF(!isfinite(to[i]));
        }
        free(to);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t header = end ? (size_t)(end - data) : size;
    size_t rest = end ? size - header - 1 : 0;
    size_t half = rest / 2;
    /* Each is just as long as its part. */
    char *text = malloc(header ? header : 1);
    uint8_t *samples = malloc(half ? half : 1);
    uint8_t *marks = malloc(rest - half ? rest - half : 1);
    struct wfdb_record r = {0};
    struct wfdb_notes notes = {0};
    struct err e;

    if (header)
        memcpy(text, data, header);
    if (half)
        memcpy(samples, end + 1, half);
    if (rest - half)
        memcpy(marks, end + 1 + half, rest - half);
    if (wfdb_header_parse(text, header, &r, &e) == 0 && r.samples < 65536)
        read_signals(&r, samples, half);
    if (wfdb_notes_parse(marks, rest - half, 360, 1 << 20, &notes, &e) == 0)
        for (size_t i = 0; i < notes.n; i++) {
            BUG_IF(notes.v[i].at >= 1 << 20);
            BUG_IF(i && notes.v[i].at < notes.v[i - 1].at);
            wfdb_beat_sign(notes.v[i].code);
        }
    wfdb_notes_free(&notes);
    wfdb_record_free(&r);
    free(marks);
    free(samples);
    free(text);
    return 0;
}
