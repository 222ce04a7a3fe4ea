/* SPDX-License-Identifier: Apache-2.0 */
#include "post/post.h"

#include <apr_optional.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <mod_watchdog.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "config/config.h"

APLOG_USE_MODULE(acctauth);

#define SENDING "_acctauth_mail_"

/* Half of the second within which a mail is on its way. */
#define LOOK_EVERY apr_time_from_msec(500)

enum { IN_ONE_CHILD = 1 };

/* The thread's. In pconf. */
struct acct_postman_t {
    acct_post_t *all;
    pthread_mutex_t lock;       /* held while a database's mails are sent */
    _Atomic(int) ended;         /* nothing new is begun */
};

static struct acct_postman_t *postman_of(const server_rec *main_server)
{
    return acct_server_conf(main_server)->postman;
}

const acct_post_t *acct_post_all(void)
{
    const struct acct_postman_t *postman = postman_of(ap_server_conf);

    return postman != NULL ? postman->all : NULL;
}

/* ---- the end of a child ---- */

static int is_ending(const struct acct_postman_t *postman)
{
    /* relaxed: who gets the lock after end_sending() had it sees it by the
     * lock; end_sending() waits for one that asks earlier */
    return atomic_load_explicit(&postman->ended, memory_order_relaxed);
}

static void say_it_ends(struct acct_postman_t *postman)
{
    /* relaxed: as above */
    atomic_store_explicit(&postman->ended, 1, memory_order_relaxed);
}

/* Waits for the mail that is being handed over, so that it is not sent again
 * because nobody could write that it was sent. */
static apr_status_t end_sending(void *data)
{
    struct acct_postman_t *postman = data;

    say_it_ends(postman);
    if (pthread_mutex_lock(&postman->lock) == 0) {
        pthread_mutex_unlock(&postman->lock);
    }
    return APR_SUCCESS;
}

static int make_lock(struct acct_postman_t *postman)
{
    pthread_mutexattr_t attr;
    int rv = pthread_mutexattr_init(&attr);

    if (rv != 0) {
        return rv;
    }
    rv = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    if (rv == 0) {
        rv = pthread_mutex_init(&postman->lock, &attr);
    }
    pthread_mutexattr_destroy(&attr);
    return rv;
}

static void child_init(apr_pool_t *pchild, server_rec *main_server)
{
    struct acct_postman_t *postman = postman_of(main_server);
    int rv;

    if (postman == NULL) {
        return;
    }
    rv = make_lock(postman);
    if (rv != 0) {
        say_it_ends(postman);
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, main_server,
                     "ACCT0275: this child cannot make a lock, so it leaves "
                     "mails to others");
        return;
    }
    for (acct_post_t *post = postman->all; post != NULL; post = post->next) {
        acct_post_prepare(post, pchild);
    }
    /* before the pools below it, which hold the connections' list */
    apr_pool_pre_cleanup_register(pchild, postman, end_sending);
}

/* ---- the thread ---- */

/* Another thread ends the child: see process/upkeep.c. */
static void leave_signals_to_others(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
}

static void send_one(struct acct_postman_t *postman, acct_post_t *post,
                     apr_pool_t *pool)
{
    if (is_ending(postman) || pthread_mutex_lock(&postman->lock) != 0) {
        return;
    }
    if (!is_ending(postman)) {
        acct_post_send(post, pool);
    }
    pthread_mutex_unlock(&postman->lock);
}

static apr_status_t send_all(int state, void *data, apr_pool_t *pool)
{
    struct acct_postman_t *postman = data;

    if (state == AP_WATCHDOG_STATE_STOPPING) {
        say_it_ends(postman);
        return APR_SUCCESS;
    }
    if (state != AP_WATCHDOG_STATE_RUNNING) {
        return APR_SUCCESS;
    }
    leave_signals_to_others();
    for (acct_post_t *post = postman->all; post != NULL; post = post->next) {
        send_one(postman, post, pool);
    }
    return APR_SUCCESS;
}

static apr_status_t start_thread(struct acct_postman_t *postman,
                                 apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t status;

    if (get_instance == NULL || add_callback == NULL) {
        return APR_ENOTIMPL;    /* configtest has told of it */
    }
    status = get_instance(&watchdog, SENDING, 0, IN_ONE_CHILD, pconf);
    if (status != APR_SUCCESS) {
        return status;
    }
    return add_callback(watchdog, LOOK_EVERY, postman, send_all);
}

/* ---- the start of a server ---- */

/* The mails of a database; NULL: there were none yet. */
static acct_post_t *post_of(struct acct_postman_t *postman,
                            const acct_database_t *database)
{
    acct_post_t *post = postman->all;

    while (post != NULL && post->database != database) {
        post = post->next;
    }
    return post;
}

/* Nothing that anybody else could use is in it: numbers that are shown. */
static acct_post_counts_t *make_counts(apr_pool_t *pconf)
{
    apr_shm_t *memory;

    if (apr_shm_create(&memory, sizeof(acct_post_counts_t), NULL, pconf)
        != APR_SUCCESS) {
        /* then each child has its own, and server-status shows zeros */
        return apr_pcalloc(pconf, sizeof(acct_post_counts_t));
    }
    return memset(apr_shm_baseaddr_get(memory), 0,
                  sizeof(acct_post_counts_t));
}

static acct_post_t *add_post(struct acct_postman_t *postman, server_rec *s,
                             apr_pool_t *pconf)
{
    acct_post_t *post = apr_pcalloc(pconf, sizeof(*post));
    acct_post_t **end = &postman->all;

    post->database = acct_server_conf(s)->runtime->database;
    post->config = &acct_server_conf(s)->db;
    post->server = s;
    post->sites = apr_array_make(pconf, 2, sizeof(const acct_mail_site_t *));
    post->counts = make_counts(pconf);
    post->ended = &postman->ended;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = post;
    return post;
}

static void add_server(struct acct_postman_t *postman, server_rec *s,
                       apr_pool_t *pconf)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const acct_mail_site_t *site = conf->mail_site;
    acct_post_t *post;

    if (conf->runtime == NULL || site == NULL
        || (site->transport != ACCT_TRANSPORT_SENDMAIL
            && site->transport != ACCT_TRANSPORT_SMTP)) {
        return;
    }
    post = post_of(postman, conf->runtime->database);
    if (post == NULL) {
        post = add_post(postman, s, pconf);
    }
    APR_ARRAY_PUSH(post->sites, const acct_mail_site_t *) = site;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    struct acct_postman_t *postman = apr_pcalloc(pconf, sizeof(*postman));
    apr_status_t status;

    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    for (server_rec *s = main_server; s != NULL; s = s->next) {
        add_server(postman, s, pconf);
    }
    if (postman->all == NULL) {
        return OK;
    }
    acct_server_conf(main_server)->postman = postman;
    status = start_thread(postman, pconf);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status,
                     main_server, "ACCT0274: mod_watchdog does not take our "
                     "work: mails are ordered and not sent");
    }
    return OK;
}

void acct_post_hooks(void)
{
    static const char *const before_watchdog[] = { "mod_watchdog.c", NULL };

    /* after the runtimes were made; mod_watchdog looks at what was registered
     * behind all others */
    ap_hook_post_config(post_config, NULL, before_watchdog, APR_HOOK_LAST);
    /* after the runtime's, whose connections it uses */
    ap_hook_child_init(child_init, NULL, before_watchdog, APR_HOOK_MIDDLE);
    acct_post_status_hooks();
}
