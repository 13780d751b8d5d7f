/* SPDX-License-Identifier: MIT
 * What a network table says, and its canonical text. */
#include "libcommon/space/nettable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

const struct ints *block_line_values(const struct block_line *l, int key,
                                     int64_t j)
{
    return l->own[key] && l->own[key][j].n ? &l->own[key][j] : &l->values[key];
}

int64_t block_line_depth(const struct block_line *l)
{
    const struct ints *depth = &l->values[KEY_DEPTH];

    return depth->v[depth->n - 1];
}

void net_table_free(struct net_table *t)
{
    if (!t)
        return;
    arena_free(&t->arena);
    free(t);
}

bool net_table_is(const char *text, size_t n)
{
    size_t magic = strlen(NET_TABLE_MAGIC);

    return n >= magic && memcmp(text, NET_TABLE_MAGIC, magic) == 0;
}

static void print_values(const struct block_key_row *row, int64_t layer,
                         const struct ints *v, struct buf *out)
{
    buf_addf(out, " %s", row->name);
    if (layer)
        buf_addf(out, "%" PRId64, layer);
    for (size_t i = 0; i < v->n; i++) {
        buf_adds(out, i ? "," : "=");
        if (row->names)
            buf_adds(out, row->names[v->v[i]]);
        else
            buf_addf(out, "%" PRId64, v->v[i]);
    }
}

static void print_line(const struct block_line *l, struct buf *out)
{
    buf_addf(out, "%s %s", l->name, l->kind->name);
    for (int key = 0; key < BLOCK_KEYS; key++) {
        const struct block_key_row *row = &block_keys[key];
        const struct ints *v = &l->values[key];

        if (!(l->kind->takes >> key & 1))
            continue;
        if (v->n != 1 || v->v[0] != row->standard)
            print_values(row, 0, v, out);
        for (int64_t j = 0; l->own[key] && j < block_line_depth(l); j++) {
            const struct ints *own = &l->own[key][j];

            if (own->n && (own->n != v->n ||
                           memcmp(own->v, v->v, v->n * sizeof *v->v) != 0))
                print_values(row, j + 1, own, out);
        }
    }
    buf_adds(out, "\n");
}

void net_table_print(const struct net_table *t, struct buf *out)
{
    static const struct block_key_row width = {.name = "width"};

    buf_adds(out, NET_TABLE_MAGIC "\n");
    for (size_t i = 0; i < t->n; i++)
        print_line(&t->lines[i], out);
    print_line(&t->final, out);
    if (!t->places)
        return;
    buf_adds(out, "exits");
    for (size_t i = 0; i < t->places; i++)
        buf_addf(out, "%s%s", i ? "," : " after=", t->lines[t->after[i]].name);
    buf_adds(out, t->off ? " head=off" : " head=");
    for (size_t i = 0; i < t->n_heads; i++)
        buf_addf(out, "%s%s", i || t->off ? "," : "", t->heads[i]->name);
    if (t->widths.n)
        print_values(&width, 0, &t->widths, out);
    buf_adds(out, "\n");
}

void net_table_hash(const struct net_table *t, char out[HASH_HEX])
{
    struct buf text = {0};

    net_table_print(t, &text);
    hash_hex(text.data, text.len, out);
    buf_free(&text);
}
