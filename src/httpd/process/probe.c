/* SPDX-License-Identifier: Apache-2.0 */
#include "process/probe.h"

#include <httpd.h>
#include <apr_strings.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unixd.h>

#include "base/ticks.h"

/* More processes at once are not begun. */
#define WORKERS 64

/* The most bytes that a worker may write in all. */
#define ANSWER_MOST (1024 * 1024)

/* A process and what it has said. */
typedef struct worker_t {
    pid_t pid;
    int fd;                     /* -1: it has said all */
    int first;                  /* index of its only probe; -1: all files */
    apr_interval_time_t until;  /* ticks */
    apr_interval_time_t at_last;    /* no word of it moves that further */
    char *said;
    apr_size_t length;
    apr_size_t space;           /* of said */
} worker_t;

/* A probe's answer: this, then the texts. */
typedef struct head_t {
    int index;
    apr_status_t status;
    int length[4];              /* -1: NULL */
} head_t;

static const char **text_of(acct_probe_t *probe, int which)
{
    const char **text[] = { &probe->error, &probe->facts.created_at,
                            &probe->facts.key_id, &probe->facts.exposure };

    return text[which];
}

#define TEXTS ((int)(sizeof(((head_t *)NULL)->length) / sizeof(int)))

static acct_probe_t *probe_at(const apr_array_header_t *probes, int i)
{
    return APR_ARRAY_IDX(probes, i, acct_probe_t *);
}

/* ---- in the worker ---- */

static void put(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t done = write(fd, at, length);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            _exit(1);           /* the parent listens no more */
        }
        at += done;
        length -= (size_t)done;
    }
}

/* In one piece, so that the parent is woken once. */
static void tell(int fd, int index, acct_probe_t *probe, apr_pool_t *p)
{
    size_t length = sizeof(head_t);
    head_t head;
    char *said;
    int i;

    memset(&head, 0, sizeof(head));
    head.index = index;
    head.status = probe->status;
    for (i = 0; i < TEXTS; i++) {
        const char *text = *text_of(probe, i);

        head.length[i] = text != NULL ? (int)strlen(text) : -1;
        length += text != NULL ? strlen(text) : 0;
    }
    said = apr_palloc(p, length);
    memcpy(said, &head, sizeof(head));
    length = sizeof(head);
    for (i = 0; i < TEXTS; i++) {
        if (head.length[i] > 0) {
            memcpy(said + length, *text_of(probe, i),
                   (size_t)head.length[i]);
            length += (size_t)head.length[i];
        }
    }
    put(fd, said, length);
}

/* As httpd makes its children: a process that is not root's is that user's
 * already. */
static int become_user(void)
{
    uid_t user = ap_unixd_config.user_id;
    gid_t group = ap_unixd_config.group_id;

    if (geteuid() != 0 || user == 0 || user == (uid_t)-1) {
        return 1;
    }
    return setgid(group) == 0
        && (ap_unixd_config.user_name == NULL
            || initgroups(ap_unixd_config.user_name, group) == 0)
        && setuid(user) == 0;
}

static void let_signals_end_it(void)
{
    static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGUSR1,
                                   SIGWINCH, SIGCHLD };
    sigset_t none;
    size_t i;

    for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        (void)signal(signals[i], SIG_DFL);
    }
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void look(acct_probe_t *probe, int index, int fd, apr_pool_t *p)
{
    const char *error = NULL;

    probe->status = acct_pool_check_database(probe->config, &probe->facts,
                                             &error, p);
    probe->error = probe->status != APR_SUCCESS ? error : NULL;
    tell(fd, index, probe, p);
}

static void work(const apr_array_header_t *probes, int first, int as_user,
                 int fd, apr_pool_t *p)
{
    int i;

    let_signals_end_it();
    if (as_user && !become_user()) {
        _exit(1);
    }
    if (first >= 0) {
        look(probe_at(probes, first), first, fd, p);
        _exit(0);
    }
    for (i = 0; i < probes->nelts; i++) {
        if (acct_db_is_file(probe_at(probes, i)->config->driver)) {
            look(probe_at(probes, i), i, fd, p);
        }
    }
    /* without what the parent has registered for its own end */
    _exit(0);
}

/* ---- in the parent ---- */

static void begin(apr_array_header_t *workers,
                  const apr_array_header_t *probes, int first, int as_user,
                  apr_pool_t *p)
{
    worker_t *worker;
    int ends[2];
    pid_t pid;

    if (workers->nelts >= WORKERS || pipe(ends) != 0) {
        return;
    }
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        work(probes, first, as_user, ends[1], p);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return;
    }
    worker = apr_array_push(workers);
    worker->pid = pid;
    worker->fd = ends[0];
    worker->first = first;
    worker->said = NULL;
    worker->length = worker->space = 0;
}

/* Twice as much each time, so that what many files have to say is copied
 * about once. */
static void make_space(worker_t *worker, apr_size_t wanted, apr_pool_t *p)
{
    apr_size_t space = worker->space > 0 ? worker->space : 4096;
    char *said;

    if (wanted <= worker->space) {
        return;
    }
    while (space < wanted) {
        space *= 2;
    }
    said = apr_palloc(p, space);
    if (worker->length > 0) {
        memcpy(said, worker->said, worker->length);
    }
    worker->said = said;
    worker->space = space;
}

