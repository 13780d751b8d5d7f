/* SPDX-License-Identifier: MIT */
#include "libcommon/space/space.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/textfile.h"
#include "libcommon/space/arch.h"
#include "libcommon/space/netspace.h"
#include "libcommon/space/tables.h"

#define MAX_TABLE ((size_t)16 << 20)

/* ---- opening ---- */

/* Returns the built-in table that a spec names, or NULL; *params is set to what
 * follows the colon. */
static const struct built_in_table *find_built_in(const char *spec,
                                                  const char **params)
{
    for (const struct built_in_table *t = built_in_tables; t->name; t++) {
        size_t n = strlen(t->name);

        if (strncmp(spec, t->name, n) != 0 || (spec[n] && spec[n] != ':'))
            continue;
        *params = spec + n + (spec[n] == ':');
        return t;
    }
    return NULL;
}

bool space_built_in(const char *spec)
{
    const char *params;

    return find_built_in(spec, &params) != NULL;
}

/* Open the space of a network table, which it owns from now on; `name` is the
 * spec up to its parameters. */
static int open_net(struct space *s, struct net_table *t, const char *name,
                    const char *params, struct err *e)
{
    struct buf spec = {0};
    int rc;

    buf_addf(&spec, "%s:", name);
    rc = net_space_open(t, params, &s->net, &s->genes, &spec, e);
    s->spec = spec.data;
    return rc < 0 ? err_prefix(e, "space %.200s", name) : 0;
}

/* Returns how the spec of a file's table begins, "KIND:NAME:HASH", owned. */
static char *file_spec(const char *kind, const char *path, const char *hash)
{
    const char *name = pathname_base(path);
    const char *dot = strrchr(name, '.');
    int n = (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name));
    char *spec;

    spec = xasprintf("%s:%.*s", kind, n > 64 ? 64 : n, name);
    for (char *c = spec + strlen(kind) + 1; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == ':')
            *c = '_';
    name = spec;
    spec = xasprintf("%s:%.*s", spec, NET_TABLE_HASH, hash);
    free((char *)name);
    return spec;
}

static int open_text(struct space *s, const char *path, const char *params,
                     const struct buf *text, struct err *e)
{
    const char *data = text->data ? text->data : "";
    char hash[HASH_HEX], *name;
    struct buf table = {0};
    struct net_table *t;
    int rc;

    if (net_table_is(data, text->len)) {
        if ((rc = net_table_parse(data, text->len, &t, e)) < 0)
            return err_prefix(e, "%s", path);
        net_table_hash(t, hash);
        name = file_spec("net", path, hash);
        rc = open_net(s, t, name, params, e);
        free(name);
        return rc;
    }
    if (*params)
        return err_set(e, ERR_ARG, "%s is a gene table: it has no parameters",
                       path);
    if ((rc = genes_parse(data, text->len, &s->genes, e)) < 0)
        return err_prefix(e, "%s", path);
    genes_print(&s->genes, &table);
    hash_hex(table.data, table.len, hash);
    buf_free(&table);
    s->spec = file_spec("table", path, hash);
    return 0;
}

/* Read the text of FILE or FILE:PARAMETERS.  *path is set to FILE, owned, and
 * *params into the same. */
static int read_file(const char *given, char **path, const char **params,
                     struct buf *text, struct err *e)
{
    char *colon;
    struct buf names = {0};

    *path = xstrdup(given);
    *params = "";
    colon = strrchr(*path, ':');
    /* A colon may be one of the path's own. */
    if (colon && access(*path, F_OK) < 0) {
        *colon = '\0';
        *params = colon + 1;
    }
    if (access(*path, F_OK) == 0 || errno != ENOENT)
        return text_read(*path, MAX_TABLE, text, e);
    buf_adds(&names, built_in_tables[0].name);
    for (size_t i = 1; built_in_tables[i].name; i++)
        buf_addf(&names, ", %s", built_in_tables[i].name);
    err_set(e, ERR_ARG,
            "'%.200s' is neither a built-in space (%s, with :%s) nor a file",
            given, names.data, NET_PARAMS);
    buf_free(&names);
    return e->code;
}

static int open_built_in(struct space *s, const struct built_in_table *t,
                         const char *params, struct err *e)
{
    struct net_table *table;

    if (net_table_parse(t->text, strlen(t->text), &table, e) < 0)
        BUG(e->text);
    return open_net(s, table, t->name, params, e);
}

