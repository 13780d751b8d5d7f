/* SPDX-License-Identifier: MIT
 * The envelope (formats/00-stream.md): segments of one kind, each of zstd frames
 * (or plain MessagePack) of a header map, record maps and a trailer map.  This
 * layer knows nothing of what a record means; formats/io.h puts schemas on it.
 *
 * Everything read is bounded before it is allocated: a record is at most
 * STREAM_MAX_RECORD bytes, outside typed arrays at most STREAM_MAX_SMALL, and
 * no count is believed before it is compared with the bytes that are there. */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/hash.h"

#define STREAM_MAX_RECORD ((size_t)64 << 20)
#define STREAM_MAX_SMALL ((size_t)1 << 20)
#define STREAM_MAX_DEPTH 16

/* ---- reading ---- */

/* Open files that are read one after the other as if by cat; NULL or "-" is
 * stdin. */
struct stream_reader *stream_reader_open(char *const *paths, size_t n_paths,
                                         struct err *e) MUST_CHECK; /* owned */

/* What an event is; STREAM_END is the end of the input. */
enum stream_item { STREAM_END, STREAM_HEADER, STREAM_RECORD, STREAM_TRAILER };

struct stream_event {
    enum stream_item item;
    const void *bytes; /* the whole map, borrowed until the next call */
    size_t n;
    const char *kind; /* of the segment, from its header, borrowed */
    int major, minor;
    uint64_t record; /* index of a record in the whole stream, from 0 */
};

/* Read the next header, record or trailer; a trailer comes only after its count
 * and digest have been checked.  Returns 1, or 0 at the clean end of the input
 * (after a trailer), or ERR_*.  The text of an error names file and byte. */
int stream_next(struct stream_reader *r, struct stream_event *ev,
                struct err *e) MUST_CHECK;

/* Writes the XXH3-128 digest, in hex, of all uncompressed bytes read so far; a
 * trailer's `inputs` records it. */
void stream_reader_digest(const struct stream_reader *r, char out[HASH_HEX]);
/* These return, for messages, the file that the latest item is in and its byte
 * in there (uncompressed). */
const char *stream_reader_file(const struct stream_reader *r);
uint64_t stream_reader_byte(const struct stream_reader *r);
void stream_reader_close(struct stream_reader *r);

/* ---- writing ---- */

/* One input of the work, for the trailer. */
struct stream_input {
    const char *kind;
    char digest[HASH_HEX];
};

/* Opens `path` (NULL or "-" = stdout), an output as io/output.h describes.
 * level is zstd's, 0 = plain MessagePack. */
struct stream_writer *stream_writer_open(const char *path, int level,
                                         struct err *e) MUST_CHECK; /* owned */

/* Set the level of the segments that follow; call it only before a header. */
void stream_writer_level(struct stream_writer *w, int level);

/* Append one encoded map, as it is.  The first must be the header. */
int stream_write(struct stream_writer *w, const void *bytes, size_t n,
                 struct err *e) MUST_CHECK;

/* Hand on what was written so far.  The writer does so itself every 64 records
 * or 1 MiB; a filter that works long on a group of records calls it after each
 * group, so that the next filter can begin.  Call it only where the records
 * decide it, never the clock: a flush changes the compressed bytes. */
int stream_writer_flush(struct stream_writer *w, struct err *e) MUST_CHECK;

/* Write the trailer {eos, records, inputs, digest} and end the frame.  Then
 * another segment may begin with its header, or the stream be finished. */
int stream_writer_end(struct stream_writer *w,
                      const struct stream_input *inputs, size_t n_inputs,
                      struct err *e) MUST_CHECK;

/* Finish the stream: call stream_writer_end if a segment is open (if none is,
 * n_inputs is 0), and finish the output, which outputs_commit (tool_done)
 * renames.  On any error, or when the writer is freed without this call,
 * nothing of the output file remains and the frame stays unfinished. */
int stream_writer_finish(struct stream_writer *w,
                         const struct stream_input *inputs, size_t n_inputs,
                         struct err *e) MUST_CHECK;
/* Finish a stream without inputs and commit its file, whatever others wait
 * (output_commit). */
int stream_writer_commit(struct stream_writer *w, struct err *e) MUST_CHECK;
void stream_writer_free(struct stream_writer *w); /* NULL is fine */

#endif
