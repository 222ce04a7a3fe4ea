/* SPDX-License-Identifier: Apache-2.0 */
#include "process/services.h"

#include <ap_mpm.h>
#include <http_log.h>

#include "credential/dummy.h"
#include "config/config.h"
#include "process/counting.h"
#include "process/key.h"
#include "token/lookup.h"

APLOG_USE_MODULE(acctauth);

/* How look-ups of tokens wait for each other. A request that waits for
 * another's statement has no connection, but keeps a thread from the rest of
 * the site. */
static apr_status_t start_lookups(acct_database_t *database,
                                  acct_crowd_t *crowd, apr_pool_t *pchild)
{
    const acct_lookups_limits_t limits = {
        .begin = apr_time_from_msec(50),
        .patience = apr_time_from_msec(200),
        .crowd = acct_pool_is_file(database->pool) ? NULL : crowd,
        .silence = ACCT_POOL_SILENCE
    };

    return acct_lookups_make(&database->lookups, &limits, pchild);
}

/* What the virtual hosts of a database share; done by the first of them.
 * Where that fails the next tries again. */
static apr_status_t start_database(acct_database_t *database, int threads,
                                   acct_crowd_t *crowd, apr_pool_t *pchild)
{
    apr_status_t status;

    if (database->is_ready) {
        return APR_SUCCESS;
    }
    status = APR_SUCCESS;
    if (threads > 1) {
        status = start_lookups(database, crowd, pchild);
    }
    if (status == APR_SUCCESS) {
        status = acct_dummies_make(&database->dummies, pchild);
    }
    if (status == APR_SUCCESS) {
        status = acct_pool_child_init(database->pool, threads, crowd, pchild);
    }
    database->is_ready = status == APR_SUCCESS;
    return status;
}

static void start_rounds(acct_rounds_t *rounds, server_rec *main_server,
                         apr_pool_t *pchild)
{
    apr_status_t status;

    if (rounds == NULL) {
        return;
    }
    status = acct_upkeep_child_init(rounds, pchild);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, main_server,
                     "ACCT0217: this child cannot make a lock, so it leaves "
                     "reading revocations to others");
    }
}

/* ---- shared memory ---- */

static void tell_memory(apr_status_t status, server_rec *s, const char *what)
{
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, s,
                     "ACCT0219: this child cannot have the shared memory of "
                     "%s", what);
    }
}

/* What fails here is logged in child_init. */
int acct_runtime_drop_privileges(apr_pool_t *pchild, server_rec *main_server)
{
    acct_estate_t *estate = acct_server_conf(main_server)->estate;

    (void)pchild;
    if (estate != NULL) {
        (void)acct_gates_enter(estate->gates);
        if (estate->shared != NULL) {
            (void)acct_shared_enter(estate->shared);
        }
        if (estate->tries != NULL) {
            (void)acct_tries_enter(estate->tries);
        }
    }
    (void)acct_keys_enter(main_server);
    return OK;
}

/* Without it each request asks the database, and what needs a key that is
 * not there is answered with 503. */
static void go_without(acct_runtime_t *runtime, int cache, int keys)
{
    if (!cache) {
        runtime->service.cache = NULL;
        runtime->service.cache_answers = 0;
        runtime->database->upkeep.feed = NULL;
        runtime->database->upkeep.notes = NULL;
        runtime->database->outage.cache = NULL;
        acct_pool_agree_in(runtime->database->pool, NULL, 0);
    }
    if (!keys) {
        runtime->service.key_is_away = runtime->service.key != NULL
            || runtime->service.key_is_away;
        runtime->service.key = NULL;
    }
}

/* Without the gates nothing that needs a database can be done. */
static apr_status_t open_memory(acct_estate_t *estate,
                                server_rec *main_server)
{
    apr_status_t gates = acct_gates_child_init(estate->gates);
    apr_status_t cache = estate->shared == NULL ? APR_SUCCESS
        : acct_shared_attach(estate->shared, &estate->cache);
    apr_status_t keys = acct_keys_child_init(main_server);
    server_rec *s;

    tell_memory(gates, main_server, "the gates: it answers 503 for what "
                "needs the accounts' databases");
    tell_memory(cache, main_server, "the identity cache: each of its "
                "requests asks the database");
    tell_memory(keys, main_server, "the keys: it answers 503 for what needs "
                "AcctAuthKeyFile");
    for (s = main_server; s != NULL; s = s->next) {
        acct_server_conf_t *conf = acct_server_conf(s);

        if (gates != APR_SUCCESS) {
            conf->runtime = NULL;
        }
        if (conf->runtime != NULL) {
            go_without(conf->runtime, cache == APR_SUCCESS,
                       keys == APR_SUCCESS);
        }
    }
    return gates;
}

/* ---- the child ---- */

void acct_runtime_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    acct_rounds_t *rounds = acct_server_conf(main_server)->rounds;
    const acct_sha256_t *sha256 = NULL;
    acct_crowd_t *crowd = apr_pcalloc(pchild, sizeof(*crowd));
    acct_estate_t *estate = acct_server_conf(main_server)->estate;
    apr_status_t status;
    server_rec *s;
    int threads = 0;

    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS
        || threads < 1) {
        threads = 1;
    }
    crowd->most = acct_pool_threads(threads);
    if (estate != NULL && open_memory(estate, main_server) != APR_SUCCESS
        && rounds != NULL) {
        acct_upkeep_leave(rounds);
        return;
    }
    if (estate != NULL) {
        acct_counting_child_init(estate, main_server, pchild);
    }
    for (s = main_server; s != NULL; s = s->next) {
        acct_runtime_t *runtime = acct_server_conf(s)->runtime;

        if (runtime == NULL) {
            continue;
        }
        /* In the child's pool: that goes before OpenSSL cleans up, which
         * pconf may not. Without it each digest fetches it, or fails. */
        if (sha256 == NULL) {
            (void)acct_token_fetch_sha256(&sha256, pchild);
        }
        runtime->service.sha256 = sha256;
        status = start_database(runtime->database, threads, crowd, pchild);
        if (status != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, status, s,
                         "ACCT0212: this child cannot use the accounts' "
                         "database; it answers 503 for what needs it");
            acct_server_conf(s)->runtime = NULL;
            continue;
        }
        runtime->service.lookups = runtime->database->lookups;
        runtime->service.dummies = runtime->database->dummies;
    }
    start_rounds(rounds, main_server, pchild);
}
