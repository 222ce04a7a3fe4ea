/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth token …
 */
#include "cli.h"

#include <apr_strings.h>
#include <jansson.h>
#include <stdio.h>

#include "json.h"
#include "store.h"

typedef struct tokens_t {
    apr_int64_t account;
    apr_array_header_t *list;
} tokens_t;

static apr_status_t read_tokens(acct_db_t *db, void *baton,
                                apr_pool_t *pool)
{
    tokens_t *tokens = baton;

    return acct_store_token_list(db, tokens->account, &tokens->list, pool);
}

/* Neither the digest nor what is sealed: the one is the database's
 * look-up key, the other the token under lock. */
static json_t *token_json(const acct_token_t *token, apr_pool_t *pool)
{
    json_t *json = json_object();

    acct_cli_json_text(json, "id", token->id, pool);
    acct_cli_json_text(json, "label", token->label, pool);
    acct_cli_json_add(json, "reusable", json_boolean(token->sealed != NULL));
    acct_cli_json_text(json, "created_at",
                       acct_cli_time(token->created_at, pool), pool);
    acct_cli_json_text(json, "expires_at",
                       acct_cli_time(token->expires_at, pool), pool);
    acct_cli_json_text(json, "ends_at",
                       acct_cli_time(token->ends_at, pool), pool);
    acct_cli_json_text(json, "last_used",
                       acct_cli_time(token->last_used, pool), pool);
    return json;
}

static void print_token(const acct_token_t *token, apr_pool_t *pool)
{
    const char *expires = acct_cli_time(token->expires_at, pool);
    const char *used = acct_cli_time(token->last_used, pool);

    printf("%-32s %-18s %-27s %-27s %s\n", token->id,
           acct_cli_visible(token->label, pool),
           acct_cli_time(token->created_at, pool),
           expires != NULL ? expires : "never",
           used != NULL ? used : "-");
}

static int print_json(const acct_cli_t *cli, const apr_array_header_t *list)
{
    int how = ACCT_EXIT_OK;
    int i;

    for (i = 0; i < list->nelts && how == ACCT_EXIT_OK; i++) {
        how = acct_cli_json_print(cli, token_json(
            &APR_ARRAY_IDX(list, i, acct_token_t), cli->pool),
            i == 0 ? "[\n  " : ",\n  ", "");
    }
    printf("%s]\n", list->nelts == 0 ? "[" : "\n");
    return how;
}

int acct_cli_token_list(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    tokens_t tokens = { 0, NULL };
    apr_status_t status;
    int how = acct_cli_find(cli, &account);
    int i;

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    tokens.account = account.id;
    status = acct_unit_run(&cli->service, ACCT_UNIT_READ, read_tokens,
                           &tokens, cli->pool);
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    if (cli->given & ACCT_OPT_JSON) {
        return print_json(cli, tokens.list);
    }
    printf("%-32s %-18s %-27s %-27s %s\n", "ID", "LABEL", "CREATED",
           "EXPIRES", "LAST USED");
    for (i = 0; i < tokens.list->nelts; i++) {
        print_token(&APR_ARRAY_IDX(tokens.list, i, acct_token_t),
                    cli->pool);
    }
    return ACCT_EXIT_OK;
}

int acct_cli_token_revoke(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    int all = (cli->given & ACCT_OPT_ALL) != 0;
    apr_status_t status;
    int ended = 0;
    int how;

    if (all == (cli->nargs == 2)) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE,
                             "give either a TOKEN_ID or --all");
    }
    how = acct_cli_find(cli, &account);
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_revoke(&cli->service, account.id,
                                 all ? NULL : cli->args[1], &ended,
                                 cli->pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "%s has no token with the id \"%s\"",
                             acct_cli_name(&account, cli->pool),
                             all ? "" : cli->args[1]);
    }
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("ended %d token%s of %s\n", ended, ended == 1 ? "" : "s",
           acct_cli_name(&account, cli->pool));
    return ACCT_EXIT_OK;
}
