/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* pipe2 */
#endif
#include "mail/sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/ticks.h"
#include "mail/program.h"
#include "text/identifier.h"

#define SAID_MAX 256            /* bytes of what it says on standard error */
#define LEFT_AT_END apr_time_from_sec(1)
#define LOOK_EVERY 20           /* milliseconds between two looks whether it
                                 * has ended */

/* A program that runs. */
typedef struct run_t {
    pid_t pid;
    int in;                     /* its standard input; -1: closed */
    int err;                    /* its standard error; -1: closed */
    apr_interval_time_t until;  /* ticks */
    const acct_sendmail_t *mail;
    char said[SAID_MAX + 1];
    size_t nsaid;
} run_t;

/* ----------------------------------------------------------- the start */

/* Above 3, so that no dup2() of the child's meets another's end. */
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    for (int i = 0; i < 2; i++) {
        int fd = ends[i] > 3 ? ends[i] : fcntl(ends[i], F_DUPFD_CLOEXEC, 4);

        if (fd != ends[i]) {
            close(ends[i]);
            ends[i] = fd;
        }
    }
    return ends[0] >= 0 && ends[1] >= 0 ? 0 : EMFILE;
}

static void shut(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* A pipe that the settings are in, whole: it has room for them without a
 * reader. */
static int offer_settings(int ends[2], const char *settings)
{
    size_t length = strlen(settings);
    int rv = length > PIPE_BUF ? E2BIG : make_pipe(ends);

    if (rv == 0 && write(ends[1], settings, length) != (ssize_t)length) {
        rv = EIO;
    }
    return rv;
}

static int begin(run_t *run, const acct_sendmail_t *mail, apr_pool_t *pool)
{
    int in[2] = { -1, -1 }, err[2] = { -1, -1 }, settings[2] = { -1, -1 };
    int rv = make_pipe(in);

    if (rv == 0) {
        rv = make_pipe(err);
    }
    if (rv == 0 && mail->settings != NULL) {
        rv = offer_settings(settings, mail->settings);
    }
    if (rv == 0) {
        const char *const words[] = {
            mail->program, "-i", "-f", mail->from, "--", mail->address, NULL
        };
        const acct_program_t program = { words, in[0], err[1], settings[0] };

        rv = acct_program_start(&run->pid, &program, pool);
    }
    shut(&in[0]);
    shut(&err[1]);
    shut(&settings[0]);
    shut(&settings[1]);
    if (rv != 0) {
        shut(&in[1]);
        shut(&err[0]);
        return rv;
    }
    run->in = in[1];
    run->err = err[0];
    run->nsaid = 0;
    run->until = acct_ticks() + mail->patience;
    run->mail = mail;
    (void)fcntl(run->in, F_SETFL, O_NONBLOCK);
    (void)fcntl(run->err, F_SETFL, O_NONBLOCK);
    return 0;
}

/* ------------------------------------------------------ while it runs */

/* Milliseconds that are left, at most @a most. */
static int left_of(run_t *run, int most)
{
    const acct_sendmail_t *mail = run->mail;
    apr_interval_time_t left = run->until - acct_ticks();

    if (left > LEFT_AT_END && mail->is_ending != NULL
        && mail->is_ending(mail->baton)) {
        left = LEFT_AT_END;
        run->until = acct_ticks() + left;
    }

    return left <= 0 ? 0 : left > apr_time_from_msec(most) ? most
        : (int)apr_time_as_msec(left) + 1;
}

/* What it says is read all the same when there is no more room: else it
 * would wait for somebody to. */
static void listen_to(run_t *run)
{
    char bytes[1024];
    ssize_t n = read(run->err, bytes, sizeof(bytes));

    if (n > 0) {
        size_t room = SAID_MAX - run->nsaid;
        size_t taken = (size_t)n < room ? (size_t)n : room;

        memcpy(run->said + run->nsaid, bytes, taken);
        run->nsaid += taken;
    }
    else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        shut(&run->err);
    }
}

/* A program that does not read to the end gives this thread a SIGPIPE, which
 * is the process's end where it is not ignored. It is made to wait, and
 * taken. */
