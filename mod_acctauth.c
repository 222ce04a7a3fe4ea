/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mod_acctauth: makes httpd its own account server. This file is the
 * module's record; what it does is in src/httpd (how httpd drives it) and
 * src/core (what an account server is).
 */
#include <httpd.h>
#include <http_config.h>

#include "audit/audit.h"
#include "config/config.h"
#include "config/configtest.h"
#include "config/dump.h"
#include "config/guards.h"
#include "post/post.h"
#include "process/never_served.h"
#include "process/repeat_log.h"
#include "process/runtime.h"
#include "process/secret_watch.h"
#include "process/state_check.h"
#include "process/status.h"
#include "request/asked.h"
#include "request/endpoint.h"
#include "request/forged.h"
#include "request/guard.h"
#include "request/hand_over.h"
#include "request/opened.h"
#include "request/presented.h"
#include "request/privacy.h"
#include "request/refusal.h"
#include "request/request_service.h"
#include "request/told.h"
#include "request/trace.h"

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    acct_config_check_hooks();
    acct_config_guards_hooks();
    acct_config_dump_hooks();
    acct_state_check_hooks();
    acct_repeat_log_hooks();
    acct_audit_hooks();
    acct_runtime_hooks();
    acct_request_service_hooks();
    acct_post_hooks();
    acct_secret_watch_hooks();
    acct_never_served_hooks();
    acct_asked_hooks();
    acct_forged_hooks();
    acct_presented_hooks();
    acct_hand_over_hooks();
    acct_privacy_hooks();
    acct_trace_hooks();
    acct_guard_hooks();
    acct_guard_opened_hooks();
    acct_refusal_hooks();
    acct_endpoint_hooks();
    acct_told_hooks();
    acct_status_hooks();
}

module AP_MODULE_DECLARE_DATA acctauth_module = {
    STANDARD20_MODULE_STUFF,
    acct_create_dir_conf,
    acct_merge_dir_conf,
    acct_create_server_conf,
    acct_merge_server_conf,
    acct_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
