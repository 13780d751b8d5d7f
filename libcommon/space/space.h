/* SPDX-License-Identifier: MIT
 * A space by name: the gene table plus, for built-in families, the function
 * from genome to net.  One row per family in space.c's table; the tools never
 * ask which family they have.
 *
 * Spec of the only family so far, every key optional, canonical order and
 * spelling as below (space_open rewrites what it is given):
 *     ofa-mbv3:width=1,res=32,classes=10,exits=4[,channels=3]
 * A table from a file is canonically "table:NAME:HASH", NAME being the file's
 * base name without its ending and HASH the first 16 digits of the table's
 * hash, so that results name the space they belong to. */
#ifndef SPACE_SPACE_H
#define SPACE_SPACE_H

#include "libcommon/nn/graph/net.h"
#include "libcommon/space/genes.h"

struct space {
    char *spec;                     /* canonical; owned by the space */
    struct genes genes;
    const struct space_family *family;  /* NULL for a table from a file */
    void *config;                   /* the family's parsed parameters */
};

/* spec_or_path: a spec, or the path of a gene table ("table:..." specs cannot
 * be opened and say so: the file is needed). */
int space_open(const char *spec_or_path, struct space **out,
               struct err *e) MUST_CHECK;       /* owned (space_free) */

/* The same for a spec that comes out of a stream: opens no file, and takes the
 * canonical spelling only.  Every failure is ERR_FORMAT. */
int space_open_spec(const char *spec, struct space **out,
                    struct err *e) MUST_CHECK;  /* owned (space_free) */
void space_free(struct space *s);

/* Smallest and largest design: every gene 0 but for groups, where the first
 * member is 1 (D15: min corner = first exit only); every gene at its last
 * choice (max corner: all exits).  genome: (genes.n). */
void space_min_corner(const struct space *s, int64_t *genome);
void space_max_corner(const struct space *s, int64_t *genome);

/* arch_id (arch.h) of the spec and this genome. */
void space_arch_id(const struct space *s, const struct ints *genome,
                   char out[HASH_HEX]);

/* Readable form as a JSON-like short text for people: "d=2,3,.. k=.. e=..
 * exits=0101"; for a table "gene=choice ...". */
void space_describe(const struct space *s, const struct ints *genome,
                    struct buf *out);

/* The reverse: a genome (genes.n) from that text, canonical and checked.
 * ERR_FORMAT. */
int space_parse_design(const struct space *s, const char *text,
                       int64_t *genome, struct err *e) MUST_CHECK;

/* Genome -> net, in the arena, costs by the true rule.  pools: window in front
 * of each early exit that is there, in order; NULL = none anywhere.  What
 * eec-place does with it is in place.h.  ERR_ARG for a table from a file: it
 * has no networks. */
int space_net(const struct space *s, const struct ints *genome,
              const int64_t *pools, struct arena *a, struct net *out,
              struct err *e) MUST_CHECK;

/* The same without net_check at the end and without an id: a net that pools
 * have yet to make small enough. */
int space_net_draft(const struct space *s, const struct ints *genome,
                    const int64_t *pools, struct arena *a, struct net *out,
                    struct err *e) MUST_CHECK;

#endif
