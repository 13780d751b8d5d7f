/* SPDX-License-Identifier: MIT
 * Splits by group that papers have agreed on, as lists that group_split_list
 * reads. */
#ifndef DATA_IMPORT_KNOWNLISTS_H
#define DATA_IMPORT_KNOWNLISTS_H

/* Returns the text of the list of this name, or NULL.  "de-chazal": the records of
 * MIT-BIH as de Chazal et al. (2004) divide them, DS1 for training, DS2 for the
 * test, without the four with paced beats. */
const char *known_list(const char *name);

#endif
