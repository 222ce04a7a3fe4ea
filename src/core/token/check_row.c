/* SPDX-License-Identifier: Apache-2.0 */
#include "token/check_row.h"

#include <apr_strings.h>
#include <string.h>

#include "base/ticks.h"
#include "database/unit.h"
#include "store/store.h"
#include "token/token.h"

#define ROW "tokens_checked"
#define OFF "off"
#define VERSION "1:"
#define FROM " from "
#define ENDING " ending "

#define KEY_AT (sizeof(VERSION) - 1)
#define KEY_END (KEY_AT + ACCT_KEY_ID_HEX)

/* In the place of a key's id where it is not known. */
#define NOBODY "0000000000000000"

/* How often to begin again because another session changed the row. */
#define TRIES 5

/* ---- reading ---- */

static const char *in_force(const char *key_id, apr_pool_t *pool)
{
    return apr_pstrcat(pool, VERSION, key_id, NULL);
}

static int begins_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static void understand(acct_check_row_t *row, apr_pool_t *pool)
{
    const char *text = row->text;
    char *end = NULL;

    row->key_id = "";
    row->state = strcmp(text, OFF) == 0 ? ACCT_CHECK_OFF : ACCT_CHECK_ON;
    if (!begins_with(text, VERSION) || strnlen(text, KEY_END) < KEY_END) {
        return;
    }
    if (begins_with(text + KEY_END, FROM)) {
        row->from = apr_strtoi64(text + KEY_END + strlen(FROM), &end, 10);
        if (*end != '\0' || row->from <= 0) {
            return;
        }
        row->state = ACCT_CHECK_PROMISED;
    }
    else if (begins_with(text + KEY_END, ENDING)) {
        row->state = ACCT_CHECK_ENDING;
    }
    else if (text[KEY_END] != '\0') {
        return;
    }
    row->key_id = apr_pstrmemdup(pool, text + KEY_AT, ACCT_KEY_ID_HEX);
}

apr_status_t acct_check_row_read(acct_db_t *db, acct_check_row_t *row,
                                 apr_pool_t *pool)
{
    apr_status_t status;

    memset(row, 0, sizeof(*row));
    row->key_id = "";
    status = acct_store_meta_get(db, ROW, &row->text, pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return APR_SUCCESS;
    }
    if (status == APR_SUCCESS) {
        understand(row, pool);
    }
    return status;
}

apr_status_t acct_check_row_make(acct_db_t *db, const char *key_id,
                                 apr_pool_t *pool)
{
    return acct_store_meta_set(db, ROW, in_force(key_id, pool), pool);
}

/* ---- a token goes in ---- */

apr_status_t acct_check_row_admit(acct_db_t *db, const char *key_id,
                                  apr_pool_t *pool)
{
    acct_check_row_t row;
    apr_status_t status = acct_check_row_read(db, &row, pool);

    if (status != APR_SUCCESS || row.state == ACCT_CHECK_OFF
        || (key_id != NULL && strcmp(row.key_id, key_id) == 0)) {
        return status;
    }
    return ACCT_CHECK_STANDS;
}

/* ---- making the row end ---- */

typedef struct end_t {
    const char *waited;         /* the row that was there when the wait
                                 * began; NULL: nothing waited for yet */
    const char *left;           /* out: the row to wait for, NULL: it is
                                 * off */
    int changed;                /* out: by this */
} end_t;

