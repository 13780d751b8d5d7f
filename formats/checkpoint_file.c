/* SPDX-License-Identifier: MIT */
#include "formats/checkpoint_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/mp.h"
#include "libcommon/io/output.h"
#include "libcommon/io/output_path.h"

struct checkpoint {
    struct checkpoint_opts o;
    char *path; /* without symbolic links */
    char key[HASH_HEX];
    struct checkpoint_state *state; /* NULL = there is none */
    uint64_t logged;                /* bytes of --log to be kept */
    uint64_t passed_logged;         /* of them, those about networks passed */
    uint64_t stored;                /* finished networks in the file */
    uint64_t passed;                /* of them, those that went to the output */
    struct reader *reader;          /* at a `finished` record, or NULL */
    struct record next;
    struct buf fresh; /* records of networks finished since the last writing */
    uint64_t n_fresh;
    double last; /* seconds of the clock at the last writing */
};

static const struct kind *const accepted[] = {&kind_checkpoint, NULL};

/* ---- opening ---- */

/* Refuse a file that is something else: whoever named it may have meant
 * another one.  A checkpoint of any version is one, whatever follows the
 * header. */
static int is_checkpoint(char *path, struct err *e)
{
    struct reader *r = reader_open(&path, 1, accepted, e);
    struct stream_event ev = {0};
    struct record rec;
    int rc = r ? reader_next_item(r, &ev, &rec, e) : e->code;

    if (rc < 0 && ev.kind && strcmp(ev.kind, kind_checkpoint.id.name) == 0)
        rc = 0;
    reader_close(r);
    if (rc == ERR_FORMAT)
        err_suffix(e, "; --checkpoint does not overwrite it");
    return rc < 0 ? rc : 0;
}

int checkpoint_open(const struct checkpoint_opts *o, struct checkpoint **out,
                    struct err *e)
{
    struct checkpoint *c;
    struct output_path to;
    struct output *try;
    int rc = 0;

    *out = NULL;
    if (!o->path)
        return 0;
    if (strcmp(o->path, "-") == 0)
        return err_set(e, ERR_ARG, "--checkpoint=-: it must be a file");
    if (output_path_find(o->path, &to, e) < 0)
        return e->code;
    if (!output_path_replaced(&to))
        rc = err_set(e, ERR_SYS, "%s: a checkpoint must be a regular file",
                     o->path);
    else if (to.exists && to.st.st_size > 0)
        rc = is_checkpoint(to.path, e);
    if (rc == 0) {
        try = output_open(to.path, e);
        rc = try ? 0 : e->code;
        output_free(try);
    }
    if (rc == 0) {
        c = *out = xcalloc(1, sizeof *c);
        c->o = *o;
        c->path = xstrdup(to.path);
        c->last = clock_seconds();
    }
    output_path_fini(&to);
    return rc;
}

void checkpoint_free(struct checkpoint *c)
{
    if (!c)
        return;
    checkpoint_forget(c);
    reader_close(c->reader);
    buf_free(&c->fresh);
    free(c->path);
    free(c);
}

void checkpoint_key(const struct tool *t, struct reader *const *inputs,
                    size_t n, const char *more, char key[HASH_HEX])
{
    struct buf text = {0};
    char digest[HASH_HEX];

    tool_params_text(t, &text);
    for (size_t i = 0; i < n; i++) {
        stream_reader_digest(reader_stream(inputs[i]), digest);
        buf_addf(&text, "%s %s\n", reader_kind(inputs[i]), digest);
    }
    buf_adds(&text, more);
    hash_hex(text.data, text.len, key);
    buf_free(&text);
}

/* ---- reading ---- */

void checkpoint_forget(struct checkpoint *c)
{
    struct checkpoint_state *s = c ? c->state : NULL;

    if (!s)
        return;
    for (int i = 0; i < COPY_COUNT; i++)
        tensors_free(s->copy[i]);
    history_free(&s->history);
    arena_free(&s->arena);
    buf_free(&s->bytes);
    free(s);
    c->state = NULL;
}

/* Keep a record of the state; *to is where tensors go. */
static int take_record(struct checkpoint *c, const struct record *rec,
                       struct tensors **to, struct err *e)
{
    struct checkpoint_state *s = c->state;
    const struct checkpoint_head *head = rec->data;
    const struct weights_info *w = rec->data;
    const struct copy_head *copy = rec->data;

