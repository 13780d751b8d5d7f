/* SPDX-License-Identifier: MIT
 * Private to libcommon/cli: what is known of this run of the tool, for --report
 * and -v. */
#ifndef CLI_TOOLRUN_H
#define CLI_TOOLRUN_H

struct err;

/* Record the start time and the command line; argv is borrowed for the life of
 * the process. */
void run_begin(int argc, char **argv);

/* Flush stdout and close it.  Returns 0, or ERR_SYS when not all of it was
 * written. */
int run_close_stdout(struct err *e);

#endif
