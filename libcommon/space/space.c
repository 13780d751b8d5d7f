/* SPDX-License-Identifier: MIT */
#include "libcommon/space/space.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/textfile.h"
#include "libcommon/space/arch.h"
#include "libcommon/space/family.h"

#define MAX_TABLE ((size_t)16 << 20)

static const struct space_family *const families[] = {&family_ofa};

/* ---- opening ---- */

/* Returns the family that a spec names, or NULL; *params is set to what follows
 * the colon. */
static const struct space_family *find_family(const char *spec,
                                              const char **params)
{
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        size_t n = strlen(families[i]->name);

        if (strncmp(spec, families[i]->name, n) != 0 ||
            (spec[n] && spec[n] != ':'))
            continue;
        *params = spec + n + (spec[n] == ':');
        return families[i];
    }
    return NULL;
}

static int open_table(struct space *s, const char *path, struct err *e)
{
    const char *name = pathname_base(path);
    const char *dot = strrchr(name, '.');
    int n = (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name));
    char hash[HASH_HEX];
    struct buf text = {0};
    int rc;

    if (strncmp(path, "table:", 6) == 0)
        return err_set(e, ERR_ARG,
                       "%.200s names a gene table: give the file that it comes "
                       "from",
                       path);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return err_set(e, ERR_ARG,
                       "'%.200s' is neither a built-in space "
                       "(%s:%s) nor a file",
                       path, family_ofa.name, family_ofa.keys);
    rc = text_read(path, MAX_TABLE, &text, e);
    if (rc == 0) {
        rc = genes_parse(text.data ? text.data : "", text.len, &s->genes, e);
        if (rc < 0)
            err_prefix(e, "%s", path);
    }
    buf_free(&text);
    if (rc < 0)
        return rc;

    /* The spec is table:NAME:HASH, from the path's last part and the table's
     * text. */
    genes_print(&s->genes, &text);
    hash_hex(text.data, text.len, hash);
    buf_free(&text);
    s->spec = xasprintf("table:%.*s:%.16s", n > 64 ? 64 : n, name, hash);
    for (char *c = s->spec; *c; c++)
        if (*c <= ' ' || *c > '~')
            *c = '_';
    return 0;
}

int space_open(const char *spec_or_path, struct space **out, struct err *e)
{
    struct space *s = xcalloc(1, sizeof *s);
    const char *params = NULL;
    struct buf text = {0};
    int rc;

    s->family = find_family(spec_or_path, &params);
    if (s->family) {
        buf_addf(&text, "%s:", s->family->name);
        rc = s->family->open(params, &s->config, &s->genes, &text, e);
        if (rc < 0)
            err_prefix(e, "space %s", s->family->name);
        s->spec = text.data;
    } else {
        rc = open_table(s, spec_or_path, e);
    }
    if (rc < 0) {
        space_free(s);
        s = NULL;
    }
    *out = s;
    return rc;
}

bool space_built_in(const char *spec)
{
    const char *params;

    return find_family(spec, &params) != NULL;
}

int space_open_spec(const char *spec, struct space **out, struct err *e)
{
    const char *params;

    *out = NULL;
    if (strncmp(spec, "table:", 6) == 0)
        return err_set(e, ERR_FORMAT,
                       "space %.200s is a gene table: it has no networks",
                       spec);
    if (!find_family(spec, &params))
        return err_set(e, ERR_FORMAT, "%.200s is no built-in space", spec);
    if (space_open(spec, out, e) < 0)
        return e->code = ERR_FORMAT;
    if (strcmp((*out)->spec, spec) == 0)
        return 0;
    err_set(e, ERR_FORMAT, "space %.200s is not spelled %.200s", spec,
            (*out)->spec);
    space_free(*out);
    *out = NULL;
    return ERR_FORMAT;
}

void space_free(struct space *s)
{
    if (!s)
        return;
    genes_free(&s->genes);
    free(s->spec);
    free(s->config);
    free(s);
}

/* ---- genomes ---- */

void space_min_corner(const struct space *s, int64_t *genome)
{
    const struct genes *g = &s->genes;

    for (size_t i = 0; i < g->n; i++) {
        bool first = g->v[i].group && g->v[i].n_choices > 1;

        for (size_t k = 0; k < i; k++)
            if (g->v[k].group == g->v[i].group && g->v[k].n_choices > 1)
                first = false;
        genome[i] = first;
    }
}