/* 0 at the end of what it says. */
static int hear(worker_t *worker, apr_pool_t *p)
{
    char buffer[4096];
    ssize_t got = read(worker->fd, buffer, sizeof(buffer));

    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 1;
    }
    if (got <= 0 || worker->length + (apr_size_t)got > ANSWER_MOST) {
        return 0;
    }
    make_space(worker, worker->length + (apr_size_t)got, p);
    memcpy(worker->said + worker->length, buffer, (apr_size_t)got);
    worker->length += (apr_size_t)got;
    return 1;
}

/* A worker with many files to look at has time as long as it goes on. */
static void prolong(worker_t *worker, apr_interval_time_t within)
{
    apr_interval_time_t until = acct_ticks() + within;

    if (worker->first < 0) {
        worker->until = until < worker->at_last ? until : worker->at_last;
    }
}

/* What is left to wait for, for each worker and in all: the shortest time of
 * those that have not finished; 0 when all have. */
static apr_interval_time_t prepare(const apr_array_header_t *workers,
                                   struct pollfd *fds)
{
    apr_interval_time_t now = acct_ticks();
    apr_interval_time_t least = 0;
    int i;

    for (i = 0; i < workers->nelts; i++) {
        const worker_t *worker = &APR_ARRAY_IDX(workers, i, worker_t);
        apr_interval_time_t left = worker->until - now;

        fds[i].fd = left > 0 ? worker->fd : -1;
        fds[i].events = POLLIN;
        fds[i].revents = 0;
        if (fds[i].fd >= 0 && (least == 0 || left < least)) {
            least = left;
        }
    }
    return least;
}

/* Until all have finished, or their time has passed. */
static void hear_all(apr_array_header_t *workers, apr_interval_time_t within,
                     apr_pool_t *p)
{
    struct pollfd fds[WORKERS];
    apr_interval_time_t left;
    int i;

    while ((left = prepare(workers, fds)) > 0) {
        if (poll(fds, (nfds_t)workers->nelts,
                 (int)apr_time_as_msec(left) + 1) < 0 && errno != EINTR) {
            return;
        }
        for (i = 0; i < workers->nelts; i++) {
            worker_t *worker = &APR_ARRAY_IDX(workers, i, worker_t);

            if (fds[i].fd < 0 || fds[i].revents == 0) {
                continue;
            }
            if (hear(worker, p)) {
                prolong(worker, within);
            }
            else {
                close(worker->fd);
                worker->fd = -1;
            }
        }
    }
}

static void end(worker_t *worker)
{
    int ignored;

    if (worker->fd >= 0) {
        (void)kill(worker->pid, SIGKILL);
        close(worker->fd);
        worker->fd = -1;
    }
    while (waitpid(worker->pid, &ignored, 0) < 0 && errno == EINTR) {
    }
}

/* What it said, as far as it got. */
static void take(const apr_array_header_t *probes, const worker_t *worker,
                 apr_pool_t *pconf)
{
    apr_size_t at = 0;
    head_t head;
    int i;

    while (worker->length - at >= sizeof(head)) {
        acct_probe_t *probe;

        memcpy(&head, worker->said + at, sizeof(head));
        at += sizeof(head);
        if (head.index < 0 || head.index >= probes->nelts) {
            return;
        }
        probe = probe_at(probes, head.index);
        for (i = 0; i < TEXTS; i++) {
            if (head.length[i] < 0) {
                continue;
            }
            if ((apr_size_t)head.length[i] > worker->length - at) {
                return;
            }
            *text_of(probe, i) = apr_pstrmemdup(pconf, worker->said + at,
                                                (apr_size_t)head.length[i]);
            at += (apr_size_t)head.length[i];
        }
        probe->status = head.status;
    }
}

/* What is reported of databases whose worker says nothing. */
static void expect_nothing(const apr_array_header_t *probes,
                           apr_interval_time_t within, apr_pool_t *pconf)
{
    int i;

    for (i = 0; i < probes->nelts; i++) {
        acct_probe_t *probe = probe_at(probes, i);

        memset(&probe->facts, 0, sizeof(probe->facts));
        probe->status = APR_TIMEUP;
        probe->error = apr_psprintf(pconf, "the database %s did not answer "
                                    "within %d ms",
                                    acct_db_describe(probe->config),
                                    (int)apr_time_as_msec(within));
    }
}

void acct_probe(apr_array_header_t *probes, int as_user,
                apr_interval_time_t within, apr_pool_t *pconf)
{
    apr_interval_time_t until = acct_ticks() + within;
    apr_array_header_t *workers;
    apr_pool_t *scratch;
    int has_files = 0;
    int i;

    expect_nothing(probes, within, pconf);
    if (apr_pool_create(&scratch, pconf) != APR_SUCCESS) {
        return;
    }
    workers = apr_array_make(scratch, probes->nelts, sizeof(worker_t));
    for (i = 0; i < probes->nelts && !has_files; i++) {
        has_files = acct_db_is_file(probe_at(probes, i)->config->driver);
    }
    if (has_files) {
        begin(workers, probes, -1, as_user, scratch);
    }
    for (i = 0; i < probes->nelts; i++) {
        if (!acct_db_is_file(probe_at(probes, i)->config->driver)) {
            begin(workers, probes, i, as_user, scratch);
        }
    }
    for (i = 0; i < workers->nelts; i++) {
        APR_ARRAY_IDX(workers, i, worker_t).until = until;
        APR_ARRAY_IDX(workers, i, worker_t).at_last = until + within;
    }
    hear_all(workers, within, scratch);
    for (i = 0; i < workers->nelts; i++) {
        end(&APR_ARRAY_IDX(workers, i, worker_t));
        take(probes, &APR_ARRAY_IDX(workers, i, worker_t), pconf);
    }
    apr_pool_destroy(scratch);
}
