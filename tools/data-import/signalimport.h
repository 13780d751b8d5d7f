/* SPDX-License-Identifier: MIT
 * The beats of WFDB records (sound/wfdb.h) become a draft: each is a window round
 * the R peak that its annotation marks, (samples, 1, leads) in millivolts. */
#ifndef DATA_IMPORT_SIGNALIMPORT_H
#define DATA_IMPORT_SIGNALIMPORT_H

#include "tools/data-import/draft.h"
#include "tools/data-import/import.h"

/* Add the beats of all records (recordlist.h) to the draft and name the classes of *d.  A record is
 * a group; the beat at sample 77 of record 100 is called 100:77.  *notes
 * gets what was decided and left out.  ERR_FORMAT for records that cannot be read,
 * and without o->skip_empty for a class without beats. */
int signals_draft(const struct import_opts *o,
                  const struct strs paths[SPLIT_COUNT], struct dataset *d,
                  struct draft *f, struct buf *notes, struct err *e) MUST_CHECK;

/* Read a window "BEFORE,AFTER", of samples or with an s of seconds, at a rate: the
 * samples before an event and from it on.  ERR_ARG for other text, and for what is
 * not within 1..DATASET_MAX_SIDE samples in all. */
int signal_window(const char *text, double rate, int64_t *before,
                  int64_t *after, struct err *e) MUST_CHECK;

/* Returns 0 for what can be a window at some rate, else ERR_ARG. */
int signal_window_check(const char *text, struct err *e) MUST_CHECK;

/* Returns 0 for up to WFDB_SIGNALS names with commas between them, none of them
 * empty, else ERR_ARG; for options. */
int signal_leads_check(const char *text, struct err *e) MUST_CHECK;

/* Append the one spelling of a window that can be one. */
void signal_window_text(const char *text, struct buf *out);

#endif
