/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime_private.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "shared.h"

APLOG_USE_MODULE(acctauth);

/* Places to wait in for each slot of the hasher, and the longest wait. */
#define HASH_PLACES_PER_SLOT 16
#define HASH_WAIT apr_time_from_sec(2)

/* The same for writing to a database. */
#define WRITE_PLACES 256

const acct_service_t *acct_runtime_service(const server_rec *server)
{
    const acct_runtime_t *runtime = acct_server_conf(server)->runtime;

    return runtime != NULL ? &runtime->service : NULL;
}

/* Where a database is, the same for all spellings of a file's name that
 * lead to it. Of a server's there may be several, which are not told apart
 * from several databases. */
static const char *location_of(const acct_db_config_t *config,
                               apr_pool_t *pool)
{
    const char *path = config->params;
    char *folder;
    char *real = NULL;

    if (acct_db_is_file(config->driver)) {
        real = realpath(path, NULL);
        if (real == NULL) {
            /* it may be away for a while */
            folder = ap_make_dirstr_parent(pool, path);
            real = realpath(folder, NULL);
            path = apr_pstrcat(pool, real != NULL ? real : folder, "/",
                               path + strlen(folder), NULL);
        }
        else {
            path = apr_pstrdup(pool, real);
        }
        free(real);
    }
    return apr_pstrcat(pool, config->driver, "\n", path, NULL);
}

/* What tells a database from others in the cache: where it is and when it
 * was made. */
static apr_uint64_t cache_key(const acct_server_conf_t *conf,
                              apr_pool_t *pconf)
{
    const char *name = apr_pstrcat(pconf, location_of(&conf->db, pconf),
                                   "\n", conf->created_at != NULL
                                   ? conf->created_at : "", NULL);
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];
    apr_uint64_t key = 0;

    if (acct_token_digest_bytes(name, digest) == APR_SUCCESS) {
        memcpy(&key, digest, sizeof(key));
    }
    return key;
}

static acct_feed_t *make_feed(const acct_server_conf_t *conf,
                              acct_pool_t *pool, acct_cache_t *cache,
                              const server_rec *s, apr_pool_t *pconf)
{
    acct_feed_t *feed = apr_pcalloc(pconf, sizeof(*feed));

    feed->pool = pool;
    feed->cache = cache;
    feed->database = cache_key(conf, pconf);
    feed->place = acct_cache_feed(cache, feed->database);
    acct_mark_at(&feed->mark, -1, 0);
    if (feed->place < 0) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, s,
                     "ACCT0218: the cache has places for %d databases, and "
                     "as many were configured since the server was started: "
                     "each request asks %s, and uses of its tokens are not "
                     "written; restart the server (not gracefully) if they "
                     "are fewer now", ACCT_CACHE_FEEDS,
                     acct_db_describe(&conf->db));
    }
    return feed->database != 0 && feed->place >= 0 ? feed : NULL;
}

/* The database of a server: the one another virtual host has, or a new
 * one. NULL when there is no shared memory. */
static acct_database_t *database_of(apr_hash_t *databases,
                                    const acct_server_conf_t *conf,
                                    acct_cache_t *cache, server_rec *s,
                                    apr_pool_t *pconf)
{
    const acct_db_config_t *config = &conf->db;
    acct_pool_marks_t expected = { conf->created_at,
                                   conf->key != NULL ? conf->key->id
                                                     : NULL, NULL };
    const char *key = location_of(config, pconf);
    acct_database_t *database = apr_hash_get(databases, key,
                                             APR_HASH_KEY_STRING);
    acct_gate_t *writers;
    apr_status_t status;

    if (database != NULL) {
        return database;
    }
    status = acct_gate_get(&writers, key, 1, WRITE_PLACES, ACCT_POOL_WAIT,
                           s->process->pool, pconf);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, status, s,
                     "ACCT0213: cannot make the shared memory of the "
                     "writers' gate");
        return NULL;
    }
    database = apr_pcalloc(pconf, sizeof(*database));
    database->pool = acct_pool_make(config, writers, &expected, pconf);
    if (cache != NULL) {
        database->feed = make_feed(conf, database->pool, cache, s,
                                   pconf);
    }
    apr_hash_set(databases, key, APR_HASH_KEY_STRING, database);
    return database;
}

static apr_interval_time_t bound_of(const acct_server_conf_t *conf)
{
    return apr_time_from_msec(conf->revocation_bound >= 0
                              ? conf->revocation_bound
                              : ACCT_REVOCATION_BOUND_DEFAULT);
}

static acct_runtime_t *make_runtime(const acct_server_conf_t *conf,
                                    const acct_server_conf_t *global,
                                    acct_database_t *database,
                                    acct_gate_t *gate, apr_pool_t *pconf)
{
    acct_runtime_t *runtime = apr_pcalloc(pconf, sizeof(*runtime));
    acct_service_t *service = &runtime->service;

    runtime->database = database;
    runtime->gate = gate;
    acct_request_service_prepare(service);
    service->key = conf->key;
    service->params = conf->params;
    service->max_tokens = conf->max_tokens < 0 ? ACCT_MAX_TOKENS_DEFAULT
                                               : conf->max_tokens;
    service->rules = conf->rules_set ? &conf->rules : NULL;
    if (database->feed != NULL) {
        service->cache = database->feed->cache;
        service->cache_database = database->feed->database;
        service->cache_feed = database->feed->place;
        service->revocation_bound = bound_of(global);
        service->cache_answers = global->cache_bytes != 0
            && service->revocation_bound > 0;
    }
    if (acct_password_dummy(&conf->params, &service->dummy, pconf)
        != APR_SUCCESS) {
        return NULL;
    }
    return runtime;
}

