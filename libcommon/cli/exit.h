/* SPDX-License-Identifier: MIT
 * The exit statuses of every tool, documented once in each man page. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

enum exit_status {
    EXIT_DONE = 0,   /* all done, all written */
    EXIT_NO = 1,     /* the answer is no (stream-cmp: differs) */
    EXIT_USAGE = 2,  /* the call is wrong */
    EXIT_INPUT = 3,  /* input is corrupt, truncated, of the wrong kind */
    EXIT_SYSTEM = 4, /* I/O or memory */
};

#endif
