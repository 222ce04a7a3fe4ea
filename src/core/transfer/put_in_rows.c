/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/put_in_rows.h"

#include <apr_strings.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "store/statements.h"
#include "token/check_row.h"
#include "transfer/put_in_sql.h"

static int run(acct_db_t *db, acct_put_e which, const acct_arg_t *args,
               int nargs, int *changed, apr_pool_t *pool)
{
    return acct_db_run(db, acct_put_number(db, which), args, nargs, changed,
                       pool);
}

/* ---- rows as JSON ---- */

static void push(json_t *array, const char *text)
{
    json_array_append_new(array, text != NULL ? json_string(text)
                                              : json_null());
}

static void push_number(json_t *array, const char *text)
{
    json_array_append_new(array, json_integer(apr_atoi64(text)));
}

static apr_status_t free_text(void *text)
{
    free(text);
    return APR_SUCCESS;
}

/* Takes the array over. */
static const char *dump(json_t *rows, apr_pool_t *pool)
{
    char *text = json_dumps(rows, JSON_COMPACT);

    json_decref(rows);
    if (text != NULL) {
        apr_pool_cleanup_register(pool, text, free_text,
                                  apr_pool_cleanup_null);
    }
    return text;
}

static json_t *account_json(const acct_batch_t *batch, int i)
{
    const char **cell = batch->rows.cell[i];
    apr_int64_t flags = apr_atoi64(cell[A_FLAGS]);
    apr_int64_t created = apr_atoi64(cell[A_CREATED]);
    json_t *row = json_array();

    push_number(row, batch->id[i]);
    for (int c = A_USERNAME; c <= A_PASSWORD; c++) {
        push(row, cell[c]);
    }
    json_array_append_new(row, json_integer(flags & 1));
    json_array_append_new(row, json_integer(flags >> 1 & 1));
    json_array_append_new(row, json_integer(
        created > 0 ? created : created < 0 ? 0 : batch->import->now));
    push_number(row, cell[A_LOGIN]);
    push_number(row, cell[A_VERIFIED]);
    return row;
}

int acct_batch_missed(const acct_batch_t *batch, const char *id)
{
    for (int i = 0; i < batch->missed.count; i++) {
        if (strcmp(batch->missed.cell[i][0], id) == 0) {
            return 1;
        }
    }
    return 0;
}

static json_t *made_json(const char *kind, const char *key,
                         const char *account, const char *token,
                         const char *print)
{
    json_t *row = json_array();

    push(row, kind);
    push(row, key);
    push_number(row, account);
    push(row, token);
    push(row, print);
    return row;
}

/* ---- what a batch does ---- */

/* Rows in one statement, and which were not taken. */
static apr_status_t put_rows(acct_db_t *db, acct_batch_t *batch,
                             acct_put_e insert, acct_put_e missed,
                             json_t *rows, apr_pool_t *pool)
{
    int wanted = (int)json_array_size(rows);
    const char *text = dump(rows, pool);
    const acct_arg_t args[] = { ACCT_TEXT(text) };
    int changed = 0;
    apr_status_t status;

    batch->missed.count = 0;
    if (text == NULL) {
        return APR_ENOMEM;
    }
    status = run(db, insert, args, 1, &changed, pool);
    return status == APR_SUCCESS && changed != wanted
        ? acct_db_select(db, acct_put_number(db, missed), args, 1,
                         &batch->missed, pool) : status;
}

static apr_status_t note_made(acct_db_t *db, const acct_batch_t *batch,
                              json_t *made, apr_pool_t *pool)
{
    const char *text = dump(made, pool);
    const acct_arg_t args[] = {
        ACCT_TEXT(batch->import->options->name), ACCT_TEXT(text)
    };

    return text != NULL ? run(db, ACCT_PUT_MADE, args, 2, NULL, pool)
                        : APR_ENOMEM;
}

/* The store's rule for one account, for all of them at once. */
static apr_status_t lock_names(acct_db_t *db, const acct_batch_t *batch,
                               apr_pool_t *pool)
{
    acct_account_t wanted = { .id = 0 };

    for (int i = 0; i < batch->rows.count; i++) {
        const char **cell = batch->rows.cell[i];

        if (cell[A_EKEY] != NULL && wanted.email_key == NULL) {
            wanted.email_key = cell[A_EKEY];
        }
        if (cell[A_UKEY] != NULL && strchr(cell[A_UKEY], '@') != NULL) {
            wanted.username_key = cell[A_UKEY];
            wanted.email_key = NULL;
            break;
        }
    }
    return acct_claim_keys(db, &wanted, pool);
}

