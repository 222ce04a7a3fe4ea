/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/spool.h"

#include <string.h>

#include <apr_strings.h>

#include "database/unit.h"
#include "mail/letter.h"
#include "mail/sendmail.h"

/* As many as are sent within half of the time that a claim holds, though each
 * takes as long as it may. Few: those that a worker has not come to when it
 * ends wait until the claim is over. */
#define AT_ONCE 4
#define CLAIM_HOLDS apr_time_from_sec(120)

#define WAIT_FIRST apr_time_from_sec(60)
#define WAIT_FULL apr_time_from_sec(60)     /* until the hour has room */
#define ERROR_MAX 200           /* bytes that are kept of a reason */

apr_interval_time_t acct_spool_wait(int tries)
{
    return WAIT_FIRST << (tries - 1 < ACCT_SPOOL_TRIES ? tries - 1
                                                       : ACCT_SPOOL_TRIES);
}

/* Of virtual hosts of one name (that of port 80 and that of 443) the first
 * that has the row's dialect, else the first. NULL: there is none. */
static const acct_mail_site_t *site_of(const acct_spool_t *spool,
                                       const acct_mail_t *row)
{
    const acct_mail_site_t *first = NULL;

    for (int i = 0; i < spool->nsites; i++) {
        const acct_mail_site_t *site = spool->sites[i];

        if (strcmp(site->name, row->site) != 0) {
            continue;
        }
        if (apr_hash_get(site->dialects, row->dialect, APR_HASH_KEY_STRING)
            != NULL) {
            return site;
        }
        first = first != NULL ? first : site;
    }
    return first;
}

static const char *list_sites(const acct_spool_t *spool, apr_pool_t *pool)
{
    const char *list = "\n";

    for (int i = 0; i < spool->nsites; i++) {
        list = apr_pstrcat(pool, list, spool->sites[i]->name, "\n", NULL);
    }
    return list;
}

/* -------------------------------------------------------------- taking */

typedef struct take_t {
    acct_mail_claim_t claim;
    apr_array_header_t *rows;   /* acct_mail_t */
    int is_due;
} take_t;

static apr_status_t look(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    take_t *take = baton;

    return acct_store_mail_due(db, &take->claim, &take->is_due, pool);
}

static apr_status_t claim(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    take_t *take = baton;

    return acct_store_mail_claim(db, &take->claim, &take->rows, pool);
}

/* Most looks find nothing, and write nothing. */
static apr_status_t take_rows(const acct_spool_t *spool,
                              apr_array_header_t **rows, apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();
    take_t take = { { list_sites(spool, pool), spool->server, now,
                      now - CLAIM_HOLDS, AT_ONCE }, NULL, 0 };
    apr_status_t status = acct_unit_run(spool->service, ACCT_UNIT_READ, look,
                                        &take, pool);

    if (status == APR_SUCCESS && take.is_due) {
        status = acct_transaction_run(spool->service, claim, &take, pool);
    }
    *rows = take.rows != NULL ? take.rows
                              : apr_array_make(pool, 1, sizeof(acct_mail_t));
    return status;
}

/* ------------------------------------------------------ one of them */

typedef struct mail_t {
    const acct_spool_t *spool;
    const acct_mail_site_t *site;
    const acct_mail_t *row;
    acct_letter_t letter;
    acct_mail_fate_e fate;
    const char *why;            /* it was not taken; NULL: it was */
    apr_time_t now;
    apr_pool_t *pool;
} mail_t;

static apr_status_t make_letter(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    mail_t *mail = baton;

    return acct_letter_make(db, mail->row, mail->site, mail->now,
                            &mail->letter, pool);
}

acct_mail_fate_e acct_spool_hand_over(const acct_mail_site_t *site,
                                      const char *address,
                                      const char *message,
                                      int (*is_ending)(void *baton),
                                      void *baton, const char **why,
                                      apr_pool_t *pool)
{
    const acct_sendmail_t mail = {
        site->program, site->from.address, address, message,
        site->smtp != NULL ? acct_smtp_settings(site->smtp, pool) : NULL,
        ACCT_SENDMAIL_PATIENCE, is_ending, baton
    };

    if (site->smtp != NULL && site->smtp->away != NULL) {
        *why = site->smtp->away;
        return ACCT_MAIL_LATER;
    }
    return acct_sendmail(&mail, why, pool);
}

/* What is written once it is known what became of it. A claim that another
 * has taken meanwhile is none of ours any more. */
static apr_status_t delete_row(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const mail_t *mail = baton;
    apr_int64_t hour = ACCT_MAIL_HOUR(mail->now);
    apr_status_t status = acct_store_mail_delete(db, mail->row, pool);

    if (status == APR_NOTFOUND) {
        status = APR_SUCCESS;
    }
    if (status == APR_SUCCESS && mail->letter.what == ACCT_LETTER_READY
        && mail->fate == ACCT_MAIL_SENT) {
        status = acct_store_mail_count_add(db, mail->letter.count_key, hour,
                                           1, pool);
        if (status == APR_SUCCESS) {
            status = acct_store_mail_count_add(db, ACCT_LETTER_SERVER_KEY,
                                               hour, 1, pool);
        }
    }
    return status;
}