static ssize_t write_quietly(int fd, const char *bytes, size_t length)
{
    const struct timespec at_once = { 0, 0 };
    sigset_t broken, before;
    ssize_t n;
    int error;

    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    n = write(fd, bytes, length);
    error = errno;
    if (n < 0 && error == EPIPE) {
        (void)sigtimedwait(&broken, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return n;
}

/* Give it the message. One that ends before it has read all has its reasons,
 * which its end tells. */
static void feed(run_t *run, const char *message)
{
    size_t left = strlen(message);

    while (left > 0 && left_of(run, 1) > 0) {
        struct pollfd fds[2] = { { run->in, POLLOUT, 0 },
                                 { run->err, POLLIN, 0 } };
        ssize_t n;

        if (poll(fds, 2, left_of(run, 100)) < 0 && errno != EINTR) {
            break;
        }
        if (fds[1].revents != 0) {
            listen_to(run);
        }
        if (fds[0].revents == 0) {
            continue;
        }
        n = write_quietly(run->in, message, left);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            break;
        }
        if (n > 0) {
            message += n;
            left -= (size_t)n;
        }
    }
    shut(&run->in);
}

/* Its end, as waitpid() has it. @return 0: it did not end in time, and was
 * killed; -1: nobody knows, another has waited for it */
static int wait_for(run_t *run, int *end)
{
    for (;;) {
        struct pollfd fd = { run->err, POLLIN, 0 };
        pid_t pid = waitpid(run->pid, end, WNOHANG);

        if (pid == run->pid) {
            return 1;
        }
        if (pid < 0 && errno != EINTR) {
            return -1;
        }
        if (left_of(run, 1) == 0) {
            break;
        }
        (void)poll(&fd, 1, left_of(run, LOOK_EVERY));
        if (fd.revents != 0) {
            listen_to(run);
        }
    }
    /* The group as well: what it has started may hold its descriptors. */
    (void)kill(-run->pid, SIGKILL);
    (void)kill(run->pid, SIGKILL);
    while (waitpid(run->pid, end, 0) < 0 && errno == EINTR) {
    }
    return 0;
}

/* ------------------------------------------------------------- the end */

/* The codes of sysexits.h that a mail server gives for what the mail, or its
 * address, is. The others are about the machine and its settings, or about
 * the moment: somebody may mend it. */
static acct_mail_fate_e judge(int code)
{
    switch (code) {
    case EX_OK:
        return ACCT_MAIL_SENT;
    case EX_USAGE:
    case EX_DATAERR:
    case EX_NOINPUT:
    case EX_NOUSER:
    case EX_NOHOST:
        return ACCT_MAIL_NEVER;
    default:
        return ACCT_MAIL_LATER;
    }
}

/* The rest of what it said before it ended. */
static void listen_out(run_t *run)
{
    size_t before;

    do {
        before = run->nsaid;
        if (run->err >= 0) {
            listen_to(run);
        }
    } while (run->nsaid > before && run->nsaid < SAID_MAX);
}

/* Whether a word is an address, or what stands before its '@'. */
static int is_address(const char *word, size_t length, const char *address)
{
    size_t local = (size_t)(strrchr(address, '@') - address);

    return memchr(word, '@', length) != NULL
        || (length == local && strncasecmp(word, address, length) == 0);
}

/* What it said, on one line and with no address in it: a log is no place for
 * people's. */
static const char *said_of(run_t *run, const char *address, apr_pool_t *pool)
{
    static const char parting[] = " <>:,;()\"'";
    const char *said = "", *at = run->said;

    listen_out(run);
    if (run->nsaid == SAID_MAX) {
        /* the last word may be half of an address */
        while (run->nsaid > 0 && run->said[run->nsaid - 1] != ' ') {
            run->nsaid--;
        }
    }
    for (size_t i = 0; i < run->nsaid; i++) {
        if ((unsigned char)run->said[i] < ' ' || run->said[i] > '~') {
            run->said[i] = ' ';
        }
    }
    run->said[run->nsaid] = '\0';
    while (*at != '\0') {
        size_t between = strspn(at, parting);
        size_t word = strcspn(at + between, parting);

        said = apr_pstrcat(pool, said, apr_pstrmemdup(pool, at, between),
                           is_address(at + between, word, address) ? "..."
                           : apr_pstrmemdup(pool, at + between, word), NULL);
        at += between + word;
    }
    return acct_trim(said, pool);
}

static acct_mail_fate_e tell(run_t *run, int ended, int end,
                             const acct_sendmail_t *mail, const char **why,
                             apr_pool_t *pool)
{
    const char *said = said_of(run, mail->address, pool);
    const char *how;

    if (ended < 0) {
        how = "its end was not seen";
    }
    else if (ended == 0) {
        how = apr_psprintf(pool, "it took longer than %" APR_TIME_T_FMT
                           " seconds and was killed",
                           apr_time_sec(mail->patience));
    }
    else if (WIFSIGNALED(end)) {
        how = apr_psprintf(pool, "it died by signal %d", WTERMSIG(end));
    }
    else {
        how = apr_psprintf(pool, "it ended with %d", WEXITSTATUS(end));
    }
    *why = apr_pstrcat(pool, mail->program, ": ", how,
                       *said != '\0' ? ": " : "", said, NULL);
    return ended == 1 && WIFEXITED(end) ? judge(WEXITSTATUS(end))
                                        : ACCT_MAIL_LATER;
}

acct_mail_fate_e acct_sendmail(const acct_sendmail_t *mail, const char **why,
                               apr_pool_t *pool)
{
    acct_mail_fate_e fate;
    run_t run;
    char text[120];
    int ended, end = 0;
    int rv = begin(&run, mail, pool);

    if (rv != 0) {
        *why = apr_pstrcat(pool, mail->program, " cannot be run: ",
                           apr_strerror(APR_FROM_OS_ERROR(rv), text,
                                        sizeof(text)), NULL);
        return ACCT_MAIL_LATER;
    }
    feed(&run, mail->message);
    ended = wait_for(&run, &end);
    fate = tell(&run, ended, end, mail, why, pool);
    shut(&run.err);
    return fate;
}
