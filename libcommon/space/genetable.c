/* SPDX-License-Identifier: MIT
 * Gene tables as text: man page nachos-space(5). */
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/genes.h"
#include "libcommon/space/words.h"

#define MAGIC "# nachos space 1"
#define MAX_COLUMNS 5

void genes_print(const struct genes *g, struct buf *out)
{
    buf_adds(out, MAGIC "\n");
    for (size_t i = 0; i < g->n; i++) {
        const struct gene *gene = &g->v[i];

        buf_addf(out, "%s\t%d\t", gene->name, gene->stage);
        for (int k = 0; k < gene->n_choices; k++)
            buf_addf(out, "%s%s", k ? "," : "", gene->choices[k]);
        if (gene->when >= 0)
            buf_addf(out, "\t%s>=%d", g->v[gene->when].name, gene->when_min);
        else if (gene->group)
            buf_adds(out, "\t-");
        if (gene->group)
            buf_addf(out, "\t%d", gene->group);
        buf_adds(out, "\n");
    }
}

/* ---- parsing ---- */

bool genes_table_is(const char *text, size_t n)
{
    return n >= strlen(MAGIC) && memcmp(text, MAGIC, strlen(MAGIC)) == 0;
}

static int find_gene(const struct genes *g, const char *name)
{
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->v[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int parse_choices(struct genes *g, char **column, struct err *e)
{
    char *choice[GENE_CHOICES_MAX];
    size_t n = words_split(column[2], ',', choice, GENE_CHOICES_MAX);
    int stage = word_number(column[1]);

    if (!word_fine(column[0]))
        return err_set(e, ERR_FORMAT, "'%.70s' is no name for a gene",
                       column[0]);
    if (find_gene(g, column[0]) >= 0)
        return err_set(e, ERR_FORMAT, "two genes named %s", column[0]);
    if (stage < 0)
        return err_set(e, ERR_FORMAT, "stage '%.70s' is no number", column[1]);
    if (n > GENE_CHOICES_MAX)
        return err_set(e, ERR_FORMAT, "more than %d choices", GENE_CHOICES_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!word_fine(choice[i]))
            return err_set(e, ERR_FORMAT, "'%.70s' is no choice", choice[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(choice[k], choice[i]) == 0)
                return err_set(e, ERR_FORMAT, "choice %s twice", choice[i]);
    }
    genes_add(g, column[0], stage, (const char *const *)choice, (int)n);
    return 0;
}

/* Read the condition GENE>=INDEX on an earlier gene, or "-" for none. */
static int parse_when(struct genes *g, char *text, struct err *e)
{
    struct gene *own = &g->v[g->n - 1];
    char *sign = strstr(text, ">=");
    int min = sign ? word_number(sign + 2) : -1, when;

    if (strcmp(text, "-") == 0)
        return 0;
    if (min < 1)
        return err_set(e, ERR_FORMAT,
                       "condition '%.70s' is not GENE>=INDEX "
                       "with an index from 1",
                       text);
    *sign = '\0';
    when = find_gene(g, text);
    if (when < 0 || when == (int)g->n - 1)
        return err_set(e, ERR_FORMAT,
                       "condition on '%.70s', which is no earlier gene", text);
    if (min >= g->v[when].n_choices)
        return err_set(e, ERR_FORMAT, "condition %s>=%d never holds", text,
                       min);
    own->when = when;
    own->when_min = min;
    return 0;
}

static int parse_line(struct genes *g, char *line, struct err *e)
{
    char *column[MAX_COLUMNS];
    size_t n = words_split(line, '\t', column, MAX_COLUMNS);
    struct gene *own;
    int rc;

    if (n < 3 || n > MAX_COLUMNS)
        return err_set(e, ERR_FORMAT,
                       "%s columns; there are 3 to %d, separated by tabs",
                       n < 3 ? "too few" : "too many", MAX_COLUMNS);
    if (g->n == GENES_MAX)
        return err_set(e, ERR_FORMAT, "more than %d genes", GENES_MAX);
    if ((rc = parse_choices(g, column, e)) < 0)
        return rc;
    if (n > 3 && (rc = parse_when(g, column[3], e)) < 0)
        return rc;
    if (n <= 4 || strcmp(column[4], "-") == 0)
        return 0;
    own = &g->v[g->n - 1];
    own->group = word_number(column[4]);
    if (own->group < 1)
        return err_set(e, ERR_FORMAT, "group '%.70s' is no number from 1",
                       column[4]);
    if (own->when >= 0)
        return err_set(e, ERR_FORMAT, "a gene with a condition is in a group");
    return 0;
}

/* Read the table in `text`, which is cut to pieces. */
static int parse_text(char *text, struct genes *g, struct err *e)
{
    int rc;

    for (int number = 1; text; number++) {
        char *line = words_line(&text);

        if (number == 1 && strcmp(line, MAGIC) != 0)
            return err_set(e, ERR_FORMAT, "line 1 is not '" MAGIC "'");
        if (!*line || *line == '#')
            continue;
        if ((rc = parse_line(g, line, e)) < 0)
            return err_prefix(e, "line %d", number), rc;
    }
    /* Every group needs a gene that can be other than 0. */
    for (size_t i = 0; i < g->n; i++) {
        bool can = !g->v[i].group;

        for (size_t k = 0; k < g->n && !can; k++)
            can = g->v[k].group == g->v[i].group && g->v[k].n_choices > 1;
        if (!can)
            return err_set(e, ERR_FORMAT, "no gene of group %d has two choices",
                           g->v[i].group);
    }
    return g->n ? 0 : err_set(e, ERR_FORMAT, "no genes");
}

int genes_parse(const char *text, size_t n, struct genes *g, struct err *e)
{
    char *copy;
    int rc;

    *g = (struct genes){0};
    if (memchr(text, '\0', n))
        return err_set(e, ERR_FORMAT, "a NUL byte in a gene table");
    copy = xmalloc(n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    rc = parse_text(copy, g, e);
    free(copy);
    if (rc < 0)
        genes_free(g);
    return rc;
}
