/* SPDX-License-Identifier: Apache-2.0 */
/* A reload after which a server uses another key, or none. */
#include "audit/log.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <mpm_common.h>
#include <string.h>

#include "audit/audit.h"

/* Of the process's pool: the id of the key that was used last, by the path of
 * its file; "": none could be used. */
#define USERDATA "acctauth:audit:keys"

typedef struct last_t {
    char id[ACCT_KEY_ID_HEX + 1];
} last_t;

static apr_hash_t *last_keys(apr_pool_t *process)
{
    void *found = NULL;

    apr_pool_userdata_get(&found, USERDATA, process);
    if (found == NULL) {
        found = apr_hash_make(process);
        apr_pool_userdata_set(found, USERDATA, apr_pool_cleanup_null,
                              process);
    }
    return found;
}

static const char *id_of(const acct_server_conf_t *conf)
{
    return conf->key != NULL ? conf->key->id : "";
}

/* Virtual hosts that inherit key and log have one line together. */
static int is_told(const server_rec *first, const server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);

    for (; first != s; first = first->next) {
        const acct_server_conf_t *other = acct_server_conf(first);

        if (other->audit == conf->audit && other->key_file != NULL
            && strcmp(other->key_file, conf->key_file) == 0) {
            return 1;
        }
    }
    return 0;
}

static void tell(server_rec *s, const char *id)
{
    acct_event_t event = { .kind = ACCT_EVENT_KEY_CHANGED };

    event.outcome = id[0] != '\0' ? ACCT_OK : ACCT_UNAVAILABLE;
    event.detail = id[0] != '\0' ? id : NULL;
    acct_audit_server(s, &event);
}

/* The paths are few, and each takes its place once. */
static void remember(apr_hash_t *keys, const acct_server_conf_t *conf,
                     apr_pool_t *process)
{
    last_t *last = apr_hash_get(keys, conf->key_file, APR_HASH_KEY_STRING);

    if (last == NULL) {
        last = apr_pcalloc(process, sizeof(*last));
        apr_hash_set(keys, apr_pstrdup(process, conf->key_file),
                     APR_HASH_KEY_STRING, last);
    }
    apr_cpystrn(last->id, id_of(conf), sizeof(last->id));
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *first)
{
    apr_pool_t *process = first->process->pool;
    apr_hash_t *keys = last_keys(process);
    server_rec *s;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    for (s = first; s != NULL; s = s->next) {
        const acct_server_conf_t *conf = acct_server_conf(s);
        const last_t *last = conf->key_file == NULL ? NULL
            : apr_hash_get(keys, conf->key_file, APR_HASH_KEY_STRING);

        if (last != NULL && strcmp(last->id, id_of(conf)) != 0
            && !is_told(first, s)) {
            tell(s, id_of(conf));
        }
    }
    for (s = first; s != NULL; s = s->next) {
        if (acct_server_conf(s)->key_file != NULL) {
            remember(keys, acct_server_conf(s), process);
        }
    }
    return OK;
}

void acct_audit_keys_hooks(void)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
}
