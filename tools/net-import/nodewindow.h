/* SPDX-License-Identifier: MIT
 * Windows of Conv and pools: what the attributes say, for one or two axes, and
 * where on the map that is. */
#ifndef NET_IMPORT_NODEWINDOW_H
#define NET_IMPORT_NODEWINDOW_H

#include "tools/net-import/lower.h"

/* As the node has it, axis by axis of the value behind batch and channels. */
struct node_window {
    size_t rank; /* 1 or 2; 0: the node was refused */
    int64_t kernel[2], stride[2], before[2], after[2];
    enum { PAD_GIVEN, PAD_SAME_UPPER, PAD_SAME_LOWER } same;
    bool ceil; /* a pool's last window may be cut off by the edge */
};

/* Read the attributes.  `kernel` (rank) is the weights', or NULL for pools, whose
 * attribute it then is.  Returns false when the node was refused. */
bool window_read(struct lowering *l, const struct lowered_node *n,
                 const int64_t *kernel, size_t rank, struct node_window *w);

/* The same on the map, as struct step has it; axis[k] is the map's axis of the
 * node's k-th. */
struct map_window {
    int64_t kernel[2], stride[2], pad[4];
    enum map_axis axis[2];
    struct map_view view; /* the map's, in which every axis has its place */
    int64_t extra[2];     /* of pad, behind, that ceil_mode alone asks for */
    int64_t spare[2]; /* of pad, behind, that no place of the window reads */
};

/* Place the window on the map, whose own padding (struct mapped) is added.
 * Returns false when the node was refused. */
bool window_place(struct lowering *l, const struct lowered_node *n,
                  const struct mapped *m, const struct node_window *w,
                  struct map_window *to);

#endif
