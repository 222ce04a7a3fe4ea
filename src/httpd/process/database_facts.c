/* SPDX-License-Identifier: Apache-2.0 */
#include "process/database_facts.h"

#include <apr_strings.h>
#include <http_core.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ticks.h"
#include "token/token.h"

/* With the layout's version, since another version of the module may have
 * another; and a digest, since the parameters may hold a password. */
#define USERDATA "acctauth:marks:2:"

#define FACT_BYTES 64

/* Between the two times that a start reads the configuration. */
#define SAME_FOR apr_time_from_sec(10)

typedef struct known_t {
    char created_at[FACT_BYTES];    /* "": not known */
    char key_id[FACT_BYTES];
    /* of the first time that a start reads the configuration */
    apr_interval_time_t at;     /* ticks; 0: any other */
    struct stat file;           /* st_ino 0: none */
} known_t;

/* NULL where there is no digest to be had. */
static const char *key_of(const acct_db_config_t *config, apr_pool_t *p)
{
    const char *name = apr_pstrcat(p, config->driver, "\n", config->params,
                                   NULL);
    char *digest = apr_palloc(p, ACCT_DIGEST_HEX + 1);

    return acct_token_digest(name, digest) == APR_SUCCESS
        ? apr_pstrcat(p, USERDATA, digest, NULL) : NULL;
}

static known_t *find(const char *key, apr_pool_t *process)
{
    void *found = NULL;

    apr_pool_userdata_get(&found, key, process);
    return found;
}

/* A fact that does not fit is none that we made, and not kept. */
static void put(char fact[FACT_BYTES], const char *value)
{
    memset(fact, 0, FACT_BYTES);
    if (value != NULL && strlen(value) < FACT_BYTES) {
        apr_cpystrn(fact, value, FACT_BYTES);
    }
}

static const char *take(const char fact[FACT_BYTES], apr_pool_t *p)
{
    return fact[0] != '\0' ? apr_pstrndup(p, fact, FACT_BYTES - 1) : NULL;
}

static void look(const acct_db_config_t *config, struct stat *file)
{
    if (!acct_db_is_file(config->driver)
        || stat(config->params, file) != 0) {
        memset(file, 0, sizeof(*file));
    }
}

static int is_same(const struct stat *one, const struct stat *other)
{
    return one->st_ino != 0 && one->st_ino == other->st_ino
        && one->st_dev == other->st_dev && one->st_size == other->st_size
        && one->st_mtim.tv_sec == other->st_mtim.tv_sec
        && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec
        && one->st_ctim.tv_sec == other->st_ctim.tv_sec
        && one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

void acct_database_facts_keep(const acct_db_config_t *config,
                              const acct_pool_facts_t *facts,
                              apr_pool_t *process, apr_pool_t *scratch)
{
    const char *key = key_of(config, scratch);
    known_t *known;

    if (key == NULL) {
        return;
    }
    known = find(key, process);
    if (known == NULL) {
        known = apr_pcalloc(process, sizeof(*known));
        if (apr_pool_userdata_set(known, key, NULL, process)
            != APR_SUCCESS) {
            return;
        }
    }
    known->at = 0;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        known->at = acct_ticks();
        look(config, &known->file);
    }
    put(known->created_at, facts->created_at);
    put(known->key_id, facts->key_id);
}

int acct_database_facts_same(const acct_db_config_t *config,
                             acct_pool_facts_t *facts, apr_pool_t *process,
                             apr_pool_t *p)
{
    const char *key = key_of(config, p);
    const known_t *known = key != NULL ? find(key, process) : NULL;
    struct stat file;

    if (known == NULL || known->at == 0
        || acct_ticks() - known->at >= SAME_FOR) {
        return 0;
    }
    look(config, &file);
    if (!is_same(&known->file, &file)) {
        return 0;
    }
    facts->created_at = take(known->created_at, p);
    facts->key_id = take(known->key_id, p);
    return 1;
}

void acct_database_facts_recall(const acct_db_config_t *config,
                                acct_pool_facts_t *facts, apr_pool_t *process,
                                apr_pool_t *p)
{
    const char *key = key_of(config, p);
    const known_t *known = key != NULL ? find(key, process) : NULL;

    if (known != NULL) {
        facts->created_at = take(known->created_at, p);
        facts->key_id = take(known->key_id, p);
    }
}
