/* SPDX-License-Identifier: Apache-2.0 */
#include "request/asked.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "request/remote_user.h"

/* Before all others that say when they want to run. */
#define FIRST_OF_ALL (APR_HOOK_REALLY_FIRST - 10)
#define LAST_OF_ALL (APR_HOOK_REALLY_LAST + 10)

/* ---- the marks ---- */

static void mark(request_rec *r, acct_asked_e who)
{
    acct_request_t *mine = acct_request_if_any(r);

    if (mine != NULL) {
        mine->asked = who;
    }
}

static int others(request_rec *r)
{
    mark(r, ACCT_ASKED_OTHERS);
    return DECLINED;
}

static int others_begin(request_rec *r)
{
    if (acct_is_used(r)) {
        acct_request(r)->asked = ACCT_ASKED_OTHERS;
    }
    return DECLINED;
}

static int httpd_goes_on(request_rec *r)
{
    mark(r, ACCT_ASKED_HTTPD);
    return DECLINED;
}

static int require(request_rec *r)
{
    mark(r, ACCT_ASKED_REQUIRE);
    return DECLINED;
}

/* ---- on whose behalf Require refused ---- */

/* As httpd's own function of the name does, and remember it. */
static const char *look_at_account(ap_expr_eval_ctx_t *ctx,
                                   const void *data, const char *name)
{
    acct_request_t *mine = acct_request_if_any(ctx->r);

    (void)data;
    if (mine != NULL) {
        mine->names_account = 1;
    }
    return apr_table_get(ctx->r->subprocess_env, name);
}

/* For "reqenv('ACCTAUTH_…')" and the like; what else expressions ask for
 * is not ours to answer. Runs when an expression is read. */
static int expr_lookup(ap_expr_lookup_parms *parms)
{
    if (parms->type != AP_EXPR_FUNC_STRING || parms->arg == NULL
        || ap_cstr_casecmpn(parms->arg, ACCT_VARIABLE_PREFIX,
                            sizeof(ACCT_VARIABLE_PREFIX) - 1) != 0
        || (ap_cstr_casecmp(parms->name, "reqenv") != 0
            && ap_cstr_casecmp(parms->name, "env") != 0)) {
        return DECLINED;
    }
    *parms->func = (const void *)look_at_account;
    *parms->data = NULL;
    return OK;
}

/* Ask Require, once more, as if there were no identity; or, with every
 * variable of ours set, as if there were one. Nothing is logged: it was. */
static int rehearse(request_rec *r, int with_variables)
{
    static const struct ap_logconf silence = { NULL, APLOG_EMERG };
    acct_request_t *mine = acct_request(r);
    const struct ap_logconf *log = r->log;
    apr_table_t *env = r->subprocess_env;
    char *type = r->ap_auth_type;
    char *user = r->user;
    int answer;

    mine->rehearsed = 1;
    r->log = &silence;
    r->user = NULL;
    r->ap_auth_type = NULL;
    r->subprocess_env = apr_table_copy(r->pool, env);
    acct_identity_blank(r->subprocess_env, with_variables);
    answer = ap_run_access_checker_ex(r);
    r->subprocess_env = env;
    r->ap_auth_type = type;
    r->user = user;
    r->log = log;
    mine->rehearsed = 0;
    return answer;
}

static int account_matters(request_rec *r)
{
    acct_request_t *mine = acct_request(r);

    mine->names_account = 0;
    return rehearse(r, 0) != HTTP_FORBIDDEN
        || mine->names_account
        || rehearse(r, 1) != HTTP_FORBIDDEN;
}

/* What the sections of the path say, without those of the file system. */
static int path_refuses(request_rec *r)
{
    ap_conf_vector_t *whole = r->per_dir_config;
    int refuses;

    r->per_dir_config = r->server->lookup_defaults;
    refuses = ap_location_walk(r) == OK
        && rehearse(r, 1) == HTTP_FORBIDDEN;
    r->per_dir_config = whole;
    return refuses;
}

int acct_asked_for_guard(request_rec *r)
{
    return account_matters(r) || path_refuses(r);
}

/* Where one of httpd's refuses: right before it, whatever others there are.
 * httpd sorts hooks by number and then lets each wait for those that have
 * to come first; so that of authz_core waits for ours, which comes behind
 * all of its number. */
static void access_hooks(void)
{
    static const char *const authz[] = { "mod_authz_core.c", NULL };
    static const char *const compat[] = { "mod_access_compat.c", NULL };

    ap_hook_check_access(require, NULL, compat, APR_HOOK_MIDDLE + 1,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access(others, compat, NULL, APR_HOOK_MIDDLE + 1,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access_ex(require, NULL, authz, APR_HOOK_LAST + 1,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(others, NULL, NULL, FIRST_OF_ALL,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(require, NULL, authz, APR_HOOK_LAST + 1,
                        AP_AUTH_INTERNAL_PER_CONF);
}

void acct_asked_hooks(void)
{
    ap_hook_post_read_request(others_begin, NULL, NULL, FIRST_OF_ALL);
    ap_hook_post_read_request(httpd_goes_on, NULL, NULL, LAST_OF_ALL);
    ap_hook_header_parser(others, NULL, NULL, FIRST_OF_ALL);
    access_hooks();
    ap_hook_type_checker(others, NULL, NULL, FIRST_OF_ALL);
    ap_hook_expr_lookup(expr_lookup, NULL, NULL, APR_HOOK_FIRST);
}
