/* SPDX-License-Identifier: MIT */
#include "formats/ids.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/io/mp.h"

#define NAMED 4 /* ids that a message names */

bool item_begins(const struct record *rec)
{
    return !rec->kind->records[1] || rec->schema == rec->kind->records[0];
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

void item_ids_read(const struct record *rec, struct item_ids *ids)
{
    struct mp_cursor c = mp_cursor(rec->bytes, rec->n);
    bool is_arch = !strcmp(rec->schema->type, "arch");
    struct mp v;

    memset(ids, 0, sizeof *ids);
    if (mp_next(&c, &v) == MP_MAP)
        scan_map(&c, v.n, is_arch ? ids->arch : ids->net, ids);
}

/* ---- prefixes ---- */

int id_prefixes_add(struct id_prefixes *p, const char *digits, struct err *e)
{
    size_t n = strlen(digits);

    if (n < ID_PREFIX_MIN || n >= HASH_HEX ||
        strspn(digits, "0123456789abcdef") != n)
        return err_set(e, ERR_ARG,
                       "'%s' is no id: give %d to %d hex digits, as many "
                       "as no other id begins with",
                       digits, ID_PREFIX_MIN, HASH_HEX - 1);
    GROW(p->v, p->n, p->cap);
    p->v[p->n] = (struct id_prefix){.digits = ""};
    memcpy(p->v[p->n++].digits, digits, n);
    return 0;
}

bool id_prefixes_match(struct id_prefixes *p, const struct item_ids *ids)
{
    const char *const id[] = {ids->arch, ids->net, ids->recipe};
    bool match = false;

    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < ARRAY_LEN(id); k++)
            if (!strncmp(id[k], p->v[i].digits, strlen(p->v[i].digits))) {
                set_add(&p->v[i].found, id[k], HASH_HEX - 1);
                match = true;
            }
    return match;
}

bool id_prefixes_want(struct id_prefixes *p, const struct record *rec)
{
    struct item_ids ids;

    if (p->n && item_begins(rec)) {
        item_ids_read(rec, &ids);
        p->wanted = id_prefixes_match(p, &ids);
    }
    return !p->n || p->wanted;
}

int id_prefixes_check(const struct id_prefixes *p, struct err *e)
{
    for (const struct id_prefix *x = p->v; x < p->v + p->n; x++) {
        size_t n = x->found.n;

        if (n == 1)
            continue;
        if (n == 0)
            return err_set(e, ERR_FORMAT, "no item has the id %s", x->digits);
        err_set(e, ERR_FORMAT, "%zu ids begin with %s, give more digits:", n,
                x->digits);
        for (size_t i = 0; i < n && i < NAMED; i++)
            err_suffix(e, "%s %.*s", i ? "," : "", HASH_HEX - 1,
                       (const char *)x->found.keys + i * (HASH_HEX - 1));
        return n > NAMED ? err_suffix(e, ", ...") : e->code;
    }
    return 0;
}

void id_prefixes_free(struct id_prefixes *p)
{
    for (size_t i = 0; i < p->n; i++)
        set_free(&p->v[i].found);
    free(p->v);
    *p = (struct id_prefixes){0};
}
