/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/order.h"

#include "dialect/mailing.h"
#include "tables/mails.h"

/* A mail that arrives when its link is dead helps nobody; what tells of
 * something that was done may come later. */
#define NOTICE_LIFETIME apr_time_from_sec(86400)

static apr_time_t end_of(const acct_mail_order_t *order, apr_time_t now)
{
    if (!acct_mail_kind_links(order->kind)) {
        return now + NOTICE_LIFETIME;
    }
    return now + acct_link_lifetime(order->dialect != NULL
                                    ? order->dialect->mails : NULL,
                                    order->kind);
}

apr_status_t acct_mail_order(acct_db_t *db, const acct_mail_site_t *site,
                             const acct_mail_order_t *order, apr_time_t now,
                             apr_pool_t *pool)
{
    const acct_mail_t row = {
        .kind = acct_mail_kind_name(order->kind), .site = site->name,
        .dialect = order->dialect != NULL ? order->dialect->name : NULL,
        .language = acct_mail_templates_language(site->templates,
                                                 order->accept_language),
        .account_id = order->account_id, .address = order->address,
        .address_key = order->address_key, .created_at = now, .next_at = now,
        .expires_at = end_of(order, now)
    };

    return acct_store_mail_insert(db, &row, ACCT_MAIL_ROWS_MAX, pool);
}
