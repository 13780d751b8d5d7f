/* SPDX-License-Identifier: MIT
 * The sounds of a list become a draft, whose samples are features of clips of one
 * rate and length (sound/sound_features.h). */
#ifndef DATA_IMPORT_SOUNDIMPORT_H
#define DATA_IMPORT_SOUNDIMPORT_H

#include "tools/data-import/draft.h"
#include "tools/data-import/imagelist.h"
#include "tools/data-import/import.h"

/* Read all sounds of the settled list once, add them to the draft under their names
 * and say in *notes what they become.  A sound that cannot be read is ERR_FORMAT;
 * with o->skip_corrupt it is left out and named by a warning.
 *
 * Where one of them is named as in Speech Commands, SPEAKER_nohash_N.wav or
 * WORD_SPEAKER_nohash_N.wav, their groups are the speakers; any other sound is a
 * group of its own then.  ERR_ARG for features that cannot be. */
int sounds_draft(const struct import_opts *o, const struct imagelist *l,
                 struct dataset *d, struct draft *f, struct buf *notes,
                 struct err *e) MUST_CHECK;

/* Append the speaker that a path names, or the path where it names none; returns
 * whether it does. */
bool sound_speaker(const char *path, struct buf *out);

#endif
