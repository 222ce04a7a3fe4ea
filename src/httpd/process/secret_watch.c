/* SPDX-License-Identifier: Apache-2.0 */
#include "process/secret_watch.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <ap_mpm.h>
#include <mpm_common.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "connections/trusted.h"

APLOG_USE_MODULE(acctauth);

/* How often the thread looks. */
#define EVERY_MS 1000

/* Which file it is, and whether it may be read at all. */
typedef struct state_t {
    int is_there;
    int is_safe;
    dev_t device;
    ino_t file;
    struct timespec changed;
} state_t;

/* A file, and how it was when the configuration was checked. */
typedef struct secret_t {
    const char *path;
    acct_trusted_t trusted;
    state_t then;
    int is_used;
    int is_unproven;
    struct secret_t *next;
} secret_t;

/* The main server's, in pconf; constant once the thread runs. */
struct acct_secrets_t {
    secret_t *first;
    pthread_t thread;
    sem_t has_begun;
    pid_t process;              /* which has the thread */
    acct_folders_seen_t seen;   /* its own, since others fork meanwhile */
    int ends[2];                /* a pipe; a byte in it ends the thread */
};

/* ---- what there is ---- */

static void look(const secret_t *secret, state_t *state)
{
    acct_unsafe_t ignored;
    struct stat info;

    memset(state, 0, sizeof(*state));
    state->is_safe = acct_file_safety(secret->path, ACCT_SECRET_FILE,
                                      &secret->trusted, &ignored, 1) == 0;
    if (stat(secret->path, &info) == 0) {
        state->is_there = 1;
        state->is_safe = state->is_safe && (info.st_mode & 077) == 0;
        state->device = info.st_dev;
        state->file = info.st_ino;
        state->changed = info.st_ctim;
    }
}

static struct acct_secrets_t *secrets_of(server_rec *main_server)
{
    return acct_server_conf(main_server)->secrets;
}

static secret_t *find(server_rec *main_server, const char *path)
{
    struct acct_secrets_t *secrets = secrets_of(main_server);
    secret_t *secret = secrets != NULL ? secrets->first : NULL;

    while (secret != NULL && strcmp(secret->path, path) != 0) {
        secret = secret->next;
    }
    return secret;
}

static secret_t *add(server_rec *main_server, const char *path,
                     const acct_trusted_t *trusted, apr_pool_t *pconf)
{
    struct acct_secrets_t *secrets = secrets_of(main_server);
    secret_t *secret = apr_pcalloc(pconf, sizeof(*secret));

    if (secrets == NULL) {
        secrets = apr_pcalloc(pconf, sizeof(*secrets));
        acct_server_conf(main_server)->secrets = secrets;
    }
    secret->path = path;
    secret->trusted = *trusted;
    secret->trusted.seen = &secrets->seen;
    secret->next = secrets->first;
    secrets->first = secret;
    look(secret, &secret->then);
    return secret;
}

int acct_secret_watch_add(server_rec *main_server, const char *path,
                          const acct_trusted_t *trusted,
                          const char **unsafe, apr_pool_t *pconf)
{
    if (find(main_server, path) == NULL) {
        (void)add(main_server, path, trusted, pconf);
    }
    *unsafe = acct_trusted_complaint(trusted, path, ACCT_SECRET_FILE,
                                     "root", pconf);
    return *unsafe == NULL;
}

void acct_secret_watch_used(server_rec *main_server, const char *path,
                            int is_used)
{
    secret_t *secret = find(main_server, path);

    if (secret != NULL) {
        secret->is_used = is_used;
    }
}

void acct_secret_watch_unproven(server_rec *main_server, const char *path)
{
    secret_t *secret = find(main_server, path);

    if (secret != NULL) {
        secret->is_unproven = 1;
    }
}

/* ---- the thread ---- */

static int is_another(const state_t *one, const state_t *other)
{
    return one->is_there != other->is_there
        || one->is_safe != other->is_safe || one->device != other->device
        || one->file != other->file
        || one->changed.tv_sec != other->changed.tv_sec
        || one->changed.tv_nsec != other->changed.tv_nsec;
}

/* A file that is gone while it is in use needs no reload: only a reload would
 * need it. */
static int wants_reload(const secret_t *secret)
{
    state_t now;

    look(secret, &now);
    if (secret->is_used && !now.is_safe && now.is_there) {
        return 1;
    }
    return (!secret->is_used || secret->is_unproven) && now.is_there
        && now.is_safe && is_another(&now, &secret->then);
}

static int any_wants_reload(const struct acct_secrets_t *secrets)
{
    const secret_t *secret;

    for (secret = secrets->first; secret != NULL; secret = secret->next) {
        if (wants_reload(secret)) {
            return 1;
        }
    }
    return 0;
}

/* The reload ends this thread and begins another. */
static void *watch(void *data)
{
    struct acct_secrets_t *secrets = data;
    struct pollfd end = { secrets->ends[0], POLLIN, 0 };
    int told = 0;

    sem_post(&secrets->has_begun);
    while (poll(&end, 1, EVERY_MS) == 0) {
        if (!told && any_wants_reload(secrets)) {
            told = kill(getpid(), AP_SIG_GRACEFUL) == 0;
        }
    }
    return NULL;
}

/* Children have pconf and both ends of the pipe too, but not the thread. */
static apr_status_t stop(void *data)
{
    struct acct_secrets_t *secrets = data;

    if (secrets->process == getpid()
        && write(secrets->ends[1], "", 1) == 1) {
        (void)pthread_join(secrets->thread, NULL);
        (void)sem_destroy(&secrets->has_begun);
        close(secrets->ends[0]);
        close(secrets->ends[1]);
    }
    return APR_SUCCESS;
}

/* Signals are for the main thread, which waits for them. It goes on, and may
 * fork, once the thread runs its own code: what begins a thread allocates
 * (AddressSanitizer does), and a child that is forked meanwhile would find
 * the allocator locked for good. */
static int start(struct acct_secrets_t *secrets)
{
    sigset_t all;
    sigset_t before;
    int rv;

    sigfillset(&all);
    rv = sem_init(&secrets->has_begun, 0, 0) == 0 ? 0 : errno;
    if (rv == 0) {
        rv = pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    if (rv == 0) {
        rv = pthread_create(&secrets->thread, NULL, watch, secrets);
        while (rv == 0 && sem_wait(&secrets->has_begun) != 0
               && errno == EINTR) {
        }
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return rv;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    struct acct_secrets_t *secrets = secrets_of(main_server);
    int rv;

    (void)plog;
    (void)ptemp;
    if (secrets == NULL || ap_exists_config_define("ONE_PROCESS")
        || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    rv = pipe(secrets->ends) == 0 ? 0 : errno;
    secrets->process = getpid();
    if (rv == 0) {
        (void)fcntl(secrets->ends[0], F_SETFD, FD_CLOEXEC);
        (void)fcntl(secrets->ends[1], F_SETFD, FD_CLOEXEC);
        rv = start(secrets);
        if (rv != 0) {
            close(secrets->ends[0]);
            close(secrets->ends[1]);
        }
    }
    if (rv == 0) {
        apr_pool_cleanup_register(pconf, secrets, stop,
                                  apr_pool_cleanup_null);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, rv,
                     main_server, "ACCT0114: key files are not watched: "
                     "reload the server when one changes");
    }
    return OK;
}

void acct_secret_watch_hooks(void)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
}