static apr_status_t end_step(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    end_t *end = baton;
    acct_check_row_t row;
    const char *nonce;
    apr_status_t status;

    end->left = NULL;
    end->changed = 0;
    status = acct_check_row_read(db, &row, pool);
    if (status != APR_SUCCESS || row.state == ACCT_CHECK_OFF) {
        return status;
    }
    /* No server believes a promise, so there is none to wait for. */
    if (row.state == ACCT_CHECK_PROMISED
        || (row.state == ACCT_CHECK_ENDING && end->waited != NULL
            && strcmp(end->waited, row.text) == 0)) {
        end->changed = 1;
        return acct_store_meta_replace(db, ROW, row.text, OFF, pool);
    }
    if (row.state == ACCT_CHECK_ENDING) {
        end->left = row.text;
        return APR_SUCCESS;
    }
    /* A word of its own, so that no process takes a later end for the one it
     * has waited for. */
    status = acct_token_mint_id(&nonce, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    end->left = apr_pstrcat(pool, VERSION, row.key_id[0] != '\0'
                            ? row.key_id : NOBODY, ENDING, nonce, NULL);
    return acct_store_meta_replace(db, ROW, row.text, end->left, pool);
}

static void tell(const acct_service_t *service, const char *what)
{
    const acct_event_t event = { .kind = ACCT_EVENT_TOKEN_CHECK,
                                 .detail = what };

    acct_raise(service, &event);
}

/* All of it: a signal ends a sleep. */
static void wait_for_all(void)
{
    apr_interval_time_t until = acct_ticks() + ACCT_CHECK_WAIT;
    apr_interval_time_t left = ACCT_CHECK_WAIT;

    while (left > 0) {
        apr_sleep(left);
        left = until - acct_ticks();
    }
}

apr_status_t acct_check_end(const acct_service_t *service, apr_pool_t *pool)
{
    end_t end = { NULL, NULL, 0 };
    apr_status_t status;
    int try;

    for (try = 0; try < TRIES; try++) {
        status = acct_transaction_run(service, end_step, &end, pool);
        if (APR_STATUS_IS_NOTFOUND(status)) {
            continue;           /* changed between the look and the change */
        }
        if (status == APR_SUCCESS && end.changed) {
            tell(service, "off");
        }
        if (status != APR_SUCCESS || end.left == NULL) {
            return status;
        }
        end.waited = end.left;
        wait_for_all();
    }
    return APR_EGENERAL;
}

/* ---- the command's ---- */

static apr_status_t look(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    return acct_check_row_read(db, baton, pool);
}

apr_status_t acct_check_look(const acct_service_t *service,
                             acct_check_row_t *row, apr_pool_t *pool)
{
    return acct_unit_run(service, ACCT_UNIT_READ, look, row, pool);
}

static apr_status_t write_row(acct_db_t *db, acct_check_row_t *row,
                              const char *text, apr_pool_t *pool)
{
    row->text = text;
    understand(row, pool);
    return acct_store_meta_set(db, ROW, text, pool);
}

static const char *promise(const char *key_id, apr_time_t newest,
                           apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();

    return apr_psprintf(pool, "%s" FROM "%" APR_TIME_T_FMT,
                        in_force(key_id, pool),
                        (newest > now ? newest : now) + 1);
}

typedef struct begin_t {
    acct_check_row_t *row;      /* out */
    int changed;                /* out: by this */
} begin_t;

/* With the tokens locked: what was on its way in is in, and what comes
 * after finds the row. */
static apr_status_t begin_step(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    begin_t *begin = baton;
    acct_check_row_t *row = begin->row;
    const char *key_id;
    apr_time_t oldest;
    apr_time_t newest;
    apr_status_t status;
    int is_ours;

    begin->changed = 0;
    if ((status = acct_store_token_lock(db, pool)) != APR_SUCCESS
        || (status = acct_store_meta_get(db, "key_id", &key_id, pool))
            != APR_SUCCESS
        || (status = acct_check_row_read(db, row, pool)) != APR_SUCCESS
        || (status = acct_store_token_ages(db, &oldest, &newest, pool))
            != APR_SUCCESS) {
        return status;
    }
    is_ours = strcmp(row->key_id, key_id) == 0;
    if (row->state == ACCT_CHECK_ON && is_ours) {
        return APR_SUCCESS;
    }
    if (row->state == ACCT_CHECK_ON || row->state == ACCT_CHECK_ENDING) {
        return ACCT_CHECK_STANDS;
    }
    if (row->state == ACCT_CHECK_OFF || !is_ours) {
        begin->changed = 1;
        status = write_row(db, row, promise(key_id, newest, pool), pool);
    }
    if (status != APR_SUCCESS || oldest < row->from) {
        return status;
    }
    begin->changed = 1;
    return write_row(db, row, in_force(key_id, pool), pool);
}

apr_status_t acct_check_begin(const acct_service_t *service,
                              acct_check_row_t *row, apr_pool_t *pool)
{
    begin_t begin = { row, 0 };
    apr_status_t status;

    status = acct_transaction_run(service, begin_step, &begin, pool);
    if (status == ACCT_CHECK_STANDS) {
        status = acct_check_end(service, pool);
        if (status == APR_SUCCESS) {
            status = acct_transaction_run(service, begin_step, &begin, pool);
        }
    }
    if (status == APR_SUCCESS && begin.changed) {
        tell(service, row->state == ACCT_CHECK_ON ? "on" : "promised");
    }
    return status;
}
