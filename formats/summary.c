/* SPDX-License-Identifier: MIT */
#include "formats/summary.h"

#include <string.h>

#include "libcommon/space/arch.h"
#include "libcommon/space/genes.h"

int id_check(const char *id, const char *key, struct err *e)
{
    if (id && (strlen(id) != HASH_HEX - 1 ||
               strspn(id, "0123456789abcdef") != HASH_HEX - 1))
        return err_set(e, ERR_FORMAT, "%s is not an id of 32 hex digits", key);
    return 0;
}

int arch_check(const char *arch, const char *space, const struct ints *genome,
               struct err *e)
{
    char id[HASH_HEX];
    int rc;

    if ((rc = id_check(arch, "arch", e)) < 0)
        return rc;
    if (!space != !genome->n)
        return err_set(e, ERR_FORMAT, "%s without %s",
                       space ? "space" : "genome", space ? "genome" : "space");
    if (!arch)
        return 0;
    if (!space)
        return err_set(e, ERR_FORMAT, "arch without space and genome");
    arch_id(space, genome, id);
    if (strcmp(id, arch) != 0)
        return err_set(e, ERR_FORMAT,
                       "arch %s is not the id of its space and genome, %s",
                       arch, id);
    return 0;
}

static const struct field origin_fields[] = {
    FIELD(origin, iteration, F_INT, "",
          "search iteration, nil outside a search", .max = INT_EXACT,
          .flags = F_NIL),
    FIELD(origin, slot, F_INT, "",
          "place within the iteration, nil outside a search", .max = INT_EXACT,
          .flags = F_NIL),
    FIELD_END,
};

const struct schema schema_origin = {
    .size = sizeof(struct origin),
    .fields = origin_fields,
};

static int check_summary(const void *data, struct err *e)
{
    const struct summary *s = data;
    size_t exits = s->gamma.n;
    int rc;

    if ((rc = arch_check(s->arch, s->space, &s->genome, e)) < 0 ||
        (rc = id_check(s->net, "net", e)) < 0 ||
        (rc = id_check(s->recipe, "recipe", e)) < 0)
        return rc;
    if ((s->gamma_paper.n && s->gamma_paper.n != exits) ||
        (s->prefix.n && s->prefix.n != exits) ||
        (s->head.n && s->head.n != exits))
        return err_set(e, ERR_FORMAT,
                       "costs of %zu, %zu, %zu and %zu exits in one summary",
                       exits, s->gamma_paper.n, s->prefix.n, s->head.n);
    return 0;
}

static const struct field summary_fields[] = {
    FIELD(summary, arch, F_STR, "",
          "arch id: hash of space and genome, nil if there is no arch",
          .max_count = 64, .flags = F_OPT | F_NIL | F_KEEP),
    FIELD(summary, space, F_STR, "", "spec of the space, or nil",
          .max_count = SPEC_MAX, .flags = F_NIL),
    FIELD(summary, genome, F_INTS, "(genes)", "choice index of each gene",
          .max = GENE_CHOICES_MAX - 1, .max_count = GENES_MAX),
    FIELD(summary, net, F_STR, "",
          "net id: hash of the graph, nil for results of other programs",
          .max_count = 64, .flags = F_OPT | F_NIL),
    FIELD(
        summary, recipe, F_STR, "",
        "recipe id: hash of training parameters and seed, nil before training",
        .max_count = 64, .flags = F_OPT | F_NIL),
    FIELD(summary, origin, F_MAP, "",
          "where in a search the design was proposed", .sub = &schema_origin,
          .flags = F_OPT),
    FIELD(summary, gamma, F_INTS, "MACs (exits)",
          "cost of leaving at each exit, with every head up to it",
          .max = INT_EXACT, .max_count = NET_MAX_EXITS, .flags = F_OPT),
    FIELD(summary, gamma_paper, F_INTS, "MACs (exits)",
          "cost of leaving at each exit by Eq. 13, with only its own head",
          .max = INT_EXACT, .max_count = NET_MAX_EXITS, .flags = F_OPT),
    FIELD(summary, prefix, F_INTS, "MACs (exits)",
          "backbone up to the tap of each exit", .max = INT_EXACT,
          .max_count = NET_MAX_EXITS, .flags = F_OPT),
    FIELD(summary, head, F_INTS, "MACs (exits)", "head of each exit",
          .max = INT_EXACT, .max_count = NET_MAX_EXITS, .flags = F_OPT),
    FIELD(summary, params, F_INT, "",
          "number of trainable parameters, nil = unknown", .max = INT_EXACT,
          .flags = F_OPT | F_NIL),
    FIELD(summary, peak_bytes, F_INT, "bytes",
          "peak memory of the activations of one sample, nil = unknown",
          .max = INT_EXACT, .flags = F_OPT | F_NIL),
    FIELD_END,
};

const struct schema schema_summary = {
    .size = sizeof(struct summary),
    .fields = summary_fields,
    .check = check_summary,
};
