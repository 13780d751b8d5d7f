/* SPDX-License-Identifier: MIT
 * A result or plan stream is read for its thresholds. */
#ifndef FORMATS_POLICIES_H
#define FORMATS_POLICIES_H

#include "formats/io.h"
#include "libcommon/nn/run/policies.h"

/* The kinds that have policies, for reader_open. */
extern const struct kind *const policy_kinds[]; /* result, plan, NULL */

/* Read a result or plan stream to its end; *p must be zeroed and is owned
 * (policies_free), also after a failure.  Of plans those that a search found are
 * taken, by their rank; where there is none, those without early exits.
 * ERR_FORMAT for a result without a net id or with an unknown halting rule. */
int policies_read(struct reader *r, struct policies *p,
                  struct err *e) MUST_CHECK;

#endif
