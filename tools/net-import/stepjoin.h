/* SPDX-License-Identifier: MIT
 * Steps that belong together become one: factors and terms per channel melt into
 * the convolution or fully connected layer in front of them, activations become
 * those of the step in front.  Steps that the output does not need are marked as
 * not live and keep their place. */
#ifndef NET_IMPORT_STEPJOIN_H
#define NET_IMPORT_STEPJOIN_H

#include "tools/net-import/steps.h"

/* Join the steps that lead to *output, which becomes the step that takes its
 * place.  With keep_norm, batch norms behind such a layer stay beside its
 * weights, so that they can be trained on; otherwise they melt into them. */
void steps_join(struct steps *s, size_t *output, bool keep_norm);

/* After that: where nothing but factors (above 0) and terms per channel reads the
 * image, set scale and shift (c of the image) to them and return their step, which
 * steps_drop takes out; else 0. */
size_t steps_input_norm(const struct steps *s, size_t output, double *scale,
                        double *shift);
/* Let the readers of a step that reads the image read the image. */
void steps_drop(struct steps *s, size_t step);

/* Let the network do with x what it did with factor[k] x in channel k (c of the
 * image): the factors melt into the weights of the layers that read the image, which
 * may flatten it before.  Returns false, and changes nothing, where others than
 * convolutions and linear layers read it.  Padding is of zeros, which stay what they
 * are. */
bool steps_scale_input(struct steps *s, const double *factor);

/* Make one logit x the two logits 0 and x, whose softmax is x's sigmoid. */
void steps_two_logits(struct steps *s, size_t *output);

#endif
