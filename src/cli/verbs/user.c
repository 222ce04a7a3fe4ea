/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth user …
 */
#include "verbs/verbs.h"

#include <apr_strings.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "database/unit.h"
#include "console/print_json.h"
#include "store/store.h"

#define PAGE 200                /* accounts held in memory at once */

/* ------------------------------------------------------------------ show */

/* The members of an account, as documented in the manual page. */
static json_t *account_json(const acct_account_t *account, apr_pool_t *pool)
{
    json_t *json = json_object();

    acct_cli_json_add(json, "id", json_integer(account->id));
    acct_cli_json_text(json, "username", account->username, pool);
    acct_cli_json_text(json, "email", account->email, pool);
    acct_cli_json_text(json, "first_name", account->first_name, pool);
    acct_cli_json_text(json, "last_name", account->last_name, pool);
    acct_cli_json_add(json, "is_active", json_boolean(account->is_active));
    acct_cli_json_add(json, "is_staff", json_boolean(account->is_staff));
    acct_cli_json_text(json, "created_at",
                       acct_cli_time(account->created_at, pool), pool);
    acct_cli_json_text(json, "last_login",
                       acct_cli_time(account->last_login, pool), pool);
    acct_cli_json_text(json, "state",
                       acct_state_name(acct_account_state(account)), pool);
    acct_cli_json_text(json, "pending_until",
                       acct_cli_time(account->pending_until, pool), pool);
    acct_cli_json_text(json, "email_verified_at",
                       acct_cli_time(account->email_verified_at, pool),
                       pool);
    acct_cli_json_text(json, "email_pending", account->email_pending, pool);
    acct_cli_json_text(json, "password_changed_at",
                       acct_cli_time(account->password_changed_at, pool),
                       pool);
    acct_cli_json_add(json, "has_second_factor",
                      json_boolean(account->has_totp));
    return json;
}

/* "-" for an account without an address. */
static const char *verified(const acct_account_t *account)
{
    return account->email == NULL ? "-"
        : account->email_verified_at != 0 ? "yes" : "no";
}

static void print_line(const char *label, const char *value,
                       const char *absent, apr_pool_t *pool)
{
    printf("%-14s%s\n", label, value != NULL ? acct_cli_visible(value, pool)
                                             : absent);
}

static void print_account(const acct_account_t *account, apr_pool_t *pool)
{
    printf("%-14s#%" APR_INT64_T_FMT "\n", "id", account->id);
    print_line("username", account->username, "-", pool);
    print_line("email", account->email, "-", pool);
    print_line("first name", account->first_name, "", pool);
    print_line("last name", account->last_name, "", pool);
    print_line("verified", verified(account), "", pool);
    if (account->email_pending != NULL) {
        print_line("next email", account->email_pending, "", pool);
    }
    print_line("state", acct_state_name(acct_account_state(account)), "",
               pool);
    if (account->pending_until != 0) {
        print_line("pending until",
                   acct_cli_time(account->pending_until, pool), "", pool);
    }
    print_line("second factor", account->has_totp ? "yes" : "no", "", pool);
    print_line("staff", account->is_staff ? "yes" : "no", "", pool);
    print_line("created", acct_cli_time(account->created_at, pool), "-",
               pool);
    print_line("last login", acct_cli_time(account->last_login, pool),
               "never", pool);
}

int acct_cli_user_show(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    int how = acct_cli_find(cli, &account);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (!(cli->given & ACCT_OPT_JSON)) {
        print_account(&account, cli->pool);
        return ACCT_EXIT_OK;
    }
    return acct_cli_json_print(cli, account_json(&account, cli->pool), "",
                               "\n");
}

/* ------------------------------------------------------------------ list */

typedef struct page_t {
    apr_int64_t after;
    apr_array_header_t *list;
} page_t;

static apr_status_t read_page(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    page_t *page = baton;

    return acct_store_account_list(db, page->after, PAGE, &page->list,
                                   pool);
}

static void print_row(const acct_account_t *account, apr_pool_t *pool)
{
    const char *last = acct_cli_time(account->last_login, pool);

    printf("%-6" APR_INT64_T_FMT " %-24s %-32s %-8s %-8s %-6s %-6s %s\n",
           account->id,
           account->username != NULL
           ? acct_cli_visible(account->username, pool) : "-",
           account->email != NULL
           ? acct_cli_visible(account->email, pool) : "-",
           verified(account), acct_state_name(acct_account_state(account)),
           account->has_totp ? "yes" : "no", account->is_staff ? "yes" : "no",
           last != NULL ? last : "never");
}

static int print_page(const acct_cli_t *cli, const page_t *page,
                      apr_pool_t *pool)
{
    int how = ACCT_EXIT_OK;
    int i;

    for (i = 0; i < page->list->nelts && how == ACCT_EXIT_OK; i++) {
        const acct_account_t *account = &APR_ARRAY_IDX(page->list, i,
                                                       acct_account_t);

        if (cli->given & ACCT_OPT_JSON) {
            how = acct_cli_json_print(cli, account_json(account, pool),
                                      page->after == 0 && i == 0
                                      ? "[\n  " : ",\n  ", "");
        }
        else {
            print_row(account, pool);
        }
    }
    return how;
}

