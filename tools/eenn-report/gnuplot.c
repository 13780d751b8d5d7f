/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct pipes {
    int in[2], out[2]; /* the child's stdin and stdout; [0] reads */
};

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int start(struct pipes *p, pid_t *pid, struct err *e)
{
    static char name[] = "gnuplot", defaults[] = "-d";
    char *args[] = {name, defaults, NULL};
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t attr;
    sigset_t usual;

    *p = (struct pipes){{-1, -1}, {-1, -1}};
    if (pipe(p->in) < 0 || pipe(p->out) < 0)
        return err_sys(e, "pipe to gnuplot");
    fcntl(p->in[1], F_SETFD, FD_CLOEXEC);
    fcntl(p->out[0], F_SETFD, FD_CLOEXEC);
    fcntl(p->in[1], F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, p->in[0], 0);
    posix_spawn_file_actions_adddup2(&fa, p->out[1], 1);
    posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
    /* The signals that are ignored here end the child as any other. */
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &usual);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    errno = posix_spawnp(pid, args[0], &fa, &attr, args, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&fa);
    shut(&p->in[0]);
    shut(&p->out[1]);
    return errno ? err_sys(e, "gnuplot, which draws the SVG, cannot be "
                              "started (Debian: gnuplot-nox)")
                 : 0;
}

/* Write the script and read the picture, both at once, so that neither side
 * waits for the other.  Each pipe is closed when all of its data is through. */
static int pump(struct pipes *p, const struct buf *script, struct buf *svg,
                struct err *e)
{
    size_t sent = 0;
    char block[8192];

    while (p->out[0] >= 0) {
        struct pollfd fd[] = {{.fd = p->out[0], .events = POLLIN},
                              {.fd = p->in[1], .events = POLLOUT}};
        if (poll(fd, 2, -1) < 0 && errno != EINTR)
            return err_sys(e, "waiting for gnuplot");
        if (fd[1].revents) {
            ssize_t n = write(p->in[1], script->data + sent,
                              script->len - sent);

            if (n < 0 && errno != EAGAIN && errno != EINTR)
                return err_sys(e, "gnuplot reads no further");
            sent += n > 0 ? (size_t)n : 0;
            if (sent == script->len)
                shut(&p->in[1]);
        }
        if (fd[0].revents) {
            ssize_t n = read(p->out[0], block, sizeof block);

            if (n < 0 && errno != EINTR)
                return err_sys(e, "reading from gnuplot");
            if (n > 0)
                buf_add(svg, block, (size_t)n);
            if (n == 0)
                shut(&p->out[0]);
        }
    }
    return 0;
}

int gnuplot_run(const struct buf *script, struct buf *svg, struct err *e)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    struct pipes p;
    pid_t pid = -1, ended = -1;
    size_t before = svg->len;
    int rc, status = 0;

    sigaction(SIGPIPE, &ignore, &old);
    if ((rc = start(&p, &pid, e)) == 0)
        rc = pump(&p, script, svg, e);
    shut(&p.in[0]);
    shut(&p.in[1]);
    shut(&p.out[0]);
    shut(&p.out[1]);
    while (pid > 0 && (ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    if (rc == 0 && ended < 0)
        rc = err_sys(e, "waiting for gnuplot");
    /* How it ended says more than a pipe that broke. */
    if (ended > 0 && WIFSIGNALED(status))
        rc = err_set(e, ERR_SYS, "gnuplot was killed by signal %d",
                     WTERMSIG(status));
    else if (ended > 0 && WEXITSTATUS(status) != 0)
        rc = err_set(e, ERR_SYS, "gnuplot failed, status %d",
                     WEXITSTATUS(status));
    else if (ended > 0 && svg->len == before)
        rc = err_set(e, ERR_SYS, "gnuplot has drawn nothing");
    sigaction(SIGPIPE, &old, NULL);
    return rc;
}
