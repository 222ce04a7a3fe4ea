/* SPDX-License-Identifier: Apache-2.0 */
#include "process/services.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <mpm_common.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/remedy.h"
#include "memory/shared.h"
#include "process/counting.h"

APLOG_USE_MODULE(acctauth);

/* How many may wait to write to a database. */
#define WRITE_PLACES 256

const acct_service_t *acct_runtime_service(const server_rec *server)
{
    const acct_runtime_t *runtime = acct_server_conf(server)->runtime;

    return runtime != NULL ? &runtime->service : NULL;
}

/* Where a database is, the same for all spellings of a file's name that lead
 * to it. A server's database may have several spellings, which count as
 * several databases. */
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
 * was made ("": that is not known yet). */
static apr_uint64_t cache_key(const char *location, const char *created_at,
                              apr_pool_t *pconf)
{
    const char *name = apr_pstrcat(pconf, location, "\n", created_at, NULL);
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];
    apr_uint64_t key = 0;

    if (acct_token_digest_bytes(name, digest) == APR_SUCCESS) {
        memcpy(&key, digest, sizeof(key));
    }
    return key;
}

/* An outage that was logged while less was known of the database is the one
 * whose end has to be logged. */
static void take_trouble(acct_feed_t *feed, apr_uint64_t before)
{
    int from = acct_cache_feed_find(feed->cache, before);

    for (int i = 0; from >= 0 && i < ACCT_CACHE_TROUBLES; i++) {
        acct_cache_trouble_e what = (acct_cache_trouble_e)i;
        uint32_t trouble = from == feed->place ? 0
            : acct_cache_feed_trouble(feed->cache, from, what, 0);

        if (trouble != 0) {
            (void)acct_cache_feed_trouble(feed->cache, feed->place, what,
                                          trouble);
        }
    }
}

static void take_troubles(acct_feed_t *feed, const acct_server_conf_t *conf,
                          apr_pool_t *pconf)
{
    take_trouble(feed, cache_key(location_of(&conf->db, pconf), "", pconf));
    if (conf->db.written != NULL && conf->closed == NULL) {
        take_trouble(feed, cache_key(apr_pstrcat(pconf, conf->db.driver,
                                                 "\n", conf->db.written,
                                                 NULL), "", pconf));
    }
}

static acct_feed_t *make_feed(const acct_server_conf_t *conf,
                              acct_pool_t *pool, acct_cache_t *cache,
                              const server_rec *s, apr_pool_t *pconf)
{
    acct_feed_t *feed = apr_pcalloc(pconf, sizeof(*feed));

    feed->pool = pool;
    feed->cache = cache;
    feed->database = cache_key(location_of(&conf->db, pconf),
                               conf->created_at != NULL
                               ? conf->created_at : "", pconf);
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
    if (feed->database == 0 || feed->place < 0) {
        return NULL;
    }
    take_troubles(feed, conf, pconf);
    return feed;
}

/* The database of a server: the one another virtual host has, or a new
 * one. NULL when there is no shared memory. */
static acct_database_t *database_of(apr_hash_t *databases,
                                    const acct_server_conf_t *conf,
                                    acct_estate_t *estate, server_rec *s,
                                    apr_pool_t *pconf)
{
    const acct_db_config_t *config = &conf->db;
    acct_pool_expected_t expected = {
        .creation.known = conf->created_at,
        .key_id = conf->key != NULL ? conf->key->id : NULL,
        .key_file = conf->key_file
    };
    const char *key = location_of(config, pconf);
    acct_database_t *database = apr_hash_get(databases, key,
                                             APR_HASH_KEY_STRING);
    static const acct_gate_size_t one = {
        .slots = 1, .places = WRITE_PLACES, .wait = ACCT_POOL_WAIT
    };
    acct_gate_t *writers;
    apr_status_t status;

    if (database != NULL) {
        return database;
    }
    status = acct_gate_get(&writers, estate->gates, key, &one);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, status, s,
                     "ACCT0213: cannot make the shared memory of the "
                     "writers' gate");
        return NULL;
    }
    database = apr_pcalloc(pconf, sizeof(*database));
    database->pool = acct_pool_make(config, writers, &expected, pconf);
    if (estate->shared != NULL) {
        database->feed = make_feed(conf, database->pool, &estate->cache, s,
                                   pconf);
    }
    database->outage.config = config;
    if (database->feed != NULL) {
        acct_pool_agree_in(database->pool, &estate->cache,
                           database->feed->place);
        database->feed->outage = &database->outage;
        database->outage.cache = &estate->cache;
        database->outage.place = database->feed->place;
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
    service->key = conf->key;
    service->key_is_away = conf->key_file != NULL && conf->key == NULL;
    service->mail = conf->mail_site;
    service->params = &conf->params;
    service->max_tokens = conf->max_tokens < 0 ? ACCT_MAX_TOKENS_DEFAULT
                                               : conf->max_tokens;
    service->name_hold = conf->name_hold < 0 ? ACCT_NAME_HOLD_DEFAULT
                                             : conf->name_hold;
    service->rules = conf->rules_set ? &conf->rules : NULL;
    acct_counting_set(runtime, conf, pconf);
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

/* The cache's memory, if it can be had. Where nothing is to be answered
 * from it a little is there all the same, for when the feed was read. */
static void open_cache(acct_estate_t *estate, const acct_server_conf_t *conf,
                       server_rec *s, apr_pool_t *pconf)
{
    apr_off_t bytes = conf->cache_bytes < 0 ? ACCT_CACHE_BYTES_ON
        : conf->cache_bytes == 0 ? ACCT_CACHE_BYTES_OFF : conf->cache_bytes;
    apr_status_t status;

    status = acct_shared_open(&estate->shared, &estate->cache,
                              (apr_size_t)bytes, s->process->pool, pconf);
    if (status != APR_SUCCESS) {
        estate->shared = NULL;
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status, s,
                     "ACCT0214: cannot make the shared memory of the "
                     "identity cache; each request asks the database");
    }
}

