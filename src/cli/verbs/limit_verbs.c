/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth limit …
 */
#include "verbs/verbs.h"

#include <apr_strings.h>
#include <stdio.h>

#include "database/unit.h"
#include "limit/limit.h"
#include "console/print_json.h"
#include "tables/limited.h"
#include "text/identifier.h"

/* More are not shown: the last to end stand first. */
#define MOST 10000

/* ------------------------------------------------------------------ list */

static apr_status_t read_list(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    return acct_store_limited_list(db, apr_time_now(), MOST, baton, pool);
}

static json_t *limited_json(const void *baton, apr_pool_t *pool)
{
    const acct_limited_t *row = baton;
    int is_name = row->budget[0] == '\0';
    json_t *json = json_object();

    acct_cli_json_text(json, "limit", is_name ? "tries" : row->budget, pool);
    acct_cli_json_add(json, "account", row->account_id != 0
                      ? json_integer(row->account_id) : json_null());
    acct_cli_json_text(json, "network", is_name ? NULL : row->network, pool);
    acct_cli_json_add(json, "failures", is_name
                      ? json_integer(row->failures) : json_null());
    acct_cli_json_text(json, "until", acct_cli_time(row->ends_at, pool),
                       pool);
    acct_cli_json_text(json, "subject", row->subject, pool);
    return json;
}

static void print_limited(const void *baton, apr_pool_t *pool)
{
    const acct_limited_t *row = baton;
    int is_name = row->budget[0] == '\0';
    const char *whose = row->network;

    if (is_name) {
        whose = row->account_id == 0 ? "a name that no account has"
            : apr_psprintf(pool, "account %" APR_INT64_T_FMT,
                           row->account_id);
    }
    printf("%-9s %-28s %-8s %s\n", is_name ? "tries" : row->budget,
           acct_cli_visible(whose, pool), is_name
           ? apr_psprintf(pool, "%d", row->failures) : "-",
           acct_cli_time(row->ends_at, pool));
}

int acct_cli_limit_list(acct_cli_t *cli)
{
    apr_array_header_t *list;
    apr_status_t status;
    int how = acct_cli_connect(cli);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_unit_run(&cli->service, ACCT_UNIT_READ, read_list, &list,
                           cli->pool);
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    if (!(cli->given & ACCT_OPT_JSON)) {
        printf("%-9s %-28s %-8s %s\n", "LIMIT", "WHOSE", "FAILURES",
               "UNTIL");
    }
    return acct_cli_print_list(cli, list, limited_json, print_limited);
}

/* ----------------------------------------------------------------- clear */

/* What the servers have to forget. */
typedef struct subjects_t {
    const char *text[2];
    int count;
    apr_int64_t account;        /* 0: none */
    const char *network;        /* NULL: a name's */
} subjects_t;

static void add_key(subjects_t *subjects, const char *key)
{
    if (key != NULL && key[0] != '\0') {
        subjects->text[subjects->count++] = key;
    }
}

static apr_status_t write_clears(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    const subjects_t *subjects = baton;
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; status == APR_SUCCESS && i < subjects->count; i++) {
        status = acct_store_limit_clear_insert(db, subjects->text[i],
                                               apr_time_now(), pool);
    }
    return status;
}

/* A name that no account has can be refused too. */
static void find_unknown(const acct_cli_t *cli, const char *name,
                         subjects_t *subjects)
{
    const char *normal, *key;

    if (acct_username_normalize(name, &normal, cli->pool) == APR_SUCCESS
        && acct_username_key(normal, &key, cli->pool) == APR_SUCCESS) {
        add_key(subjects, key);
    }
    if (acct_email_key(name, &key, cli->pool) == APR_SUCCESS) {
        add_key(subjects, key);
    }
}

static int find_subjects(acct_cli_t *cli, subjects_t *subjects)
{
    const char *word = cli->args[0];
    acct_account_t account = { 0 };
    acct_network_t network;
    apr_status_t status;

    if (acct_network_parse(word, &network) == APR_SUCCESS) {
        subjects->network = acct_network_text(&network, cli->pool);
        add_key(subjects, subjects->network);
        return ACCT_EXIT_OK;
    }
    status = acct_account_find(&cli->service, word, &account, cli->pool);
    if (status == APR_SUCCESS) {
        add_key(subjects, account.username_key);
        add_key(subjects, account.email_key);
        subjects->account = account.id;
    }
    else if (APR_STATUS_IS_NOTFOUND(status)) {
        find_unknown(cli, word, subjects);
    }
    else {
        return acct_cli_database_failed(cli, status);
    }
    return subjects->count > 0 ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s can be no name, and is "
                        "no network", acct_cli_visible(word, cli->pool));
}

int acct_cli_limit_clear(acct_cli_t *cli)
{
    acct_event_t event = { .kind = ACCT_EVENT_LIMIT_CLEARED };
    subjects_t subjects = { .count = 0 };
    apr_status_t status;
    int how = acct_cli_connect(cli);

    if (how == ACCT_EXIT_OK) {
        how = find_subjects(cli, &subjects);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_transaction_run(&cli->service, write_clears, &subjects,
                                  cli->pool);
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    event.account = subjects.account;
    event.network = subjects.network;
    acct_cli_tell(cli, &event);
    printf("cleared %s; servers let it try again within two seconds\n",
           acct_cli_visible(cli->args[0], cli->pool));
    return ACCT_EXIT_OK;
}