static apr_status_t put_back(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const mail_t *mail = baton;
    int tried = mail->letter.what == ACCT_LETTER_READY;
    apr_time_t next = mail->now
        + (tried ? acct_spool_wait(mail->row->tries + 1) : WAIT_FULL);
    apr_status_t status = acct_store_mail_put_back(
        db, mail->row, next, tried,
        mail->why != NULL ? apr_pstrndup(pool, mail->why, ERROR_MAX)
                          : mail->row->last_error, pool);

    return status == APR_NOTFOUND ? APR_SUCCESS : status;
}

static int is_last_try(const mail_t *mail)
{
    int tries = mail->row->tries + 1;

    return mail->fate == ACCT_MAIL_NEVER || tries >= ACCT_SPOOL_TRIES
        || mail->now + acct_spool_wait(tries) >= mail->row->expires_at;
}

static void give_up(const mail_t *mail, acct_spool_counts_t *counts)
{
    const acct_spool_t *spool = mail->spool;
    const char *at = mail->letter.address != NULL
        ? strrchr(mail->letter.address, '@') : NULL;

    counts->given_up++;
    if (spool->given_up != NULL) {
        spool->given_up(spool->baton, mail->row,
                        at != NULL ? at + 1 : "no address",
                        mail->row->tries
                        + (mail->letter.what == ACCT_LETTER_READY),
                        mail->why);
    }
}

/* What is to be done with the row after the letter was handed over, or was
 * not. */
static acct_work_fn judge(mail_t *mail, acct_spool_counts_t *counts)
{
    switch (mail->letter.what) {
    case ACCT_LETTER_UNWANTED:
        counts->unwanted++;
        return delete_row;
    case ACCT_LETTER_FULL:
        counts->is_full = 1;
        return put_back;
    case ACCT_LETTER_BAD:
        give_up(mail, counts);
        return delete_row;
    default:
        break;
    }
    if (mail->fate == ACCT_MAIL_SENT) {
        counts->sent++;
        return delete_row;
    }
    if (is_last_try(mail)) {
        give_up(mail, counts);
        return delete_row;
    }
    counts->later++;
    counts->last_error = mail->why;
    return put_back;
}

/* For an audit log. */
static void raise_event(const mail_t *mail, acct_event_e kind)
{
    const acct_event_t event = {
        .kind = kind, .outcome = ACCT_OK,
        .account = mail->letter.account_id, .detail = mail->row->kind
    };

    acct_raise(mail->spool->service, &event);
}

static apr_status_t send_one(mail_t *mail, acct_spool_counts_t *counts)
{
    const acct_service_t *service = mail->spool->service;
    int sent, given_up;
    apr_status_t status = acct_transaction_run(service, make_letter, mail,
                                               mail->pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    mail->why = mail->letter.why;
    if (mail->letter.what == ACCT_LETTER_READY) {
        mail->fate = acct_spool_hand_over(mail->site, mail->letter.address,
                                          mail->letter.message,
                                          mail->spool->is_ending,
                                          mail->spool->baton, &mail->why,
                                          mail->pool);
    }
    mail->now = apr_time_now();
    given_up = counts->given_up;
    sent = counts->sent;
    status = acct_transaction_run(service, judge(mail, counts), mail,
                                  mail->pool);
    /* Whatever the database says: it was done. */
    if (counts->sent > sent) {
        raise_event(mail, ACCT_EVENT_MAIL_SENT);
    }
    else if (counts->given_up > given_up) {
        raise_event(mail, ACCT_EVENT_MAIL_GIVEN_UP);
    }
    return status;
}

/* --------------------------------------------------------------- rounds */

static int is_ending(const acct_spool_t *spool)
{
    return spool->is_ending != NULL && spool->is_ending(spool->baton);
}

apr_status_t acct_spool_round(const acct_spool_t *spool,
                              acct_spool_counts_t *counts, int *more,
                              apr_pool_t *pool)
{
    apr_array_header_t *rows;
    apr_status_t status;

    *more = 0;
    if (spool->nsites == 0) {
        return APR_SUCCESS;
    }
    status = take_rows(spool, &rows, pool);
    for (int i = 0; status == APR_SUCCESS && i < rows->nelts
                    && !is_ending(spool); i++) {
        const acct_mail_t *row = &APR_ARRAY_IDX(rows, i, acct_mail_t);
        mail_t mail = {
            .spool = spool, .site = site_of(spool, row), .row = row,
            .now = apr_time_now(), .pool = pool
        };

        if (mail.site != NULL) {
            status = send_one(&mail, counts);
        }
    }
    /* Of those that are left none would be sent either. */
    *more = status == APR_SUCCESS && rows->nelts == AT_ONCE
        && !counts->is_full;
    return status;
}
