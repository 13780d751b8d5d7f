/* SPDX-License-Identifier: MIT
 * What a built-in family of networks provides; space.c has the table.  A new
 * family is a file like ofa.c and a row there. */
#ifndef SPACE_FAMILY_H
#define SPACE_FAMILY_H

#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/space/genes.h"
#include "libcommon/space/heads.h"

struct space_family {
    const char *name; /* "ofa-mbv3" */
    const char *keys; /* of a spec, for messages: "width=1,res=32" */
    const struct exit_head *head; /* of its early exits */

    /* Read the part of a spec after "name:" ("" = all defaults): set the
     * configuration (owned, free), add the genes and append the canonical
     * parameters.  Returns ERR_ARG when a key is unknown, given twice or out
     * of range. */
    int (*open)(const char *params, void **config, struct genes *genes,
                struct buf *canonical, struct err *e);

    /* Append readable text for a genome that genes_check accepts. */
    void (*describe)(const void *config, const int64_t *genome,
                     struct buf *out);

    /* Set the genome from text that describe has written; other text is
     * ERR_FORMAT. */
    int (*parse)(const void *config, const char *text, int64_t *genome,
                 struct err *e);

    /* Build the genome's net in the arena, without costs, id and net_check;
     * pools as in space_net. */
    void (*net)(const void *config, const int64_t *genome,
                const struct head_window *pools, struct net *n,
                struct arena *a);
};

extern const struct space_family family_ofa;

#endif
