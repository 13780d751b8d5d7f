/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/act.h"

#include <stddef.h>

#define NAME(id, name, ...) [id] = #name,
const char *const net_act_names[] = {NET_ACTS(NAME)[ACT_COUNT] = NULL};

#define ROW(id, name, idempotent, products) [id] = {idempotent, products},
const struct net_act_row net_acts[ACT_COUNT] = {NET_ACTS(ROW)};