int acct_cli_user_list(acct_cli_t *cli)
{
    page_t page = { 0, NULL };
    apr_pool_t *pool;
    apr_status_t status;
    int json = (cli->given & ACCT_OPT_JSON) != 0;
    int how = acct_cli_connect(cli);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (!json) {
        printf("%-6s %-24s %-32s %-8s %-8s %-6s %-6s %s\n", "ID",
               "USERNAME", "EMAIL", "VERIFIED", "STATE", "2ND", "STAFF",
               "LAST LOGIN");
    }
    apr_pool_create(&pool, cli->pool);
    do {
        apr_pool_clear(pool);
        status = acct_unit_run(&cli->service, ACCT_UNIT_READ, read_page,
                               &page, pool);
        if (status != APR_SUCCESS) {
            return acct_cli_database_failed(cli, status);
        }
        how = print_page(cli, &page, pool);
        if (how != ACCT_EXIT_OK) {
            return how;
        }
        if (page.list->nelts > 0) {
            page.after = APR_ARRAY_IDX(page.list, page.list->nelts - 1,
                                       acct_account_t).id;
        }
    } while (page.list->nelts == PAGE);
    if (json) {
        printf("%s]\n", page.after == 0 ? "[" : "\n");
    }
    return ACCT_EXIT_OK;
}

/* --------------------------------------------------------------- changes */

/* What the command line says of the new account. */
static int take_account(const acct_cli_t *cli, acct_account_t *account)
{
    const char *name = cli->nargs > 0 ? cli->args[0] : NULL;

    account->email = acct_cli_value(cli, ACCT_OPT_EMAIL);
    account->first_name = acct_cli_value(cli, ACCT_OPT_FIRST_NAME);
    account->last_name = acct_cli_value(cli, ACCT_OPT_LAST_NAME);
    account->is_staff = (cli->given & ACCT_OPT_STAFF) != 0;
    account->email_verified_at = cli->given & ACCT_OPT_UNVERIFIED
        ? 0 : apr_time_now();
    if (!(cli->given & ACCT_OPT_NO_USERNAME)) {
        account->username = name;
        return name != NULL ? ACCT_EXIT_OK
            : acct_cli_fail(cli, ACCT_EXIT_USAGE, "which NAME? Or use "
                            "--no-username and --email");
    }
    if (account->email == NULL) {
        account->email = name;
    }
    else if (name != NULL && strcmp(name, account->email) != 0) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "with --no-username "
                             "there is no NAME, only --email");
    }
    return account->email != NULL ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_USAGE,
                        "--no-username needs --email");
}

/* Connected first: the operator shall not type a password for nothing. */
int acct_cli_user_add(acct_cli_t *cli)
{
    char password[ACCT_CLI_PASSWORD_SIZE] = "";
    acct_account_t account = { 0 };
    const char *problem = NULL;
    apr_status_t status;
    int how = take_account(cli, &account);

    if (how == ACCT_EXIT_OK) {
        how = acct_cli_connect(cli);
    }
    if (how == ACCT_EXIT_OK) {
        how = acct_cli_ask_password(cli, password);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_add(&cli->service, &account, password, &problem,
                              cli->pool);
    OPENSSL_cleanse(password, sizeof(password));
    if (status == APR_SUCCESS) {
        printf("added %s\n", acct_cli_name(&account, cli->pool));
        return ACCT_EXIT_OK;
    }
    return problem != NULL
        ? acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s", problem)
        : acct_cli_database_failed(cli, status);
}

/* Says what became of a change to an account that was there just now.
 * @param more how the line ends: about tokens where they were ended, which
 *             servers must learn of; NULL where they were not */
static int finish(const acct_cli_t *cli, const acct_account_t *account,
                  apr_status_t status, const char *did, const char *more)
{
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "no account \"%s\"",
                             cli->args[0]);
    }
    if (APR_STATUS_IS_EINVAL(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s is not blocked: it "
                             "is pending, see 'acctauth user activate'",
                             acct_cli_name(account, cli->pool));
    }
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("%s %s", did, acct_cli_name(account, cli->pool));
    if (more != NULL) {
        return acct_cli_tokens_ended(cli, more);
    }
    printf("\n");
    return ACCT_EXIT_OK;
}

int acct_cli_user_block(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    int how = acct_cli_find(cli, &account);

    return how != ACCT_EXIT_OK ? how
        : finish(cli, &account,
                 acct_account_set_blocked(&cli->service, account.id, 1,
                                          cli->pool),
                 "blocked", "; its tokens are ended");
}

int acct_cli_user_unblock(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    int how = acct_cli_find(cli, &account);

    return how != ACCT_EXIT_OK ? how
        : finish(cli, &account,
                 acct_account_set_blocked(&cli->service, account.id, 0,
                                          cli->pool),
                 "unblocked", NULL);
}

int acct_cli_user_delete(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    int how = acct_cli_find(cli, &account);

    return how != ACCT_EXIT_OK ? how
        : finish(cli, &account,
                 acct_account_delete(&cli->service, account.id, cli->pool),
                 "deleted", " and its tokens");
}

int acct_cli_user_passwd(acct_cli_t *cli)
{
    char password[ACCT_CLI_PASSWORD_SIZE] = "";
    acct_account_t account = { 0 };
    const char *problem = NULL;
    apr_status_t status;
    int how = acct_cli_find(cli, &account);

    if (how == ACCT_EXIT_OK) {
        how = acct_cli_ask_password(cli, password);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_set_password(&cli->service, &account, password,
                                       &problem, cli->pool);
    OPENSSL_cleanse(password, sizeof(password));
    if (problem != NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s", problem);
    }
    return finish(cli, &account, status,
                  "changed the password of",
                  "; its tokens are ended");
}
