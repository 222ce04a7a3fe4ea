/* SPDX-License-Identifier: Apache-2.0 */
#include "post/post.h"

#include <apr_strings.h>
#include <http_log.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/ticks.h"
#include "base/told_status.h"
#include "process/upkeep_write.h"
#include "token/token.h"

APLOG_USE_MODULE(acctauth);

/* Rounds of one look: then it is another database's turn. */
#define ROUNDS_MOST 8

#define COUNT_EVERY apr_time_from_sec(10)
#define FULL_TOLD_EVERY apr_time_from_sec(3600)

/* ---- connections ---- */

static apr_status_t acquire(void *context, acct_unit_e unit, acct_db_t **db,
                            apr_pool_t *pool)
{
    acct_post_t *post = context;
    const char *error = "";
    apr_status_t status = acct_pool_acquire(post->database->pool, unit, db,
                                            &error, pool);

    if (status != APR_SUCCESS) {
        acct_upkeep_not_acquired(&post->database->upkeep, post->server,
                                 status, error, pool);
    }
    return status;
}

static void release(void *context, acct_unit_e unit, acct_db_t *db)
{
    acct_post_t *post = context;

    acct_pool_release(post->database->pool, unit, db);
}

static void failed(void *context, acct_unit_e unit, acct_db_t *db,
                   apr_status_t status, int is_final, apr_pool_t *pool)
{
    acct_post_t *post = context;

    (void)unit;
    if (is_final) {
        acct_upkeep_not_written(&post->database->upkeep, post->server,
                                status, db, pool);
    }
}

static void tell(void *context, acct_log_e level, apr_status_t status,
                 const char *message)
{
    const acct_post_t *post = context;

    (void)level;
    ap_log_error(APLOG_MARK, APLOG_WARNING, acct_told_status(status),
                 post->server, "ACCT0276: %s", message);
}

static void tell_event(void *context, const acct_event_t *event)
{
    const acct_post_t *post = context;

    acct_audit_server(post->server, event);
}

/* ---- what the log says of mails ---- */

static void given_up(void *baton, const acct_mail_t *mail,
                     const char *domain, int tries, const char *why)
{
    acct_post_t *post = baton;

    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, post->server,
                 "ACCT0270: mail_given_up: the mail %" APR_INT64_T_FMT " (%s, "
                 "of %s) to an address at %s is not sent, after %d %s: %s",
                 mail->id, mail->kind, mail->site, domain, tries,
                 tries == 1 ? "try" : "tries", why);
}

/* One line when it begins and one when it ends, however many mails there
 * are. */
static void tell_trouble(acct_post_t *post, const acct_spool_counts_t *counts)
{
    if (counts->later > 0 && !post->is_refused) {
        post->is_refused = 1;
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, post->server,
                     "ACCT0271: mail_refused: mails are not taken now, and "
                     "are tried again: %s", counts->last_error);
    }
    else if (counts->sent > 0 && counts->later == 0 && post->is_refused) {
        post->is_refused = 0;
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, post->server,
                     "ACCT0272: mails are taken again");
    }
    if (counts->is_full && (post->full_at == 0 || acct_ticks() - post->full_at
                                                  >= FULL_TOLD_EVERY)) {
        post->full_at = acct_ticks();
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, post->server,
                     "ACCT0273: mail_limit_reached: as many mails were sent "
                     "this hour as AcctAuthMailLimit lets; others wait");
    }
}

/* ---- counts ---- */

/* relaxed: a count that is shown, and nothing goes by it */
static void add(_Atomic(apr_int64_t) *count, int more)
{
    if (more > 0) {
        atomic_fetch_add_explicit(count, more, memory_order_relaxed);
    }
}

static apr_status_t look(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    return acct_store_mail_waiting(db, baton, pool);
}

static void count_waiting(acct_post_t *post, apr_pool_t *pool)
{
    acct_mails_waiting_t waiting;

    if (post->counted_at != 0
        && acct_ticks() - post->counted_at < COUNT_EVERY) {
        return;
    }
    post->counted_at = acct_ticks();
    if (acct_unit_run(&post->service, ACCT_UNIT_READ, look, &waiting, pool)
        == APR_SUCCESS) {
        /* relaxed: as above */
        atomic_store_explicit(&post->counts->waiting, waiting.count,
                              memory_order_relaxed);
        atomic_store_explicit(&post->counts->oldest, waiting.oldest,
                              memory_order_relaxed);
    }
}

/* ---- the whole ---- */

static int is_ending(void *baton)
{
    const acct_post_t *post = baton;

    /* relaxed: that it is seen soon is all there is to it */
    return atomic_load_explicit(post->ended, memory_order_relaxed);
}

void acct_post_prepare(acct_post_t *post, apr_pool_t *pchild)
{
    char host[64] = "";
    const char *random = "";

    (void)gethostname(host, sizeof(host) - 1);
    (void)acct_token_mint_id(&random, pchild);
    post->service.acquire = acquire;
    post->service.release = release;
    post->service.failed = failed;
    post->service.log = tell;
    post->service.event = tell_event;
    post->service.context = post;
    post->spool.service = &post->service;
    post->spool.server = apr_psprintf(pchild, "%s:%d:%s", host,
                                      (int)getpid(), random);
    post->spool.sites = (const acct_mail_site_t *const *)post->sites->elts;
    post->spool.nsites = post->sites->nelts;
    post->spool.is_ending = is_ending;
    post->spool.given_up = given_up;
    post->spool.baton = post;
}

void acct_post_send(acct_post_t *post, apr_pool_t *pool)
{
    acct_spool_counts_t counts = { 0 };
    apr_pool_t *own;
    int more = 1;

    if (!post->database->is_ready
        || apr_pool_create(&own, pool) != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < ROUNDS_MOST && more && !is_ending(post); i++) {
        counts = (acct_spool_counts_t){ 0 };
        if (acct_spool_round(&post->spool, &counts, &more, own)
            != APR_SUCCESS) {
            more = 0;
        }
        add(&post->counts->sent, counts.sent);
        add(&post->counts->later, counts.later);
        add(&post->counts->given_up, counts.given_up);
        tell_trouble(post, &counts);
        apr_pool_clear(own);
    }
    if (!is_ending(post)) {
        count_waiting(post, own);
    }
    apr_pool_destroy(own);
}
