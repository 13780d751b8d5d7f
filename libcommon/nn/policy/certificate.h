/* SPDX-License-Identifier: MIT
 * From limits by name to the risks of a guarantee, and from a proof back to what
 * streams and people are told of these limits.
 *
 * Example (const struct limits *l, const struct proof *proof, size_t samples,
 *          struct guarantee *to, struct certified *c, struct err *e):
 *     struct guarantee_opts g;
 *
 *     certificate_risks(&g, l);
 *     if (certificate_confidence(&g, 0.95, e) < 0)
 *         return e->code;
 *     // trials_propose and trials_test make the proof of g
 *     certificate_fill(to, c, &g, l, proof, samples);
 *     return 0;
 */
#ifndef NN_POLICY_CERTIFICATE_H
#define NN_POLICY_CERTIFICATE_H

#include "libcommon/base/buf.h"
#include "libcommon/nn/policy/guarantee.h"
#include "libcommon/search/limits.h"

/* Set g->risk to the risks whose metrics have a limit of the sense in which they
 * can be certified; the confidence is NAN. */
void certificate_risks(struct guarantee_opts *g, const struct limits *l);

/* Set the confidence.  ERR_ARG, about --confidence, when it is not between 0 and
 * 1 or when there is no risk. */
int certificate_confidence(struct guarantee_opts *g, double confidence,
                           struct err *e) MUST_CHECK;

/* Set *to, and c (g->n), which it borrows, to what a proof on so many samples says
 * of the limits.  The estimates are NAN, for the caller to set; to->independent is
 * false likewise. */
void certificate_fill(struct guarantee *to, struct certified *c,
                      const struct guarantee_opts *g, const struct limits *l,
                      const struct proof *proof, size_t samples);

/* Append to a text, where all early exits are off, that they are, which test no
 * policy passed, and about how many samples it would take. */
void certificate_off(struct buf *b, const struct guarantee *g);

#endif