static apr_status_t find_ids(acct_db_t *db, acct_batch_t *batch,
                             apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(batch->rows.count) };
    acct_rows_t ids = { 0 };
    apr_status_t status = APR_SUCCESS;
    int used = 0;

    batch->id = apr_palloc(pool, (size_t)batch->rows.count
                                 * sizeof(*batch->id));
    for (int i = 0; status == APR_SUCCESS && i < batch->rows.count; i++) {
        batch->id[i] = batch->rows.cell[i][A_ID];
        if (strcmp(batch->id[i], "0") == 0) {
            if (ids.count == 0) {
                status = acct_db_select(db, acct_put_number(
                    db, ACCT_PUT_NEW_IDS), args, 1, &ids, pool);
            }
            if (status == APR_SUCCESS) {
                batch->id[i] = ids.cell[used++][0];
            }
        }
    }
    return status;
}

apr_status_t acct_put_accounts(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    acct_batch_t *batch = baton;
    json_t *rows = json_array();
    json_t *made = json_array();
    apr_status_t status = lock_names(db, batch, pool);

    if (status == APR_SUCCESS) {
        status = find_ids(db, batch, pool);
    }
    for (int i = 0; status == APR_SUCCESS && i < batch->rows.count; i++) {
        json_array_append_new(rows, account_json(batch, i));
    }
    if (status != APR_SUCCESS) {
        json_decref(rows);
        goto leave;
    }
    status = put_rows(db, batch, ACCT_PUT_ACCOUNTS, ACCT_PUT_ACCOUNTS_MISSED,
                      rows, pool);
    for (int i = 0; status == APR_SUCCESS && i < batch->rows.count; i++) {
        if (!acct_batch_missed(batch, batch->id[i])) {
            json_array_append_new(made, made_json(
                "account", batch->rows.cell[i][A_KEY], batch->id[i], NULL,
                batch->rows.cell[i][A_PRINT]));
        }
    }
    if (status == APR_SUCCESS) {
        return note_made(db, batch, made, pool);
    }

leave:
    json_decref(made);
    return status;
}

/* Columns of ACCT_WORK_TOKENS. */
enum { T_N, T_KEY, T_FORM, T_DIGEST, T_FDIGEST, T_SALT, T_FKEY, T_PLAIN,
       T_LABEL, T_CREATED, T_EXPIRES, T_ENDS, T_SLIDING, T_USED, T_ACCOUNT };

static apr_status_t token_json(const acct_batch_t *batch, int i, json_t *row,
                               apr_pool_t *pool)
{
    static const int numbers[] = {
        T_CREATED, T_EXPIRES, T_ENDS, T_SLIDING, T_USED, T_FORM
    };
    const char **cell = batch->rows.cell[i];
    const char *sealed = NULL;
    apr_status_t status = APR_SUCCESS;

    if (cell[T_PLAIN] != NULL && batch->put->key != NULL) {
        status = acct_token_seal(batch->put->key, apr_atoi64(cell[T_ACCOUNT]),
                                 cell[T_PLAIN], &sealed, pool);
    }
    push(row, batch->id[i]);
    push_number(row, cell[T_ACCOUNT]);
    push(row, cell[T_DIGEST]);
    push(row, sealed);
    push(row, cell[T_LABEL]);
    for (size_t n = 0; n < sizeof(numbers) / sizeof(*numbers); n++) {
        push_number(row, cell[numbers[n]]);
    }
    push(row, cell[T_FDIGEST]);
    push(row, cell[T_SALT]);
    push(row, cell[T_FKEY]);
    return status;
}

static json_t *tokens_json(acct_batch_t *batch, apr_pool_t *pool)
{
    json_t *rows = json_array();
    apr_status_t status = APR_SUCCESS;

    batch->id = apr_palloc(pool, (size_t)batch->rows.count
                                 * sizeof(*batch->id));
    for (int i = 0; status == APR_SUCCESS && i < batch->rows.count; i++) {
        json_t *row = json_array();

        status = acct_token_mint_id(&batch->id[i], pool);
        if (status == APR_SUCCESS) {
            status = token_json(batch, i, row, pool);
        }
        json_array_append_new(rows, row);
    }
    if (status != APR_SUCCESS) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}

apr_status_t acct_put_tokens(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    acct_batch_t *batch = baton;
    json_t *rows = tokens_json(batch, pool);
    json_t *made;
    apr_status_t status;

    if (rows == NULL) {
        return APR_EGENERAL;
    }
    status = put_rows(db, batch, ACCT_PUT_TOKENS, ACCT_PUT_TOKENS_MISSED,
                      rows, pool);
    if (status == APR_SUCCESS) {
        status = acct_check_row_admit(db, NULL, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    made = json_array();
    for (int i = 0; i < batch->rows.count; i++) {
        if (!acct_batch_missed(batch, batch->id[i])) {
            json_array_append_new(made, made_json(
                "token", batch->rows.cell[i][T_KEY],
                batch->rows.cell[i][T_ACCOUNT], batch->id[i], ""));
        }
    }
    return note_made(db, batch, made, pool);
}
