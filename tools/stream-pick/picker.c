/* SPDX-License-Identifier: MIT */
#include "tools/stream-pick/picker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/ids.h"
#include "libcommon/base/mem.h"

struct pick_range {
    uint64_t from, to; /* inclusive; UINT64_MAX = to the end */
};

struct picker {
    struct pick_range *ranges;
    size_t n_ranges, cap_ranges;
    struct id_prefixes prefixes; /* must all be found */
    struct set ids;              /* of the items of another stream */
    bool by_id;                  /* a prefix or such a stream was given */
    struct arena texts;
};

struct picker *picker_new(void)
{
    return xcalloc(1, sizeof(struct picker));
}

void picker_free(struct picker *p)
{
    if (!p)
        return;
    free(p->ranges);
    id_prefixes_free(&p->prefixes);
    set_free(&p->ids);
    arena_free(&p->texts);
    free(p);
}

/* ---- what is wanted ---- */

static bool read_index(const char **s, uint64_t *v)
{
    char *end;

    if (**s < '0' || **s > '9')
        return false;
    errno = 0;
    *v = strtoull(*s, &end, 10);
    *s = end;
    return !errno;
}

int picker_add_range(struct picker *p, char **text, struct err *e)
{
    const char *s = *text;
    struct pick_range r;
    struct buf full = {0};
    bool fine = read_index(&s, &r.from);

    r.to = r.from;
    if (fine && *s == '-') {
        s++;
        r.to = UINT64_MAX;
        fine = !*s || read_index(&s, &r.to);
    }
    if (!fine || *s || r.to < r.from)
        return err_set(e, ERR_ARG, "--index: '%s' is not N, A-B or A-", *text);
    GROW(p->ranges, p->n_ranges, p->cap_ranges);
    p->ranges[p->n_ranges++] = r;
    buf_addf(&full, "%" PRIu64, r.from);
    if (r.to != r.from)
        buf_adds(&full, "-");
    if (r.to != r.from && r.to != UINT64_MAX)
        buf_addf(&full, "%" PRIu64, r.to);
    *text = arena_strdup(&p->texts, full.data);
    buf_free(&full);
    return 0;
}

int picker_add_id(struct picker *p, const char *digits, struct err *e)
{
    p->by_id = true;
    return id_prefixes_add(&p->prefixes, digits, e);
}

int picker_add_stream(struct picker *p, struct reader *r, struct err *e)
{
    struct record rec;
    struct item_ids ids;
    int rc;

    p->by_id = true;
    while ((rc = reader_next_raw(r, &rec, e)) > 0) {
        if (!item_begins(&rec))
            continue;
        item_ids_read(&rec, &ids);
        if (!ids.arch[0] && !ids.net[0])
            return reader_fail(r, e, "has neither an arch nor a net id");
        set_add(&p->ids, ids.arch[0] ? ids.arch : ids.net, HASH_HEX - 1);
    }
    return rc;
}

/* ---- items ---- */

bool picker_wants(struct picker *p, const struct record *rec, uint64_t index)
{
    struct item_ids ids;
    const char *const id[] = {ids.arch, ids.net, ids.recipe};
    bool wanted;

    if (!p->n_ranges && !p->by_id)
        return true;
    wanted = p->prefixes.n && id_prefixes_want(&p->prefixes, rec);
    for (size_t i = 0; !wanted && i < p->n_ranges; i++)
        wanted = index >= p->ranges[i].from && index <= p->ranges[i].to;
    item_ids_read(rec, &ids);
    for (size_t i = 0; !wanted && i < ARRAY_LEN(id); i++)
        wanted = id[i][0] && set_find(&p->ids, id[i], HASH_HEX - 1) != SET_NONE;
    return wanted;
}

int picker_check(const struct picker *p, uint64_t items, struct err *e)
{
    for (size_t i = 0; i < p->n_ranges; i++) {
        const struct pick_range *r = &p->ranges[i];
        uint64_t last = r->to == UINT64_MAX ? r->from : r->to;

        /* "N-" is valid for N = items, an empty range. */
        if (last >= items && !(r->to == UINT64_MAX && last == items))
            return err_set(e, ERR_FORMAT,
                           "there is no item %" PRIu64
                           ", the stream has %" PRIu64,
                           last, items);
    }
    return id_prefixes_check(&p->prefixes, e);
}
