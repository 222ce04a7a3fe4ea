/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* posix_spawn_file_actions_addclosefrom_np */
#endif
#include "mail/sendmail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/ticks.h"
#include "text/identifier.h"

#define SAID_MAX 256            /* bytes of what it says on standard error */
#define LEFT_AT_END apr_time_from_sec(1)
#define LOOK_EVERY 20           /* milliseconds between two looks whether it
                                 * has ended */

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
#define HAVE_CLOSEFROM 1
#endif
#endif

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

/* Every descriptor but 0 to 2. */
static int close_others(posix_spawn_file_actions_t *actions)
{
#ifdef HAVE_CLOSEFROM
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
#else
    /* Those that are open now. What another thread opens before the program
     * runs it closes by itself, if it was opened as APR opens files. */
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int rv = 0;

    if (dir == NULL) {
        return 0;
    }
    while (rv == 0 && (entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);

        if (fd > 2 && fd != dirfd(dir)) {
            rv = posix_spawn_file_actions_addclose(actions, fd);
        }
    }
    closedir(dir);
    return rv;
#endif
}

static int set_files(posix_spawn_file_actions_t *actions, int in, int err)
{
    int rv = posix_spawn_file_actions_adddup2(actions, in, 0);

    if (rv == 0) {
        rv = posix_spawn_file_actions_addopen(actions, 1, "/dev/null",
                                              O_WRONLY, 0);
    }
    if (rv == 0) {
        rv = posix_spawn_file_actions_adddup2(actions, err, 2);
    }
    return rv == 0 ? close_others(actions) : rv;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    int rv;

    sigemptyset(&none);
    sigfillset(&all);
    rv = posix_spawnattr_setsigmask(attributes, &none);
    if (rv == 0) {
        rv = posix_spawnattr_setsigdefault(attributes, &all);
    }
    if (rv == 0) {
        rv = posix_spawnattr_setpgroup(attributes, 0);
    }
    return rv != 0 ? rv
        : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK
                                               | POSIX_SPAWN_SETSIGDEF
                                               | POSIX_SPAWN_SETPGROUP);
}

/* @return an errno; the attributes and actions are destroyed by then */
static int spawn(pid_t *pid, const acct_sendmail_t *mail, int in, int err,
                 apr_pool_t *pool)
{
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *const environment[] = { path, NULL };
    char *const words[] = {
        apr_pstrdup(pool, mail->program), apr_pstrdup(pool, "-i"),
        apr_pstrdup(pool, "-f"), apr_pstrdup(pool, mail->from),
        apr_pstrdup(pool, "--"), apr_pstrdup(pool, mail->address), NULL
    };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rv = posix_spawn_file_actions_init(&actions);

    if (rv != 0) {
        return rv;
    }
    rv = posix_spawnattr_init(&attributes);
    if (rv == 0) {
        rv = set_files(&actions, in, err);
        if (rv == 0) {
            rv = set_attributes(&attributes);
        }
        if (rv == 0) {
            rv = posix_spawn(pid, mail->program, &actions, &attributes, words,
                             environment);
        }
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rv;
}

/* Above 2, so that no dup2() of the child's meets its own end. */
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    for (int i = 0; i < 2; i++) {
        int fd = ends[i] > 2 ? ends[i] : fcntl(ends[i], F_DUPFD_CLOEXEC, 3);

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

static int begin(run_t *run, const acct_sendmail_t *mail, apr_pool_t *pool)
{
    int in[2] = { -1, -1 }, err[2] = { -1, -1 };
    int rv = make_pipe(in);

    if (rv == 0) {
        rv = make_pipe(err);
    }
    if (rv == 0) {
        rv = spawn(&run->pid, mail, in[0], err[1], pool);
    }
    shut(&in[0]);
    shut(&err[1]);
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