void space_max_corner(const struct space *s, int64_t *genome)
{
    for (size_t i = 0; i < s->genes.n; i++)
        genome[i] = s->genes.v[i].n_choices - 1;
}

void space_arch_id(const struct space *s, const struct ints *genome,
                   char out[HASH_HEX])
{
    arch_id(s->spec, genome, out);
}

void space_describe(const struct space *s, const struct ints *genome,
                    struct buf *out)
{
    const struct genes *g = &s->genes;
    bool first = true;

    if (s->family) {
        s->family->describe(s->config, genome->v, out);
        return;
    }
    for (size_t i = 0; i < g->n; i++) {
        if (!genes_used(g, genome->v, i))
            continue;
        buf_addf(out, "%s%s=%s", first ? "" : " ", g->v[i].name,
                 g->v[i].choices[genome->v[i]]);
        first = false;
    }
}

/* Read one gene=choice of n characters. */
static int parse_gene(const struct genes *g, const char *word, size_t n,
                      int64_t *genome, struct err *e)
{
    size_t name = strcspn(word, "=");

    for (size_t i = 0; i < g->n && name < n; i++) {
        const struct gene *gene = &g->v[i];

        if (strlen(gene->name) != name || memcmp(gene->name, word, name) != 0)
            continue;
        if (genome[i] >= 0)
            return err_set(e, ERR_FORMAT, "gene %s twice", gene->name);
        for (int k = 0; k < gene->n_choices; k++)
            if (strlen(gene->choices[k]) == n - name - 1 &&
                memcmp(gene->choices[k], word + name + 1, n - name - 1) == 0)
                genome[i] = k;
        if (genome[i] >= 0)
            return 0;
    }
    return err_set(e, ERR_FORMAT, "'%.*s' is no gene with one of its choices",
                   (int)(n < 80 ? n : 80), word);
}

int space_parse_design(const struct space *s, const char *text, int64_t *genome,
                       struct err *e)
{
    const struct genes *g = &s->genes;
    struct ints v = {genome, g->n};
    int rc = s->family ? s->family->parse(s->config, text, genome, e) : 0;

    if (rc < 0)
        return rc;
    if (s->family)
        return genes_check(g, &v, e);
    for (size_t i = 0; i < g->n; i++)
        genome[i] = -1;
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t n = strcspn(text, " ");

        if ((rc = parse_gene(g, text, n, genome, e)) < 0)
            return rc;
        text += n;
    }
    for (size_t i = 0; i < g->n; i++) {
        bool used = genes_used(g, genome, i);

        if (used && genome[i] < 0)
            return err_set(e, ERR_FORMAT, "gene %s is missing", g->v[i].name);
        if (!used && genome[i] >= 0)
            return err_set(e, ERR_FORMAT, "gene %s is not in use",
                           g->v[i].name);
        genome[i] = used ? genome[i] : 0;
    }
    return genes_check(g, &v, e);
}

/* ---- networks ---- */

int space_net_draft(const struct space *s, const struct ints *genome,
                    const struct head_window *pools, struct arena *a,
                    struct net *out, struct err *e)
{
    char id[HASH_HEX];
    int rc;

    if (!s->family)
        return err_set(e, ERR_ARG,
                       "space %s is a gene table: it has no networks", s->spec);
    if ((rc = genes_check(&s->genes, genome, e)) < 0)
        return rc;
    s->family->net(s->config, genome->v, pools, out, a);
    space_arch_id(s, genome, id);
    out->arch = arena_strndup(a, id, HASH_HEX - 1);
    out->space = arena_strdup(a, s->spec);
    out->genome = ints_copy(a, genome);
    net_cost(out, MACS_TRUE);
    return 0;
}

void space_heads(const struct space *s, const struct ints *genome,
                 struct head_choice *out)
{
    for (size_t i = 0, n = 0; i < s->genes.n; i++)
        if (s->genes.v[i].group && genome->v[i])
            out[n++] = (struct head_choice){s->family->head,
                                            s->family->head->width};
}

int space_net(const struct space *s, const struct ints *genome,
              const struct head_window *pools, struct arena *a, struct net *out,
              struct err *e)
{
    char id[HASH_HEX];
    int rc = space_net_draft(s, genome, pools, a, out, e);

    if (rc < 0)
        return rc;
    net_id(out, id);
    out->id = arena_strndup(a, id, HASH_HEX - 1);
    return net_check(out, e);
}
