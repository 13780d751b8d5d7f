/* SPDX-License-Identifier: MIT
 * Where early exits stand, as text. */
#include <string.h>

#include "tools/net-zoo/zoo.h"

/* A block of a net by its position. */
struct exit_place {
    const struct zoo_stage *stage;
    int64_t i; /* its number within the stage */
    bool last; /* of its stage */
    char name[ZOO_MAX_NAME];
};

/* Returns false behind the last block, where no early exit can stand. */
static bool place_at(const struct zoo_net *z, size_t position,
                     struct exit_place *p)
{
    *p = (struct exit_place){.stage = z->stages, .i = (int64_t)position};
    for (; p->stage->blocks && p->i >= p->stage->blocks; p->stage++)
        p->i -= p->stage->blocks;
    if (!p->stage->blocks)
        return false;
    p->last = p->i + 1 == p->stage->blocks;
    zoo_block_name(p->stage, p->i, p->name);
    return !p->last || p->stage[1].blocks;
}

static bool is_stem(const struct exit_place *p)
{
    return strcmp(p->stage->name, "stem") == 0;
}

static bool is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

int zoo_parse_exits(const struct zoo_net *z, const char *text,
                    struct zoo_opts *o, struct err *e)
{
    struct exit_place p;

    memset(o->exits, 0, sizeof o->exits);
    if (strcmp(text, "none") == 0)
        return 0;
    if (strcmp(text, "all") == 0) {
        for (size_t k = 0; place_at(z, k, &p); k++)
            o->exits[k] = !is_stem(&p);
        return 0;
    }
    for (const char *at = text;; at++) {
        size_t n = strcspn(at, ","), k = 0;

        for (; place_at(z, k, &p); k++)
            if (is_word(at, n, p.name) ||
                (p.last && is_word(at, n, p.stage->name)))
                break;
        if (!place_at(z, k, &p)) {
            bool final = is_word(at, n, p.name) ||
                         (p.stage->blocks && is_word(at, n, p.stage->name));

            return err_set(
                e, ERR_ARG, "'%.*s' is %s of %s", (int)(n < 60 ? n : 60), at,
                final ? "the last block" : "no block or stage", z->name);
        }
        o->exits[k] = true;
        at += n;
        if (!*at)
            return 0;
    }
}

void zoo_exits_text(const struct zoo_net *z, const struct zoo_opts *o,
                    struct buf *out)
{
    bool all = true;
    size_t n = 0;
    struct exit_place p;

    for (size_t k = 0; place_at(z, k, &p); k++) {
        all = all && o->exits[k] == !is_stem(&p);
        n += o->exits[k];
    }
    if (all || n == 0) {
        buf_addf(out, "%s", n ? "all" : "none");
        return;
    }
    for (size_t k = 0; place_at(z, k, &p); k++)
        if (o->exits[k])
            buf_addf(out, "%s%s", out->len ? "," : "", p.name);
}
