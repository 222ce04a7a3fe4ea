/* SPDX-License-Identifier: Apache-2.0 */
#include "post/post.h"

#include <apr_optional_hooks.h>
#include <http_protocol.h>
#include <mod_status.h>

/* relaxed: each number stands for itself */
static apr_int64_t count_of(_Atomic(apr_int64_t) *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static void tell_short(request_rec *r, const char *name,
                       acct_post_counts_t *counts, apr_int64_t age)
{
    ap_rprintf(r, "AcctAuthMailWaiting[%s]: %" APR_INT64_T_FMT "\n", name,
               count_of(&counts->waiting));
    ap_rprintf(r, "AcctAuthMailOldest[%s]: %" APR_INT64_T_FMT "\n", name,
               age);
    ap_rprintf(r, "AcctAuthMailSent[%s]: %" APR_INT64_T_FMT "\n", name,
               count_of(&counts->sent));
    ap_rprintf(r, "AcctAuthMailGivenUp[%s]: %" APR_INT64_T_FMT "\n", name,
               count_of(&counts->given_up));
}

static void tell_one(request_rec *r, const acct_post_t *post, int is_short)
{
    const char *name = acct_db_describe(post->config);
    acct_post_counts_t *counts = post->counts;
    apr_time_t oldest = count_of(&counts->oldest);
    apr_int64_t age = oldest == 0 ? 0
        : apr_time_sec(apr_time_now() - oldest);

    if (is_short) {
        tell_short(r, name, counts, age);
        return;
    }
    ap_rprintf(r, "<dt>%s: %" APR_INT64_T_FMT " mails wait, the oldest for %"
               APR_INT64_T_FMT " s; %" APR_INT64_T_FMT " were sent and %"
               APR_INT64_T_FMT " given up since the last start or reload"
               "</dt>\n", ap_escape_html(r->pool, name),
               count_of(&counts->waiting), age, count_of(&counts->sent),
               count_of(&counts->given_up));
}

static int tell(request_rec *r, int flags)
{
    int is_short = (flags & AP_STATUS_SHORT) != 0;
    const acct_post_t *post = acct_post_all();

    if (post == NULL) {
        return OK;
    }
    if (!is_short) {
        ap_rputs("<h3>Mails of mod_acctauth</h3>\n<dl>\n", r);
    }
    for (; post != NULL; post = post->next) {
        tell_one(r, post, is_short);
    }
    if (!is_short) {
        ap_rputs("</dl>\n", r);
    }
    return OK;
}

void acct_post_status_hooks(void)
{
    /* behind the module's own */
    APR_OPTIONAL_HOOK(ap, status_hook, tell, NULL, NULL, APR_HOOK_LAST);
}
