/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth token …
 */
#include "verbs/verbs.h"

#include <apr_strings.h>
#include <jansson.h>
#include <stdio.h>

#include "database/unit.h"
#include "console/print_json.h"
#include "store/store.h"
#include "token/token.h"

/* Tokens held in memory at once. Each page is sorted out of all that the
 * account has, so it is not a small one. */
#define PAGE 5000

typedef struct page_t {
    apr_int64_t account;
    acct_token_t last;          /* of the page before */
    int is_first;
    apr_array_header_t *list;
} page_t;

static apr_status_t read_page(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    page_t *page = baton;

    return acct_store_token_list(db, page->account,
                                 page->is_first ? NULL : &page->last, PAGE,
                                 &page->list, pool);
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
    acct_cli_json_text(json, "network", token->network[0] != '\0'
                       ? token->network : NULL, pool);
    return json;
}

static void print_token(const acct_token_t *token, apr_pool_t *pool)
{
    const char *expires = acct_cli_time(token->expires_at, pool);
    const char *used = acct_cli_time(token->last_used, pool);

    printf("%-32s %-18s %-27s %-27s %-27s %s\n", token->id,
           acct_cli_visible(token->label, pool),
           acct_cli_time(token->created_at, pool),
           expires != NULL ? expires : "never",
           used != NULL ? used : "-",
           token->network[0] != '\0'
           ? acct_cli_visible(token->network, pool) : "-");
}

static int print_page(const acct_cli_t *cli, const page_t *page,
                      apr_pool_t *pool)
{
    int how = ACCT_EXIT_OK;

    for (int i = 0; i < page->list->nelts && how == ACCT_EXIT_OK; i++) {
        const acct_token_t *token = &APR_ARRAY_IDX(page->list, i,
                                                   acct_token_t);

        if (cli->given & ACCT_OPT_JSON) {
            how = acct_cli_json_print(cli, token_json(token, pool),
                                      page->is_first && i == 0
                                      ? "[\n  " : ",\n  ", "");
        }
        else {
            print_token(token, pool);
        }
    }
    return how;
}

/* Where the next page begins; the id outlives this one's pool. */
static void turn_page(page_t *page, char id[ACCT_TOKEN_ID_HEX + 1])
{
    if (page->list->nelts > 0) {
        page->last = APR_ARRAY_IDX(page->list, page->list->nelts - 1,
                                   acct_token_t);
        apr_cpystrn(id, page->last.id, ACCT_TOKEN_ID_HEX + 1);
        page->last.id = id;
        page->is_first = 0;
    }
}

static int print_pages(acct_cli_t *cli, page_t *page, apr_pool_t *pool)
{
    char id[ACCT_TOKEN_ID_HEX + 1];
    apr_status_t status;
    int how;

    do {
        apr_pool_clear(pool);
        status = acct_unit_run(&cli->service, ACCT_UNIT_READ, read_page,
                               page, pool);
        if (status != APR_SUCCESS) {
            return acct_cli_database_failed(cli, status);
        }
        how = print_page(cli, page, pool);
        turn_page(page, id);
    } while (how == ACCT_EXIT_OK && page->list->nelts == PAGE);
    return how;
}

int acct_cli_token_list(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    page_t page = { .is_first = 1 };
    int json = (cli->given & ACCT_OPT_JSON) != 0;
    apr_pool_t *pool;
    int how = acct_cli_find(cli, &account);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    page.account = account.id;
    if (!json) {
        printf("%-32s %-18s %-27s %-27s %-27s %s\n", "ID", "LABEL",
               "CREATED", "EXPIRES", "LAST USED", "NETWORK");
    }
    apr_pool_create(&pool, cli->pool);
    how = print_pages(cli, &page, pool);
    if (json && how == ACCT_EXIT_OK) {
        printf("%s]\n", page.is_first ? "[" : "\n");
    }
    return how;
}

static int revoke_everyone(acct_cli_t *cli)
{
    apr_int64_t tokens = 0;
    apr_int64_t accounts = 0;
    apr_status_t status;
    int how = acct_cli_connect(cli);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_revoke_everyone(&cli->service, &tokens, &accounts,
                                          cli->pool);
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("ended all tokens (%" APR_INT64_T_FMT ") of all accounts (%"
           APR_INT64_T_FMT ")", tokens, accounts);
    return acct_cli_tokens_ended(cli, "");
}

static int check_revoke(const acct_cli_t *cli)
{
    int everyone = (cli->given & ACCT_OPT_EVERYONE) != 0;
    int all = (cli->given & ACCT_OPT_ALL) != 0;

    if (everyone ? !all && cli->nargs == 0
                 : cli->nargs > 0 && all != (cli->nargs == 2)) {
        return ACCT_EXIT_OK;
    }
    return acct_cli_fail(cli, ACCT_EXIT_USAGE, "give either NAME TOKEN_ID, "
                         "NAME --all, or --everyone alone");
}

int acct_cli_token_revoke(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    int all = (cli->given & ACCT_OPT_ALL) != 0;
    apr_status_t status;
    int ended = 0;
    int how;

    how = check_revoke(cli);
    if (how == ACCT_EXIT_OK && cli->given & ACCT_OPT_EVERYONE) {
        return revoke_everyone(cli);
    }
    if (how == ACCT_EXIT_OK) {
        how = acct_cli_find(cli, &account);
    }
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
    printf("ended %d token%s of %s", ended, ended == 1 ? "" : "s",
           acct_cli_name(&account, cli->pool));
    return acct_cli_tokens_ended(cli, "");
}
