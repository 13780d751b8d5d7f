/* SPDX-License-Identifier: MIT
 * Private to libcommon/cli: the run as such, for --report and -v. */
#ifndef CLI_TOOLRUN_H
#define CLI_TOOLRUN_H

struct err;

/* Note the time and the command line; argv is borrowed for good. */
void run_begin(int argc, char **argv);

/* Flush stdout and see that all of it went out.  0 or ERR_SYS. */
int run_close_stdout(struct err *e);

#endif
