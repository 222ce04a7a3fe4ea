/* SPDX-License-Identifier: Apache-2.0 */
#include "key_watch.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <mpm_common.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

APLOG_USE_MODULE(acctauth);

/* Whether the file is another than the one that was refused: replaced, or
 * its mode or content changed. */
static int has_changed(const acct_server_conf_t *conf)
{
    struct stat now;

    return stat(conf->key_file, &now) == 0
        && (now.st_ino != conf->key_refused.inode
            || now.st_ctim.tv_sec != conf->key_refused.changed_at.tv_sec
            || now.st_ctim.tv_nsec != conf->key_refused.changed_at.tv_nsec);
}

static int can_be_used(const acct_server_conf_t *conf, apr_pool_t *pool)
{
    const acct_key_t *key;
    const char *error;

    return acct_key_read(conf->key_file, &key, pool, &error) == APR_SUCCESS;
}

static int monitor(apr_pool_t *pool, server_rec *main_server)
{
    apr_pool_t *scratch = NULL;
    server_rec *s;

    for (s = main_server; s != NULL; s = s->next) {
        const acct_server_conf_t *conf = acct_server_conf(s);
        int usable;

        if (conf->key_file == NULL || conf->key != NULL
            || !has_changed(conf)) {
            continue;
        }
        if (apr_pool_create(&scratch, pool) != APR_SUCCESS) {
            return DECLINED;
        }
        usable = can_be_used(conf, scratch);
        apr_pool_destroy(scratch);
        if (usable) {
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                         "ACCT0113: the key file %s can be used again: "
                         "reloading", conf->key_file);
            if (kill(getpid(), AP_SIG_GRACEFUL) != 0) {
                ap_log_error(APLOG_MARK, APLOG_ERR, errno, s,
                             "ACCT0114: cannot reload");
            }
            break;
        }
    }
    return DECLINED;
}

void acct_key_watch_hooks(void)
{
    ap_hook_monitor(monitor, NULL, NULL, APR_HOOK_MIDDLE);
}
