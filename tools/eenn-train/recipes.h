/* SPDX-License-Identifier: MIT
 * The recipes that are known by name: eenn-train --recipe=NAME. */
#ifndef RECIPES_H
#define RECIPES_H

#include "libcommon/cli/opt.h"

extern const struct opt_preset recipes[];

#endif
