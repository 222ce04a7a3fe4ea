/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/pool_open.h"

#include <apr_strings.h>

#include "base/ticks.h"

/* How long a server may take to be looked over, once it is connected,
 * however late that was. */
#define LOOK_OVER_LEAST apr_time_from_msec(200)

/* The same while the server starts and no request waits, counted from
 * before it is connected. */
#define LOOK_OVER_AT_START apr_time_from_sec(4)

/* How long the look by a second connection may take, which shows whether a
 * pooler lends the first one's process to others. In session mode the pooler
 * may have no process for the second, and lets it wait. */
#define SECOND_LOOK apr_time_from_sec(1)

static apr_status_t read_fact(acct_db_t *db, const char *name,
                              const char **value, apr_pool_t *p)
{
    apr_status_t status = acct_store_meta_get(db, name, value, p);

    if (APR_STATUS_IS_NOTFOUND(status)) {
        *value = NULL;
        return APR_SUCCESS;
    }
    return status;
}

static apr_status_t read_facts(acct_db_t *db, const acct_db_config_t *config,
                               acct_pool_facts_t *facts, const char **error,
                               apr_pool_t *p)
{
    apr_status_t status;

    status = read_fact(db, "created_at", &facts->created_at, p);
    if (status == APR_SUCCESS) {
        status = read_fact(db, "key_id", &facts->key_id, p);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_find_exposure(db, acct_db_describe(config),
                                          &facts->exposure, p);
    }
    if (status != APR_SUCCESS) {
        *error = apr_psprintf(p, "the database %s cannot be read: %s",
                              acct_db_describe(config),
                              acct_store_cause(config, acct_db_error(db),
                                               p));
    }
    return status;
}

/* libpq bounds the time it takes to connect, and what follows is ended by
 * the watch. */
static apr_status_t open_server(acct_db_t **db,
                                const acct_db_config_t *config,
                                acct_pool_facts_t *facts,
                                acct_watch_t *watch,
                                apr_interval_time_t until,
                                const char **error, apr_pool_t *p)
{
    apr_interval_time_t least;
    apr_interval_time_t took;
    apr_status_t status = acct_db_open(db, config, NULL, 0, p, error);

    if (status != APR_SUCCESS) {
        *error = acct_store_open_error(config, status, *error, p);
        return status;
    }
    least = acct_ticks() + LOOK_OVER_LEAST;
    acct_watch_begin(watch, acct_db_socket(*db),
                     until > least ? until : least);
    status = acct_store_make_ready(*db, config, p, error);
    if (status == APR_SUCCESS) {
        status = read_facts(*db, config, facts, error, p);
    }
    if (acct_watch_end(watch, acct_db_socket(*db), &took)) {
        *error = apr_psprintf(p, "the database %s does not answer",
                              acct_db_describe(config));
        status = APR_TIMEUP;
    }
    return status;
}

static apr_status_t open_and_read(acct_db_t **db,
                                  const acct_db_config_t *config,
                                  acct_pool_facts_t *facts,
                                  acct_watch_t *watch,
                                  apr_interval_time_t until,
                                  const char **error, apr_pool_t *p)
{
    apr_status_t status;

    *db = NULL;
    if (watch != NULL) {
        status = open_server(db, config, facts, watch, until, error, p);
    }
    else {
        status = acct_store_open(db, config, p, error);
        if (status == APR_SUCCESS) {
            status = read_facts(*db, config, facts, error, p);
        }
    }
    if (status != APR_SUCCESS) {
        acct_db_close(*db);
        *db = NULL;
    }
    return status;
}

/* A pooler that gives out its connections anew for each transaction: what
 * is prepared by one of ours would be another's. A second connection shows
 * it, and where there is none to be had nothing is said. */
