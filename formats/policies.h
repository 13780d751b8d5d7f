/* SPDX-License-Identifier: MIT
 * A result stream is read for its thresholds. */
#ifndef FORMATS_POLICIES_H
#define FORMATS_POLICIES_H

#include "formats/io.h"
#include "libcommon/nn/run/policies.h"

/* Read a result stream to its end; *p must be zeroed and is owned
 * (policies_free), also after a failure.  ERR_FORMAT for a result without a net
 * id or with an unknown halting rule. */
int policies_read(struct reader *r, struct policies *p,
                  struct err *e) MUST_CHECK;

#endif
