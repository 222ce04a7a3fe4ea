/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Presented tokens that another system made. Its digest of a token is not
 * ours, so an imported row keeps it until the token is used for the first
 * time (store/foreign_tokens.h):
 *
 *   knox41    SHA-512 of the bytes that the token's hex digits stand for and
 *             of those of a salt; the row is found by the token's first eight
 *             characters
 *   knox42    SHA-512 of the bytes that the hex digits stand for
 *   knox50    SHA-512 of the text
 *   sanctum   presented as ID|TEXT, or TEXT alone: SHA-256 of TEXT, in the row
 *             with that ID
 *
 * Of the first three the column digest is the first half, so that one unique
 * index does for all; compared is the whole, in constant time. A row is
 * accepted only where its form is the one whose digest found it.
 *
 * The row "token_forms" of meta names the forms there may be. Servers read it
 * with that of checked tokens (token/check_row.h) and believe for as long
 * that there is none: then a token that is not found costs what it cost
 * before. A token of ours costs nothing more in any case: it is looked for
 * first.
 */
#ifndef ACCT_TOKEN_FOREIGN_H
#define ACCT_TOKEN_FOREIGN_H

#include "base/service.h"
#include "store/foreign_tokens.h"

/**
 * The token and its account, of a text that is no token of ours.
 * @param digest of the text, 64 hex digits
 * @param token  is_adoptable says whether the row may become one of ours under
 *        @a digest: not where the text is another spelling than the one that
 *        clients have
 * @return APR_NOTFOUND when there is none; another failure when it cannot
 *         be known now
 * Any thread.
 */
apr_status_t acct_foreign_look_up(const acct_service_t *service,
                                  const char *text, const char *digest,
                                  acct_token_t *token,
                                  acct_account_t *account, apr_pool_t *pool);

/**
 * Forms of the database, as bits (1 << acct_form_e); 0: none.
 */
apr_status_t acct_foreign_forms_read(acct_db_t *db, unsigned int *forms,
                                     apr_pool_t *pool);

/** Write them; in the transaction that adds or clears away such tokens. */
apr_status_t acct_foreign_forms_write(acct_db_t *db, unsigned int forms,
                                      apr_pool_t *pool);

/**
 * Before rows of these forms are put in: have all servers look for them. When
 * this returns APR_SUCCESS no server believes any more that there are none.
 * May wait ACCT_CHECK_WAIT; in no transaction.
 */
apr_status_t acct_foreign_forms_admit(const acct_service_t *service,
                                      unsigned int forms, apr_pool_t *pool);

/** Strike out the forms that no row has any more. In a transaction.
 *  @param changed whether there were any */
apr_status_t acct_foreign_forms_settle(acct_db_t *db, int *changed,
                                       apr_pool_t *pool);

#endif
