/* SPDX-License-Identifier: MIT
 * eenn-train --recipe=NAME finds its options in this table. */
#ifndef RECIPES_H
#define RECIPES_H

#include "libcommon/cli/opt.h"

extern const struct opt_preset recipes[];

#endif