int space_open(const char *spec_or_path, struct space **out, struct err *e)
{
    struct space *s = xcalloc(1, sizeof *s);
    const char *params = NULL;
    const struct built_in_table *t = find_built_in(spec_or_path, &params);
    struct buf text = {0};
    char *path = NULL;
    int rc;

    if (t)
        rc = open_built_in(s, t, params, e);
    else if (strncmp(spec_or_path, "table:", 6) == 0 ||
             strncmp(spec_or_path, "net:", 4) == 0)
        rc = err_set(e, ERR_ARG,
                     "%.200s names a table: give the file that it comes from",
                     spec_or_path);
    else if ((rc = read_file(spec_or_path, &path, &params, &text, e)) == 0)
        rc = open_text(s, path, params, &text, e);
    s->bare = params && !*params;
    buf_free(&text);
    free(path);
    if (rc < 0) {
        space_free(s);
        s = NULL;
    }
    *out = s;
    return rc;
}

int space_table_read(const char *spec_or_path, struct net_table **out,
                     struct err *e)
{
    struct buf text = {0};
    const char *params;
    char *path;
    int rc;

    *out = NULL;
    if (find_built_in(spec_or_path, &params))
        return 0;
    rc = read_file(spec_or_path, &path, &params, &text, e);
    if (rc == 0 && genes_table_is(text.data ? text.data : "", text.len))
        rc = err_set(e, ERR_FORMAT, "%s is a gene table: it has no networks",
                     path);
    else if (rc == 0 &&
             net_table_parse(text.data ? text.data : "", text.len, out, e) < 0)
        rc = err_prefix(e, "%s", path);
    buf_free(&text);
    free(path);
    return rc;
}

const struct net_table *space_table(const struct space *s)
{
    return s->net ? s->net->table : NULL;
}

/* Open a spec "net:NAME:HASH:PARAMETERS" by the user's table. */
static int open_users(struct space *s, const char *spec,
                      const struct net_table *users, struct err *e)
{
    size_t name = strcspn(spec + 4, ":"), n = 4 + name + 1 + NET_TABLE_HASH;
    char hash[HASH_HEX], *front;
    struct net_table *copy;
    struct buf text = {0};
    int rc;

    if (strlen(spec) <= n || spec[4 + name] != ':' || spec[n] != ':')
        return err_set(e, ERR_FORMAT, "space %.200s is no spec", spec);
    if (!users)
        return err_set(e, ERR_ARG,
                       "space %.200s is that of a network table: give the file "
                       "with --space=FILE",
                       spec);
    net_table_hash(users, hash);
    if (memcmp(hash, spec + 4 + name + 1, NET_TABLE_HASH) != 0)
        return err_set(e, ERR_FORMAT,
                       "space %.200s is that of another table than --space, "
                       "whose hash is %.16s",
                       spec, hash);
    net_table_print(users, &text);
    if (net_table_parse(text.data, text.len, &copy, e) < 0)
        BUG(e->text);
    buf_free(&text);
    front = xasprintf("%.*s", (int)n, spec);
    rc = open_net(s, copy, front, spec + n + 1, e);
    free(front);
    return rc;
}

int space_open_spec(const char *spec, const struct net_table *users,
                    struct space **out, struct err *e)
{
    struct space *s = xcalloc(1, sizeof *s);
    const char *params;
    const struct built_in_table *t = find_built_in(spec, &params);
    int rc;

    *out = NULL;
    if (t)
        rc = open_built_in(s, t, params, e);
    else if (strncmp(spec, "net:", 4) == 0)
        rc = open_users(s, spec, users, e);
    else
        rc = err_set(e, ERR_FORMAT,
                     strncmp(spec, "table:", 6)
                         ? "%.200s is no built-in space"
                         : "space %.200s is a gene table: it has no networks",
                     spec);
    if (rc == 0 && strcmp(s->spec, spec) != 0)
        rc = err_set(e, ERR_FORMAT, "space %.200s is not spelled %.200s", spec,
                     s->spec);
    if (rc == 0) {
        *out = s;
        return 0;
    }
    space_free(s);
    return !t && !users ? rc : (e->code = ERR_FORMAT);
}

void space_free(struct space *s)
{
    if (!s)
        return;
    genes_free(&s->genes);
    net_space_free(s->net);
    free(s->spec);
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

    if (s->net) {
        net_space_describe(s->net, genome->v, out);
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
    int rc = s->net ? net_space_parse(s->net, text, genome, g->n, e) : 0;

    if (rc < 0)
        return rc;
    if (s->net)
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

    if (!s->net)
        return err_set(e, ERR_ARG,
                       "space %s is a gene table: it has no networks", s->spec);
    if ((rc = genes_check(&s->genes, genome, e)) < 0)
        return rc;
    net_space_net(s->net, genome->v, pools, out, a);
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
    struct head_choice c;

    for (int64_t i = 0; i < s->net->params.exits; i++)
        if (net_space_head(s->net, genome->v, i, &c))
            *out++ = c;
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