static apr_status_t find_pooler(acct_db_t *db,
                                const acct_db_config_t *config,
                                acct_watch_t *watch, const char **error,
                                apr_pool_t *p)
{
    const char *ignored = NULL;
    apr_interval_time_t took;
    acct_db_t *other = NULL;
    int is_shared = 0;

    if (watch == NULL
        || acct_db_open(&other, config, NULL, 0, p, &ignored)
           != APR_SUCCESS) {
        return APR_SUCCESS;
    }
    acct_watch_begin(watch, acct_db_socket(db), acct_ticks() + SECOND_LOOK);
    acct_watch_begin(watch, acct_db_socket(other),
                     acct_ticks() + SECOND_LOOK);
    if (acct_store_is_shared(db, other, &is_shared, p) != APR_SUCCESS) {
        is_shared = 0;
    }
    (void)acct_watch_end(watch, acct_db_socket(other), &took);
    (void)acct_watch_end(watch, acct_db_socket(db), &took);
    acct_db_close(other);
    if (!is_shared) {
        return APR_SUCCESS;
    }
    *error = apr_psprintf(p, "between here and the database %s is a pooler "
                          "that gives out a connection of its own anew for "
                          "each transaction; set it to pool_mode = session",
                          acct_db_describe(config));
    return APR_EGENERAL;
}

apr_status_t acct_pool_check_database(const acct_db_config_t *config,
                                      acct_pool_facts_t *facts,
                                      const char **error, apr_pool_t *p)
{
    acct_watch_t *watch = NULL;
    acct_db_t *db = NULL;
    apr_pool_t *sub;
    apr_status_t status;

    status = acct_db_init(p, config->driver, error);
    if (status == APR_SUCCESS) {
        status = apr_pool_create(&sub, p);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    if (!acct_db_is_file(config->driver)) {
        status = acct_watch_start(&watch, 2, sub);
        *error = status != APR_SUCCESS ? "no thread can be started" : NULL;
    }
    if (status == APR_SUCCESS) {
        status = open_and_read(&db, config, facts, watch,
                               acct_ticks() + LOOK_OVER_AT_START, error, p);
    }
    if (status == APR_SUCCESS) {
        status = find_pooler(db, config, watch, error, p);
    }
    apr_pool_destroy(sub);      /* the thread too, before a later fork */
    acct_db_close(db);
    return status;
}

const char *acct_pool_key_error(const acct_db_config_t *config,
                                const char *key_file, apr_pool_t *p)
{
    return apr_psprintf(p, "%s is not the key that the tokens in %s are "
                        "sealed under; name the key file that was made with "
                        "that database", key_file, acct_db_describe(config));
}

/* NULL when it is the right one, and closed to others. */
static const char *find_fault(const acct_pool_facts_t *facts,
                              const acct_db_config_t *config,
                              acct_pool_expected_t *expected, apr_pool_t *p)
{
    if (facts->exposure != NULL) {
        return facts->exposure;
    }
    if (!acct_creation_is(&expected->creation, facts->created_at)) {
        return apr_psprintf(p, "%s is another database than the one the "
                            "server was started with; put that back, or "
                            "reload the server to use this one",
                            acct_db_describe(config));
    }
    if (expected->key_id != NULL && (facts->key_id == NULL
            || strcmp(expected->key_id, facts->key_id) != 0)) {
        return acct_pool_key_error(config, expected->key_file, p);
    }
    return NULL;
}

apr_status_t acct_pool_look_over(acct_db_t *db,
                                 const acct_db_config_t *config,
                                 acct_pool_expected_t *expected,
                                 const char **error, apr_pool_t *p)
{
    acct_pool_facts_t facts = { NULL, NULL, NULL };
    apr_status_t status = acct_store_check_version(db, config, p, error);

    if (status == APR_SUCCESS) {
        status = read_facts(db, config, &facts, error, p);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    *error = find_fault(&facts, config, expected, p);
    return *error == NULL ? APR_SUCCESS : APR_EMISMATCH;
}

apr_status_t acct_pool_open(acct_db_t **db, const acct_db_config_t *config,
                            acct_pool_expected_t *expected,
                            acct_watch_t *watch,
                            apr_interval_time_t until, const char **error,
                            apr_pool_t *p)
{
    acct_pool_facts_t facts = { NULL, NULL, NULL };
    apr_status_t status;

    status = open_and_read(db, config, &facts, watch, until, error, p);
    if (status != APR_SUCCESS) {
        return status;
    }
    *error = find_fault(&facts, config, expected, p);
    if (*error == NULL) {
        return APR_SUCCESS;
    }
    acct_db_close(*db);
    *db = NULL;
    return APR_EMISMATCH;
}
