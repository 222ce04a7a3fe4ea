/* SPDX-License-Identifier: Apache-2.0 */
#include "request/trace.h"

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/config.h"
#include "request/endpoint.h"

APLOG_USE_MODULE(acctauth);

/* As httpd's own refusal of TRACE, and before it: there the location is known,
 * and so which methods the answer can name. Nothing was echoed by then:
 * mod_proxy's part comes later still. */
static int map_to_storage(request_rec *r)
{
    if (r->method_number != M_TRACE || !acct_is_used(r)) {
        return DECLINED;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "ACCT0311: TRACE is refused on a server that handles "
                  "tokens");
    if (acct_dir_conf(r)->api == NULL) {
        /* What a file has. What another handler has it would tell when it
         * is asked for OPTIONS. */
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS,
                                  M_POST, -1);
    }
    return HTTP_METHOD_NOT_ALLOWED;
}

/* Whether another server, one without accounts, has the same settings of
 * httpd's core: a <VirtualHost> with none of its own has those of the main
 * server. */
static int is_shared(const server_rec *all, const server_rec *s,
                     const core_server_config *core)
{
    for (; all != NULL; all = all->next) {
        if (all != s && acct_server_conf(all)->db.driver == NULL
            && ap_get_core_module_config(all->module_config) == core) {
            return 1;
        }
    }
    return 0;
}

/* What "TraceEnable off" sets: httpd then leaves the method out of Allow by
 * itself, wherever it writes one, and mod_proxy refuses it as well. */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    server_rec *s;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (s = main_server; s != NULL; s = s->next) {
        core_server_config *core =
            ap_get_core_module_config(s->module_config);

        if (acct_server_conf(s)->db.driver != NULL
            && !is_shared(main_server, s, core)) {
            core->trace_enable = AP_TRACE_DISABLE;
        }
    }
    return OK;
}

void acct_trace_hooks(void)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    /* before the endpoint's, which ends that phase for its paths */
    ap_hook_map_to_storage(map_to_storage, NULL, NULL,
                           APR_HOOK_REALLY_FIRST - 1);
}