static int usual_slots(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 4 ? 1 : cores > 128 ? 64 : (int)(cores / 2);
}

/* The shared memory, or NULL where it cannot be had. Where nothing is to
 * be answered from it a little is there all the same, for when the feed
 * was read. */
static acct_cache_t *make_cache(const acct_server_conf_t *conf,
                                server_rec *s, apr_pool_t *pconf)
{
    apr_off_t bytes = conf->cache_bytes < 0 ? ACCT_CACHE_BYTES_ON
        : conf->cache_bytes == 0 ? ACCT_CACHE_BYTES_OFF : conf->cache_bytes;
    acct_cache_t *cache;
    apr_status_t status;

    status = acct_shared_cache(&cache, (apr_size_t)bytes, s->process->pool,
                               pconf);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status, s,
                     "ACCT0214: cannot make the shared memory of the "
                     "identity cache; each request asks the database");
        return NULL;
    }
    return cache;
}

static acct_gate_t *make_hash_gate(const acct_server_conf_t *conf,
                                   server_rec *s, apr_pool_t *pconf)
{
    int slots = conf->hash_concurrency > 0 ? conf->hash_concurrency
                                           : usual_slots();
    acct_gate_t *gate;
    apr_status_t status;

    status = acct_gate_get(&gate, "hash", slots,
                           slots * HASH_PLACES_PER_SLOT, HASH_WAIT,
                           s->process->pool, pconf);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, status, s,
                     "ACCT0210: cannot make the shared memory of the "
                     "password gate");
        return NULL;
    }
    return gate;
}

/* All databases, each once. */
static acct_upkeep_t *upkeep_of(apr_hash_t *databases,
                                apr_interval_time_t bound, apr_pool_t *pconf)
{
    apr_hash_index_t *index;
    acct_upkeep_t *all = NULL;

    for (index = apr_hash_first(pconf, databases); index != NULL;
         index = apr_hash_next(index)) {
        acct_database_t *database;
        void *value;

        apr_hash_this(index, NULL, NULL, &value);
        database = value;
        database->upkeep.pool = database->pool;
        database->upkeep.feed = bound > 0 ? database->feed : NULL;
        database->upkeep.notes = database->feed;
        database->upkeep.next = all;
        all = &database->upkeep;
    }
    return all;
}

/* Without somebody to read the feed nothing cached is ever fresh, so the
 * database is asked each time: slower, never wrong. */
static acct_rounds_t *start_upkeep(apr_hash_t *databases,
                                   apr_interval_time_t bound, server_rec *s,
                                   apr_pool_t *pconf)
{
    acct_upkeep_t *all = upkeep_of(databases, bound, pconf);
    acct_rounds_t *rounds;
    apr_status_t status;

    if (all == NULL) {
        return NULL;
    }
    status = acct_upkeep_start(&rounds, all, bound, s, pconf);
    if (APR_STATUS_IS_ENOTIMPL(status)) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, s,
                     "ACCT0215: without mod_watchdog nothing is answered "
                     "from AcctAuthCache, so each request asks the "
                     "database, and expired tokens are refused but stay in "
                     "it; load mod_watchdog");
    }
    else if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status, s,
                     "ACCT0216: mod_watchdog does not take our work: each "
                     "request asks the database, and expired tokens stay "
                     "in it");
    }
    return rounds;
}

/* The runtimes of all servers, once their settings are final. */
static apr_status_t make_runtimes(apr_pool_t *pconf, server_rec *main_server)
{
    const acct_server_conf_t *global = acct_server_conf(main_server);
    apr_hash_t *databases = apr_hash_make(pconf);
    acct_cache_t *cache = NULL;
    acct_gate_t *gate = NULL;
    acct_database_t *database;
    server_rec *s;

    for (s = main_server; s != NULL; s = s->next) {
        acct_server_conf_t *conf = acct_server_conf(s);

        if (conf->db.driver == NULL) {
            continue;
        }
        if (gate == NULL) {
            gate = make_hash_gate(global, s, pconf);
            if (gate == NULL) {
                return APR_ENOMEM;
            }
            cache = make_cache(global, s, pconf);
        }
        database = database_of(databases, conf, cache, s, pconf);
        if (database == NULL) {
            return APR_ENOMEM;
        }
        if (conf->db_connections > 0) {
            acct_pool_limit(database->pool, conf->db_connections);
        }
        conf->runtime = make_runtime(conf, global, database, gate, pconf);
        if (conf->runtime == NULL) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, s,
                         "ACCT0211: libargon2 does not take the parameters "
                         "of AcctAuthPasswordHash");
            return APR_EGENERAL;
        }
    }
    acct_server_conf(main_server)->rounds =
        start_upkeep(databases, bound_of(global), main_server, pconf);
    return APR_SUCCESS;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    return make_runtimes(pconf, main_server) == APR_SUCCESS
        ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

void acct_runtime_hooks(void)
{
    /* whose threads use what it makes */
    static const char *const before_watchdog[] = { "mod_watchdog.c", NULL };

    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(acct_runtime_child_init, NULL, before_watchdog,
                       APR_HOOK_MIDDLE);
}
