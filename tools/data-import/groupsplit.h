/* SPDX-License-Identifier: MIT
 * Splits by group: all samples of a group, such as a speaker or a patient, go to
 * one split, so that what is measured there holds for groups that were not trained
 * on.  The groups are those of the training split (split.groups), one for each
 * sample. */
#ifndef DATA_IMPORT_GROUPSPLIT_H
#define DATA_IMPORT_GROUPSPLIT_H

#include <stdbool.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

/* Returns 0 for "auto", "none" and "name:TEXT", else ERR_ARG. */
int group_by_check(const char *text, struct err *e) MUST_CHECK;

/* Name the groups of all splits by the names of their files: a name without its
 * folders, up to the first `text`, or without its ending where it has no such text.
 * ERR_ARG where samples have no names. */
int group_by_name(struct dataset *d, const char *text,
                  struct err *e) MUST_CHECK;

/* Move groups of the training split to the splits that a file says, in lines
 * "GROUP SPLIT", or a list by its name (knownlists.h); "train" leaves them there,
 * "none" leaves them out of the set, blank lines and lines from "#" on do not
 * count.  A warning names groups that the file does not.  ERR_FORMAT for other
 * lines, a group in two splits, a split that the set has already, and where no
 * training samples are left. */
int group_split_list(const char *path, struct dataset *d,
                     struct err *e) MUST_CHECK;

/* Cut off `share` of the training split, 0 to 1, class by class as well as whole
 * groups allow: of 16 orders of the groups that the seed and the split draw, each
 * taken from while that brings the shares of classes nearer, the best.  At least
 * one group goes and one stays; returns false when there are not two. */
bool group_split_cut(struct dataset *d, int split, double share, uint64_t seed,
                     const char *purpose);

/* Warn of groups that are in two splits. */
void group_split_check(const struct dataset *d);

#endif
