/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/run/network.h"

#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/bind.h"

void network_free(struct network *n)
{
    tensors_free(n->tensors);
    arena_free(&n->arena);
    *n = (struct network){0};
}

int network_engine(const struct network *n, size_t batch, int threads,
                   struct engine **g, struct err *e)
{
    struct engine_opts o = {.batch = (int)batch, .threads = threads};
    struct engine_param *p;
    size_t params;

    *g = NULL;
    if (!tensors_count(n->tensors))
        return err_set(e, ERR_FORMAT,
                       "net %s comes without weights (eenn-train "
                       "--weights=none?)",
                       n->net.id);
    *g = engine_new(&n->net, &o);
    p = engine_params(*g, &params);
    for (size_t i = 0; i < params; i++) {
        int rc = bind_take(n->tensors, &p[i], e);

        if (rc < 0)
            return err_prefix(e, "net %s", n->net.id);
        if (rc == 0)
            return err_set(e, ERR_FORMAT, "net %s: its weights lack tensor %s",
                           n->net.id, p[i].binding->tensor);
    }
    return 0;
}
