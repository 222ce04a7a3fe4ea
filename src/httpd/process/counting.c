/* SPDX-License-Identifier: Apache-2.0 */
#include "process/counting.h"

#include <http_log.h>

APLOG_USE_MODULE(acctauth);

/* What is counted outlives a reload, so that none is a way out. */
void acct_counting_open(acct_estate_t *estate, const acct_server_conf_t *conf,
                        server_rec *s, apr_pool_t *pconf)
{
    apr_status_t status;

    estate->tries_bytes = conf->limit_bytes != 0 ? conf->limit_bytes
                                                 : ACCT_LIMIT_BYTES_DEFAULT;
    status = acct_tries_open(&estate->tries, estate->tries_bytes,
                             s->process->pool, pconf);
    if (status != APR_SUCCESS) {
        estate->tries = NULL;
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status, s,
                     "ACCT0250: cannot make the shared memory in which tries "
                     "are counted; each child counts for itself, so that the "
                     "limits of AcctAuthLimit are as many times as large");
    }
}

void acct_counting_set(acct_runtime_t *runtime,
                       const acct_server_conf_t *conf, apr_pool_t *pconf)
{
    acct_limits_t *limits = &runtime->limits;
    acct_database_t *database = runtime->database;

    limits->mode = acct_limit_conf_mode(&conf->limit);
    limits->numbers = acct_limit_conf_numbers(&conf->limit, pconf);
    limits->database = database->feed != NULL
        ? (uint32_t)database->feed->database : 0;
    runtime->service.limits = limits;
    if (limits->mode != ACCT_LIMITS_OFF) {
        database->upkeep.limits = limits;
    }
}

/* The secret is the key file's, which is not where the database is. */
static void set_key(acct_runtime_t *runtime)
{
    const acct_key_t *key = runtime->service.key;
    acct_limits_t *limits = &runtime->limits;

    limits->has_key = key != NULL
        && acct_limit_key_make(&limits->key, key->bytes, sizeof(key->bytes))
           == APR_SUCCESS;
}

static void count_alone(acct_estate_t *estate, apr_pool_t *pchild)
{
    void *own = apr_pcalloc(pchild, estate->tries_bytes);

    if (acct_counters_format(&estate->counters, own, estate->tries_bytes)
        != APR_SUCCESS) {
        estate->counters.head = NULL;
    }
}

void acct_counting_child_init(acct_estate_t *estate, server_rec *main_server,
                              apr_pool_t *pchild)
{
    apr_status_t status = estate->tries != NULL
        ? acct_tries_attach(estate->tries, &estate->counters) : APR_SUCCESS;
    server_rec *s;

    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, main_server,
                     "ACCT0219: this child cannot have the shared memory of "
                     "the limits: it counts tries for itself");
    }
    if (estate->tries == NULL || status != APR_SUCCESS) {
        count_alone(estate, pchild);
    }
    for (s = main_server; s != NULL; s = s->next) {
        acct_runtime_t *runtime = acct_server_conf(s)->runtime;

        if (runtime != NULL && estate->counters.head != NULL) {
            runtime->limits.counters = &estate->counters;
            set_key(runtime);
        }
    }
}