    if (rec->schema == &schema_checkpoint) {
        if (rec->index > 0)
            return err_set(e, ERR_FORMAT, "a second checkpoint");
        if (strcmp(head->key, c->key) != 0)
            return err_set(e, ERR_FORMAT,
                           "it is of other options, inputs or versions");
        c->stored = (uint64_t)head->finished;
        c->logged = (uint64_t)head->logged;
    } else if (rec->schema == &schema_training) {
        buf_add(&s->bytes, rec->bytes, rec->n);
        return schema_decode(&schema_training, s->bytes.data, s->bytes.len,
                             &s->arena, &s->training, e);
    } else if (rec->schema == &schema_weights) {
        for (size_t i = 0; i < w->log.n; i++)
            history_epoch(&s->history,
                          (const struct supernet_epoch *)w->log.v + i);
    } else if (rec->schema == &schema_subnet) {
        history_subnet(&s->history, rec->data);
    } else if (rec->schema == &schema_copy) {
        *to = s->copy[copy->which] = tensors_new();
    } else if (rec->schema == &schema_finished) {
        *to = NULL;
    } else if (rec->schema == &schema_tensor && *to &&
               !tensors_add(*to, rec->data)) {
        return err_set(e, ERR_FORMAT, "a tensor comes twice");
    }
    return 0;
}

void checkpoint_load(struct checkpoint *c, const char *key)
{
    struct tensors *to = NULL;
    struct reader *r;
    struct record rec;
    struct stat st;
    struct err e;
    int rc;

    if (!c)
        return;
    memcpy(c->key, key, sizeof c->key);
    if (stat(c->path, &st) < 0 && errno == ENOENT)
        return;
    c->state = xcalloc(1, sizeof *c->state);
    r = reader_open(&c->path, 1, accepted, &e);
    rc = r ? 0 : e.code;
    while (rc >= 0 && (rc = reader_next(r, &rec, &e)) > 0)
        if (take_record(c, &rec, &to, &e) < 0)
            rc = reader_locate(r, &e);
    reader_close(r);
    if (rc >= 0)
        return;
    log_warn("%s; training begins anew", e.text);
    checkpoint_forget(c);
    c->stored = c->logged = 0;
}

const struct checkpoint_state *checkpoint_state(struct checkpoint *c,
                                                const char *net)
{
    const struct checkpoint_state *s = c ? c->state : NULL;

    if (!s || !s->copy[COPY_NOW])
        return NULL;
    if (net && (!s->training.net || strcmp(s->training.net, net) != 0)) {
        log_warn("%s: its network in training is not the next one of the "
                 "input, which is trained anew",
                 c->o.path);
        checkpoint_give_up(c);
        return NULL;
    }
    return s;
}

void checkpoint_give_up(struct checkpoint *c)
{
    if (!c)
        return;
    checkpoint_forget(c);
    c->logged = c->passed_logged;
}

uint64_t checkpoint_logged(const struct checkpoint *c)
{
    return c ? c->logged : 0;
}

void checkpoint_set_logged(struct checkpoint *c, uint64_t bytes)
{
    if (c)
        c->logged = bytes;
}

/* ---- finished networks ---- */

/* Move the reader to the next `finished` record.  If put is not NULL it gets
 * the records before that one.  Returns 1, or 0 at the end of the file, or
 * ERR_*. */
static int next_finished(struct reader *r, struct record *rec,
                         struct writer *put, struct err *e)
{
    int rc;

    while ((rc = reader_next_raw(r, rec, e)) > 0 &&
           rec->schema != &schema_finished)
        if (put && writer_put_raw(put, rec->bytes, rec->n, e) < 0)
            return e->code;
    return rc;
}

static int open_finished(const struct checkpoint *c, struct reader **r,
                         struct record *rec, struct err *e)
{
    *r = reader_open(&(char *){c->path}, 1, accepted, e);
    return *r ? next_finished(*r, rec, NULL, e) : e->code;
}

int checkpoint_pass(struct checkpoint *c, const char *net, struct writer *out,
                    struct err *e)
{
    const struct finished_head *head;

