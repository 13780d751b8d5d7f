/* SPDX-License-Identifier: MIT
 * Which network of a trained stream answers. */
#ifndef CHOOSING_H
#define CHOOSING_H

#include "formats/networks.h"
#include "libcommon/nn/run/policies.h"

/* Read a trained stream to its end and keep one network in *out, which must be
 * zeroed and is owned (network_free), also after a failure: the only one, or with
 * policies the one that they are of, those of this very training before those of
 * another one of the net.  *policy is set to its policy, borrowed, or to NULL
 * without policies.  ERR_FORMAT when there is none, when there are several, and
 * when the policy does not fit (policies_choose). */
int choose_network(struct reader *r, struct policies *policies,
                   struct network *out, const struct policy **policy,
                   struct err *e) MUST_CHECK;

#endif
