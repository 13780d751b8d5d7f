/* SPDX-License-Identifier: MIT */
#include "tools/stream-pick/picker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/io/mp.h"

struct pick_range {
    uint64_t from, to; /* inclusive; UINT64_MAX = to the end */
};

struct wanted_id {
    char hex[HASH_HEX];
    bool required; /* given by --id, must be found */
    bool found;
};

struct picker {
    struct pick_range *ranges;
    size_t n_ranges, cap_ranges;
    struct wanted_id *ids; /* sorted by hex if `sorted` */
    size_t n_ids, cap_ids;
    bool sorted;
    bool by_id; /* an id or a stream of ids was given */
    struct arena texts;
};

/* Holds the ids in an item's first record, "" where it has none. */
struct item_ids {
    char arch[HASH_HEX], net[HASH_HEX], recipe[HASH_HEX];
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
    free(p->ids);
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

static void add_id(struct picker *p, const char *hex, bool required)
{
    struct wanted_id *id;

    p->by_id = true;
    p->sorted = false;
    GROW(p->ids, p->n_ids, p->cap_ids);
    id = &p->ids[p->n_ids++];
    memcpy(id->hex, hex, HASH_HEX);
    id->required = required;
    id->found = false;
}

int picker_add_id(struct picker *p, const char *id, struct err *e)
{
    if (strlen(id) != HASH_HEX - 1 ||
        strspn(id, "0123456789abcdef") != HASH_HEX - 1)
        return err_set(e, ERR_ARG, "--id: '%s' is not 32 hex digits", id);
    add_id(p, id, true);
    return 0;
}

/* ---- ids of an item ---- */

static void take_id(const struct mp *v, char hex[HASH_HEX])
{
    if (v->type != MP_STR || v->n != HASH_HEX - 1)
        return;
    memcpy(hex, v->s, HASH_HEX - 1);
    hex[HASH_HEX - 1] = '\0';
}

/* Read the ids among the pairs of a map whose head was just read; `id` takes
 * the record's own id (NULL in a summary). */
static void scan_map(struct mp_cursor *c, size_t pairs, char *id,
                     struct item_ids *ids)
{
    struct mp key, v;

    for (size_t i = 0; i < pairs; i++) {
        struct mp_cursor at;

        mp_next(c, &key);
        at = *c;
        mp_next(&at, &v);
        if (mp_is(&key, "id") && id)
            take_id(&v, id);
        else if (mp_is(&key, "arch"))
            take_id(&v, ids->arch);
        else if (mp_is(&key, "net"))
            take_id(&v, ids->net);
        else if (mp_is(&key, "recipe"))
            take_id(&v, ids->recipe);
        else if (mp_is(&key, "summary") && v.type == MP_MAP)
            scan_map(&at, v.n, NULL, ids);
        mp_skip(c);
    }
}

static void read_ids(const struct record *rec, struct item_ids *ids)
{
    struct mp_cursor c = mp_cursor(rec->bytes, rec->n);
    bool is_arch = !strcmp(rec->schema->type, "arch");
    struct mp v;

    memset(ids, 0, sizeof *ids);
    if (mp_next(&c, &v) == MP_MAP)
        scan_map(&c, v.n, is_arch ? ids->arch : ids->net, ids);
}

int picker_add_stream(struct picker *p, struct reader *r, struct err *e)
{
    struct record rec;
    struct item_ids ids;
    int rc;

    p->by_id = true;
    while ((rc = reader_next_raw(r, &rec, e)) > 0) {
        if (!picker_begins(&rec))
            continue;
        read_ids(&rec, &ids);
        if (!ids.arch[0] && !ids.net[0])
            return reader_fail(r, e, "has neither an arch nor a net id");
        add_id(p, ids.arch[0] ? ids.arch : ids.net, false);
    }
    return rc;
}

/* ---- items ---- */

bool picker_begins(const struct record *rec)
{
    return !rec->kind->records[1] || rec->schema == rec->kind->records[0];
}

static int by_hex(const void *a, const void *b)
{
    return strcmp(((const struct wanted_id *)a)->hex,
                  ((const struct wanted_id *)b)->hex);
}

/* Mark the entries of this id as found.  Returns true when there are any. */
static bool find_id(struct picker *p, const char *hex)
{
    size_t low = 0, high = p->n_ids;
    bool found = false;

    if (!hex[0])
        return false;
    while (low < high) {
        size_t mid = (low + high) / 2;

        if (strcmp(p->ids[mid].hex, hex) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < p->n_ids && !strcmp(p->ids[low].hex, hex); low++)
        found = p->ids[low].found = true;
    return found;
}

bool picker_wants(struct picker *p, const struct record *rec, uint64_t index)
{
    struct item_ids ids;
    bool arch, net, recipe, in_range = false;

    if (!p->n_ranges && !p->by_id)
        return true;
    if (!p->sorted && p->n_ids)
        qsort(p->ids, p->n_ids, sizeof *p->ids, by_hex);
    p->sorted = true;
    read_ids(rec, &ids);
    arch = find_id(p, ids.arch);
    net = find_id(p, ids.net);
    recipe = find_id(p, ids.recipe);
    for (size_t i = 0; !in_range && i < p->n_ranges; i++)
        in_range = index >= p->ranges[i].from && index <= p->ranges[i].to;
    return in_range || arch || net || recipe;
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
    for (size_t i = 0; i < p->n_ids; i++)
        if (p->ids[i].required && !p->ids[i].found)
            return err_set(e, ERR_FORMAT, "no item has the id %s",
                           p->ids[i].hex);
    return 0;
}
