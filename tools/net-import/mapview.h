/* SPDX-License-Identifier: MIT
 * Where the axes of an activation stand in an ONNX value.
 *
 * A net computes on maps of height, width and channels.  In ONNX a value has
 * axes in an order of its own, mostly (batch, channels, height, width), and nodes
 * that transpose, flatten, squeeze or reshape it.  None of them computes
 * anything: a view says of each axis of the value which axes of the map it holds,
 * outermost first, and only readers that care look at that.  A fully connected
 * layer behind a Flatten, for example, finds its inputs in the order channels,
 * height, width, and reorders its weights. */
#ifndef NET_IMPORT_MAPVIEW_H
#define NET_IMPORT_MAPVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_MAX_RANK 8

enum map_axis { AXIS_N, AXIS_H, AXIS_W, AXIS_C, AXIS_COUNT };

struct view_dim {
    size_t n; /* 0: an axis of size 1 that was put in */
    enum map_axis axis[AXIS_COUNT];
};

struct map_view {
    int64_t size[AXIS_COUNT]; /* of the map's axes; that of N is the batch the
                               * model was exported for, 1 where it says none */
    size_t rank;
    struct view_dim dim[VIEW_MAX_RANK];
};

int64_t view_size(const struct map_view *v,
                  size_t dim); /* of the value's axis */
void view_sizes(const struct map_view *v, int64_t dims[VIEW_MAX_RANK]);

/* Returns true when that axis of the value is just this axis of the map, apart
 * from others of size 1. */
bool view_is(const struct map_view *v, size_t dim, enum map_axis axis);

/* Let that axis of the value, which view_is has found to be the map's, or which has
 * one element, hold it alone. */
void view_place(struct map_view *v, size_t dim, enum map_axis axis);

/* Returns true when the values' axes hold the same axes of their maps in the same
 * order, wherever both are larger than 1. */
bool view_alike(const struct map_view *a, const struct map_view *b);

/* Change the view as a node changes the value's axes. */
void view_transpose(struct map_view *v, const size_t *perm);
void view_insert(struct map_view *v, const bool mark[VIEW_MAX_RANK]);
void view_remove(struct map_view *v, const bool *mark); /* each of size 1 */
/* Returns false when an axis of the map would be torn apart, or the sizes do not
 * fit; v is then unchanged. */
bool view_reshape(struct map_view *v, const int64_t *dims, size_t rank);

/* Set order[i], i < h * w * c, to the place in (h, w, c) of the i-th element of
 * the value's axis `dim`.  Returns false when that does not hold all of the map
 * of one sample; order is then unchanged. */
bool view_order(const struct map_view *v, size_t dim, int64_t *order);

#endif