    if (!c || c->passed == c->stored)
        return 0;
    if (!c->reader && open_finished(c, &c->reader, &c->next, e) < 0)
        return e->code;
    if (reader_decode(c->reader, &c->next, e) < 0)
        return e->code;
    head = c->next.data;
    if (strcmp(head->net, net) != 0) {
        log_warn("%s: its network %" PRIu64 " is not that of the input, which "
                 "is trained anew with all that follow",
                 c->o.path, c->passed);
        c->stored = c->passed;
        checkpoint_give_up(c);
        return 0;
    }
    c->passed_logged = (uint64_t)head->logged;
    if (next_finished(c->reader, &c->next, out, e) < 0 ||
        writer_flush(out, e) < 0)
        return e->code;
    c->passed++;
    return 1;
}

void checkpoint_begin_net(struct checkpoint *c, const char *net,
                          struct writer *out)
{
    struct finished_head head = {.net = net};
    struct err e;

    if (!c)
        return;
    c->passed_logged = c->logged;
    head.logged = (int64_t)c->logged;
    BUG_IF(schema_encode(&schema_finished, &head, &c->fresh, &e) < 0);
    writer_tee(out, &c->fresh);
}

void checkpoint_end_net(struct checkpoint *c, struct writer *out)
{
    if (!c)
        return;
    writer_tee(out, NULL);
    c->n_fresh++;
}

/* ---- writing ---- */

int checkpoint_put_copy(struct writer *w, enum tensor_copy which, struct err *e)
{
    const struct copy_head head = {(int)which};

    return writer_put(w, &schema_copy, &head, e);
}

/* Put the networks that are finished in the present file. */
static int put_stored(const struct checkpoint *c, struct writer *w,
                      struct err *e)
{
    struct reader *r = NULL;
    struct record rec;
    int rc = c->stored ? open_finished(c, &r, &rec, e) : 0;

    for (uint64_t i = 0; rc >= 0 && i < c->stored; i++) {
        if (rc == 0)
            rc = err_set(e, ERR_FORMAT, "%s: finished networks are missing",
                         c->o.path);
        else if ((rc = writer_put_raw(w, rec.bytes, rec.n, e)) >= 0)
            rc = next_finished(r, &rec, w, e);
    }
    reader_close(r);
    return rc < 0 ? rc : 0;
}

/* Put those that were finished since. */
static int put_fresh(const struct checkpoint *c, struct writer *w,
                     struct err *e)
{
    struct mp_cursor at = mp_cursor(c->fresh.data, c->fresh.len);
    int rc = 0;

    while (rc >= 0 && at.p < at.end) {
        const unsigned char *from = at.p;

        BUG_IF(!mp_skip(&at));
        rc = writer_put_raw(w, from, (size_t)(at.p - from), e);
    }
    return rc;
}

static int write_file(const struct checkpoint *c, checkpoint_put_fn *put,
                      void *ctx, struct err *e)
{
    const struct writer_opts wo = {.tool = c->o.tool};
    const struct checkpoint_head head = {
        .tool = c->o.tool->name,
        .key = c->key,
        .finished = (int64_t)(c->stored + c->n_fresh),
        .logged = (int64_t)c->logged,
    };
    struct writer *w = writer_open(c->path, &kind_checkpoint, &wo, e);
    int rc = w ? writer_put(w, &schema_checkpoint, &head, e) : e->code;

    if (rc >= 0 && put)
        rc = put(ctx, w, e);
    if (rc >= 0 && (rc = put_stored(c, w, e)) >= 0 &&
        (rc = put_fresh(c, w, e)) >= 0)
        rc = writer_commit(w, e);
    writer_free(w);
    return rc;
}

void checkpoint_save(struct checkpoint *c, checkpoint_put_fn *put, void *ctx)
{
    struct err e;

    if (!c || clock_seconds() - c->last < (double)c->o.every)
        return;
    if (write_file(c, put, ctx, &e) < 0) {
        log_warn("no new checkpoint: %s", e.text);
    } else {
        c->stored += c->n_fresh;
        c->passed = c->stored;
        c->n_fresh = 0;
        buf_clear(&c->fresh);
    }
    c->last = clock_seconds();
}

void checkpoint_remove(const struct checkpoint *c)
{
    if (c && unlink(c->path) < 0 && errno != ENOENT)
        log_warn("%s: %s", c->o.path, strerror(errno));
}
