/* SPDX-License-Identifier: MIT
 * The file of --checkpoint: a trainer that was killed goes on from it.  It is
 * replaced as a whole, after an epoch and not more often than was asked for,
 * and removed when the run's output is there.
 *
 * Example (const struct checkpoint_opts *opts, const char *key,
 *          const char *net, struct writer *out, checkpoint_put_fn *put,
 *          void *ctx, struct err *e):
 *     struct checkpoint *c;
 *     const struct checkpoint_state *s;
 *     int rc = checkpoint_open(opts, &c, e);
 *
 *     if (rc < 0)
 *         return rc;
 *     checkpoint_load(c, key);
 *     if ((rc = checkpoint_pass(c, net, out, e)) == 0) {  // for each network
 *         s = checkpoint_state(c, net);   // NULL: from the start
 *         checkpoint_forget(c);           // once *s has been used
 *         checkpoint_save(c, put, ctx);   // after each epoch
 *         checkpoint_begin_net(c, net, out);
 *         rc = s ? 0 : 1;                 // writer_put: what was trained
 *         checkpoint_end_net(c, out);
 *         checkpoint_save(c, NULL, NULL);
 *     }
 *     checkpoint_remove(c);               // after tool_done
 *     checkpoint_free(c);
 *     return rc;
 *
 * A file that cannot be used, because it is damaged or of other work, costs a
 * warning, and training begins anew; so does one that cannot be written later
 * on.  A pointer of NULL to a struct checkpoint means that there is none. */
#ifndef FORMATS_CHECKPOINT_FILE_H
#define FORMATS_CHECKPOINT_FILE_H

#include "formats/checkpoint.h"
#include "formats/io.h"
#include "libcommon/nn/graph/tensors.h"
#include "libcommon/nn/train/weights.h"

struct checkpoint;

struct checkpoint_opts {
    const char *path; /* NULL = no checkpoint */
    uint64_t every;   /* seconds between two writings, at least */
    const struct tool *tool;
};

/* Make ready to write the file; *out is owned (checkpoint_free), and NULL
 * without a path.  ERR_SYS when it cannot be written or is no regular file,
 * ERR_FORMAT when there is a file that is not a checkpoint, ERR_ARG for
 * a path of "-". */
int checkpoint_open(const struct checkpoint_opts *o, struct checkpoint **out,
                    struct err *e) MUST_CHECK;
void checkpoint_free(struct checkpoint *c);

/* Set the key: the hash of what --params prints, of the inputs' digests (n, all
 * read to their end) and of `more`, what the parameters do not say. */
void checkpoint_key(const struct tool *t, struct reader *const *inputs,
                    size_t n, const char *more, char key[HASH_HEX]);

/* Read the file if there is one of this key, which later ones are written with.
 * The file is checked as a whole. */
void checkpoint_load(struct checkpoint *c, const char *key);

/* If the network whose record has the hash `net` was finished, put its records
 * into the output and return 1; else return 0.  Call it for each network of the
 * input in turn.  When another one was finished in its place, that one and all
 * later ones are given up with a warning.  ERR_* of reading and writing. */
int checkpoint_pass(struct checkpoint *c, const char *net, struct writer *out,
                    struct err *e) MUST_CHECK;

/* What the file holds of a training that was not over. */
struct checkpoint_state {
    struct training_state training;   /* of a network */
    struct supernet_history history;  /* of a supernet */
    struct tensors *copy[COPY_COUNT]; /* NULL = there is none */
    struct arena arena;               /* of `training` */
    struct buf bytes;
};

/* Return the state of the network, or with net = NULL of the supernet, borrowed
 * until checkpoint_forget; NULL = training begins at its start. */
const struct checkpoint_state *checkpoint_state(struct checkpoint *c,
                                                const char *net);
void checkpoint_forget(struct checkpoint *c);

/* Give up the state, with the lines of --log about it: it does not fit. */
void checkpoint_give_up(struct checkpoint *c);

/* Return the bytes of the --log that are about epochs in the file and not given
 * up, and set those that the next file will name. */
uint64_t checkpoint_logged(const struct checkpoint *c);
void checkpoint_set_logged(struct checkpoint *c, uint64_t bytes);

/* Put the records of a state: `training` or `weights` and all that follow. */
typedef int checkpoint_put_fn(void *ctx, struct writer *w, struct err *e);

/* Replace the file if it is time to: the networks finished so far, and the
 * state that put writes; put = NULL means none is in training. */
void checkpoint_save(struct checkpoint *c, checkpoint_put_fn *put, void *ctx);

/* What is put into the output between these is a finished network. */
void checkpoint_begin_net(struct checkpoint *c, const char *net,
                          struct writer *out);
void checkpoint_end_net(struct checkpoint *c, struct writer *out);

/* Put a `copy` record; its tensors follow (weights_put). */
int checkpoint_put_copy(struct writer *w, enum tensor_copy which,
                        struct err *e) MUST_CHECK;

/* Remove the file: the output is there. */
void checkpoint_remove(const struct checkpoint *c);

#endif
