/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ordering a mail: one row, in the transaction of what it is about. Whether
 * there is an account of the address is not looked at, so a request costs the
 * same for any address; whoever sends the mail looks, later.
 */
#ifndef ACCT_ORDER_H
#define ACCT_ORDER_H

#include "database/database.h"
#include "dialect/dialect.h"
#include "mail/site.h"

typedef struct acct_mail_order_t {
    acct_mail_kind_e kind;
    const acct_dialect_t *dialect;  /* whose subject and link; NULL: none's */
    const char *accept_language;    /* the request's, or NULL */
    apr_int64_t account_id;     /* 0: whose address it is */
    const char *address;        /* as it was given; NULL: the account's own */
    const char *address_key;    /* acct_email_key() of it, or NULL */
} acct_mail_order_t;

/**
 * Order a mail. In a transaction.
 * @param site of the request; its transport is not ACCT_TRANSPORT_OFF
 * @return APR_ENOSPC: so many are waiting that no more is taken
 *         (ACCT_MAIL_ROWS_MAX). For a request that only mails the database is
 *         away then, whatever the address; one that does something else and
 *         tells of it by mail goes on
 */
apr_status_t acct_mail_order(acct_db_t *db, const acct_mail_site_t *site,
                             const acct_mail_order_t *order, apr_time_t now,
                             apr_pool_t *pool);

#endif