/* NULL when the gates cannot be had. */
static acct_estate_t *open_estate(const acct_server_conf_t *conf,
                                  server_rec *s, apr_pool_t *pconf)
{
    acct_estate_t *estate = apr_pcalloc(pconf, sizeof(*estate));
    apr_status_t status = acct_gates_open(&estate->gates, s->process->pool,
                                          pconf);

    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, status, s,
                     "ACCT0213: cannot make the shared memory of the "
                     "writers' gate");
        return NULL;
    }
    open_cache(estate, conf, s, pconf);
    acct_counting_open(estate, conf, s, pconf);
    return estate;
}

static void close_estate(acct_estate_t *estate)
{
    acct_gates_close(estate->gates);
    if (estate->shared != NULL) {
        acct_shared_close(estate->shared, &estate->cache);
    }
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
        database->upkeep.outage = &database->outage;
        database->upkeep.feed = bound > 0 ? database->feed : NULL;
        database->upkeep.notes = database->feed;
        database->upkeep.next = all;
        all = &database->upkeep;
    }
    return all;
}

/* Without a thread that reads the feed nothing cached is ever fresh, so the
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

/* A virtual host's runtime. */
static apr_status_t make_runtime_of(server_rec *s, acct_estate_t *estate,
                                    const acct_server_conf_t *global,
                                    acct_gate_t *gate,
                                    apr_hash_t *databases,
                                    apr_pool_t *pconf)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    acct_database_t *database = database_of(databases, conf, estate, s,
                                            pconf);

    if (database == NULL) {
        return APR_ENOMEM;
    }
    acct_pool_guard(database->pool, global->trusted,
                    apr_pstrdup(pconf, acct_remedy_owner()));
    if (conf->closed != NULL) {
        acct_pool_close(database->pool, conf->closed);
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
    return APR_SUCCESS;
}

static server_rec *first_with_database(server_rec *s)
{
    while (s != NULL && acct_server_conf(s)->db.driver == NULL) {
        s = s->next;
    }
    return s;
}

/* The runtimes of all servers, once their settings are final. */
static apr_status_t make_runtimes(apr_hash_t *databases,
                                  acct_estate_t *estate,
                                  server_rec *main_server, apr_pool_t *pconf)
{
    const acct_server_conf_t *global = acct_server_conf(main_server);
    server_rec *s = first_with_database(main_server);
    acct_gate_t *gate = acct_hash_gate(global->hash_concurrency,
                                       estate->gates, s);
    apr_status_t status = gate != NULL ? APR_SUCCESS : APR_ENOMEM;

    for (; status == APR_SUCCESS && s != NULL;
         s = first_with_database(s->next)) {
        status = make_runtime_of(s, estate, global, gate, databases, pconf);
    }
    return status;
}

/* What is made in shared memory is made with all of it open, and no other
 * module forks meanwhile. */
static apr_status_t start_servers(apr_pool_t *pconf, server_rec *main_server)
{
    acct_server_conf_t *global = acct_server_conf(main_server);
    server_rec *first = first_with_database(main_server);
    apr_hash_t *databases = apr_hash_make(pconf);
    apr_status_t status;

    if (first == NULL) {
        return APR_SUCCESS;
    }
    global->estate = open_estate(global, first, pconf);
    if (global->estate == NULL) {
        return APR_ENOMEM;
    }
    status = make_runtimes(databases, global->estate, main_server, pconf);
    close_estate(global->estate);
    if (status == APR_SUCCESS) {
        global->rounds = start_upkeep(databases, bound_of(global),
                                      main_server, pconf);
    }
    return status;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    return start_servers(pconf, main_server) == APR_SUCCESS
        ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

void acct_runtime_hooks(void)
{
    /* its threads use what ours makes */
    static const char *const before_watchdog[] = { "mod_watchdog.c", NULL };

    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    /* before mod_unixd, by which the process is another user's, and may be
     * in another root */
    ap_hook_drop_privileges(acct_runtime_drop_privileges, NULL, NULL,
                            APR_HOOK_FIRST);
    ap_hook_child_init(acct_runtime_child_init, NULL, before_watchdog,
                       APR_HOOK_MIDDLE);
}
