/* SPDX-License-Identifier: MIT
 * Typed streams: the envelope (libcommon/io/stream.h) plus the schemas of a
 * kind.  What tools use:
 *
 * Example (char **paths, size_t n, const char *path,
 *          const struct writer_opts *opts, const struct kind *kind,
 *          const struct schema *schema, struct err *e):
 *     const struct kind *accepted[] = {kind, NULL};
 *     struct reader *r = reader_open(paths, n, accepted, e);
 *     struct writer *w = r ? writer_open(path, kind, opts, e) : NULL;
 *     struct record rec;
 *     int rc = w ? 0 : e->code;
 *
 *     while (w && (rc = reader_next(r, &rec, e)) > 0)
 *         if (rec.schema == schema && writer_put(w, schema, rec.data, e) < 0)
 *             break;
 *     if (rc == 0)
 *         rc = writer_finish(w, (struct reader *[]){r}, 1, e);
 *     writer_free(w);
 *     reader_close(r);
 *     return rc;
 */
#ifndef FORMATS_IO_H
#define FORMATS_IO_H

#include "formats/schema.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/stream.h"

/* NULL-terminated list of every kind. */
extern const struct kind *const kinds_all[];
const struct kind *kind_find(const char *name); /* NULL = no such kind */

struct reader;

struct record {
    const struct kind *kind;     /* of the segment it stands in */
    const struct schema *schema; /* which record type */
    void *data;                  /* decoded struct, borrowed until next, or
                                  * NULL */
    const void *bytes;           /* the record as it stands in the stream */
    size_t n;
    uint64_t index; /* in the whole stream, from 0 */
};

/* Open streams for reading.  accepted is NULL-terminated; reading refuses a
 * segment of any other kind or major version, with both names in the message, a
 * record of an unknown type, one that cannot stand where it stands, and a
 * segment that ends before its last item is whole (struct order). */
struct reader *reader_open(char *const *paths, size_t n_paths,
                           const struct kind *const *accepted,
                           struct err *e) MUST_CHECK; /* owned */

/* Read and decode the next record.  Returns 1, 0 at the clean end, or ERR_*
 * with a text like "FILE: record N (byte M): what". */
int reader_next(struct reader *r, struct record *rec, struct err *e) MUST_CHECK;

/* Do the same without decoding, for filters that pass over bulky records: data
 * is NULL, but for records that must be looked into for their order. */
int reader_next_raw(struct reader *r, struct record *rec,
                    struct err *e) MUST_CHECK;

/* Read the next header, record or trailer, for tools that show or check whole
 * streams.  *ev says what came; *rec is filled when it is a record, as
 * reader_next_raw does. */
int reader_next_item(struct reader *r, struct stream_event *ev,
                     struct record *rec, struct err *e) MUST_CHECK;

/* Decode the record that reader_next_raw returned last, if it is not yet. */
int reader_decode(struct reader *r, struct record *rec,
                  struct err *e) MUST_CHECK;

/* From now on take the records in any order, for looking into a stream that is
 * wrong.  It is called before the first record is read. */
void reader_any_order(struct reader *r);

/* Read and check everything up to the clean end, ignoring the records. */
int reader_drain(struct reader *r, struct err *e) MUST_CHECK;

/* Both report an error that the tool itself found in the latest record: they
 * return ERR_FORMAT, and its text begins with "FILE: record N (byte M): ".
 * reader_fail formats the text that follows; reader_locate takes that of the
 * error which *e already holds, whatever its code was. */
int reader_fail(const struct reader *r, struct err *e, const char *fmt, ...)
    PRINTF(3, 4);
int reader_locate(const struct reader *r, struct err *e);
struct stream_reader *reader_stream(struct reader *r); /* borrowed */
const char *reader_kind(const struct reader *r);       /* of the last segment */
void reader_close(struct reader *r);                   /* NULL is fine */

struct writer;

/* The header's provenance is made from the tool's option table (cli/opt.h):
 * tool, version, every resolved parameter (the seed among them) and, under the
 * key `blas`, the tool's arithmetic, where it has one. */
struct writer_opts {
    const struct tool *tool; /* whose parameters; NULL = no provenance */
    int level;               /* zstd level, 0 = plain, or LEVEL_OF_KIND */
};

/* Returns the zstd level to write a kind with: `level`, or that of the kind
 * where `level` is LEVEL_OF_KIND. */
int writer_level(const struct kind *kind, int level);

struct writer *writer_open(const char *path, const struct kind *kind,
                           const struct writer_opts *o,
                           struct err *e) MUST_CHECK; /* owned */
int writer_put(struct writer *w, const struct schema *s, const void *data,
               struct err *e) MUST_CHECK;
/* Write a record that came from a stream, untouched. */
int writer_put_raw(struct writer *w, const void *bytes, size_t n,
                   struct err *e) MUST_CHECK;
/* Append every record that is put from now on to *copy, too; NULL ends that. */
void writer_tee(struct writer *w, struct buf *copy);
/* Hand on what was put so far to the next filter; for a filter that works long
 * on each network (see stream_writer_flush). */
int writer_flush(struct writer *w, struct err *e) MUST_CHECK;
/* Write the trailer and finish the stream.  The inputs (n) are all readers
 * whose content shaped the output, the main one first.  Those that are not at
 * their end yet are read and checked up to it, since the trailer names the
 * digest of each. */
int writer_finish(struct writer *w, struct reader *const *inputs, size_t n,
                  struct err *e) MUST_CHECK;
/* Finish a stream that has no inputs, and commit its file at once, for one that
 * is not an output of the run. */
int writer_commit(struct writer *w, struct err *e) MUST_CHECK;
void writer_free(struct writer *w); /* NULL is fine; unfinished = removed */

#endif
