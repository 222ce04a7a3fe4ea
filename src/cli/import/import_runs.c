/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of the old world: import status, import forget. */
#include "import/import.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "console/print_json.h"
#include "store/foreign_tokens.h"
#include "store/statements.h"
#include "token/foreign.h"
#include "transfer/put_in_sql.h"
#include "transfer/runs.h"
#include "transfer/stored_form.h"

#define PAGE 1000
#define KINDS_MAX 64

/* How many stored hashes of a kind, and when one of them was last used. */
typedef struct kind_t {
    const char *name;
    apr_int64_t count;
    apr_time_t last_login;
} kind_t;

static int open_target(acct_cli_t *cli, acct_db_t **db)
{
    const char *error = NULL;
    int how = acct_cli_connect(cli);

    return how != ACCT_EXIT_OK
           || acct_import_connect(db, &cli->config, cli->pool, &error)
              == APR_SUCCESS ? how
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s: %s",
                        acct_db_describe(&cli->config), error);
}

static int failed(acct_cli_t *cli, acct_db_t *db)
{
    return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s: %s",
                         acct_db_describe(&cli->config), acct_db_error(db));
}

static kind_t *kind_of(kind_t *kinds, const char *name)
{
    int i = 0;

    while (i < KINDS_MAX - 1 && kinds[i].name != NULL
           && strcmp(kinds[i].name, name) != 0) {
        i++;
    }
    kinds[i].name = name;
    return &kinds[i];
}

static apr_status_t count_hashes(acct_db_t *db, kind_t *kinds,
                                 apr_pool_t *pool)
{
    apr_int64_t after = 0;
    apr_pool_t *page;
    apr_status_t status = apr_pool_create(&page, pool);
    int count = PAGE;

    while (status == APR_SUCCESS && count == PAGE) {
        const acct_arg_t args[] = { ACCT_INT(after), ACCT_INT(PAGE) };
        acct_rows_t rows;

        status = ACCT_SELECT(db, acct_put_number(db, ACCT_PUT_KINDS), args,
                             &rows, page);
        count = status == APR_SUCCESS ? rows.count : 0;
        for (int i = 0; i < count; i++) {
            kind_t *kind = kind_of(kinds, acct_stored_kind(rows.cell[i][1],
                                                            page));
            apr_time_t used = apr_atoi64(rows.cell[i][2]);

            after = apr_atoi64(rows.cell[i][0]);
            kind->count++;
            kind->last_login = used > kind->last_login ? used
                                                       : kind->last_login;
        }
        apr_pool_clear(page);
    }
    return status;
}

/* Forms that no token has any more are not looked for any more. An import
 * under way is about to bring some. */
static apr_status_t settle(acct_cli_t *cli, acct_db_t *db)
{
    int is_mine;
    int changed;
    apr_status_t status = acct_import_lock(db, &cli->config, &is_mine,
                                           cli->pool);

    if (status != APR_SUCCESS || !is_mine
        || (status = acct_db_begin(db, cli->pool)) != APR_SUCCESS) {
        return status;
    }
    status = acct_foreign_forms_settle(db, &changed, cli->pool);
    if (status != APR_SUCCESS) {
        acct_db_rollback(db, cli->pool);
        return status;
    }
    return acct_db_commit(db, cli->pool);
}

static void tell_one(acct_cli_t *cli, json_t *list, const char *what,
                     const char *name, apr_int64_t count, apr_time_t used)
{
    const char *when = acct_cli_time(used, cli->pool);
    json_t *object;

    if (list == NULL) {
        printf("  %10" APR_INT64_T_FMT " %s %s%s%s\n", count, what, name,
               when != NULL ? ", last used " : "", when != NULL ? when : "");
        return;
    }
    object = json_object();
    acct_cli_json_text(object, "kind", what, cli->pool);
    acct_cli_json_text(object, "form", name, cli->pool);
    acct_cli_json_add(object, "count", json_integer(count));
    acct_cli_json_text(object, "last_used", when, cli->pool);
    json_array_append_new(list, object);
}

static void tell_run(acct_cli_t *cli, json_t *list,
                     const acct_import_run_t *run)
{
    const char *began = acct_cli_time(run->started_at, cli->pool);
    json_t *object;

    if (list == NULL) {
        printf("%s: %s, begun %s\n  %s\n",
               acct_cli_visible(run->name, cli->pool), run->state, began,
               acct_cli_visible(run->counts, cli->pool));
        return;
    }
    object = json_object();
    acct_cli_json_text(object, "name", run->name, cli->pool);
    acct_cli_json_text(object, "state", run->state, cli->pool);
    acct_cli_json_text(object, "started_at", began, cli->pool);
    acct_cli_json_text(object, "ended_at",
                       acct_cli_time(run->ended_at, cli->pool), cli->pool);
    acct_cli_json_text(object, "counts", run->counts, cli->pool);
    json_array_append_new(list, object);
}

static apr_status_t tell_status(acct_cli_t *cli, acct_db_t *db, json_t *runs,
                                json_t *left)
{
    const char *name = cli->nargs > 0 ? cli->args[0] : "";
    kind_t kinds[KINDS_MAX] = { { NULL, 0, 0 } };
    apr_int64_t count[ACCT_FORM__COUNT];
    apr_time_t used[ACCT_FORM__COUNT];
    apr_array_header_t *list;
    apr_status_t status;

    if ((status = acct_import_run_list(db, name, &list, cli->pool))
        != APR_SUCCESS
        || (status = count_hashes(db, kinds, cli->pool)) != APR_SUCCESS
        || (status = acct_store_foreign_count(db, count, used, cli->pool))
           != APR_SUCCESS) {
        return status;
    }
    for (int i = 0; i < list->nelts; i++) {
        tell_run(cli, runs, &APR_ARRAY_IDX(list, i, acct_import_run_t));
    }
    for (int i = 0; i < KINDS_MAX && kinds[i].name != NULL; i++) {
        tell_one(cli, left, "hashes", kinds[i].name, kinds[i].count,
                 kinds[i].last_login);
    }
    for (int i = 0; i < ACCT_FORM__COUNT; i++) {
        if (count[i] > 0) {
            tell_one(cli, left, "tokens", acct_form_name((acct_form_e)i),
                     count[i], used[i]);
        }
    }
    return APR_SUCCESS;
}

int acct_cli_import_status(acct_cli_t *cli)
{
    int as_json = (cli->given & ACCT_OPT_JSON) != 0;
    json_t *runs = as_json ? json_array() : NULL;
    json_t *left = as_json ? json_array() : NULL;
    acct_db_t *db = NULL;
    json_t *both;
    int how = open_target(cli, &db);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (settle(cli, db) != APR_SUCCESS
        || tell_status(cli, db, runs, left) != APR_SUCCESS) {
        how = failed(cli, db);
    }
    acct_db_close(db);
    if (how != ACCT_EXIT_OK || !as_json) {
        return how;
    }
    both = json_object();
    acct_cli_json_add(both, "runs", runs);
    acct_cli_json_add(both, "left", left);
    return acct_cli_json_print(cli, both, "", "\n");
}

int acct_cli_import_forget(acct_cli_t *cli)
{
    acct_db_t *db = NULL;
    int rows = 0;
    int is_mine = 0;
    int how = open_target(cli, &db);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (acct_import_lock(db, &cli->config, &is_mine, cli->pool)
        != APR_SUCCESS
        || (is_mine && acct_import_forget(db, cli->args[0], &rows, cli->pool)
                       != APR_SUCCESS)) {
        how = failed(cli, db);
    }
    else if (!is_mine) {
        how = acct_cli_fail(cli, ACCT_EXIT_REFUSED, "an import into %s is "
                            "running", acct_db_describe(&cli->config));
    }
    else {
        printf("import %s forgotten: %d accounts and tokens; the accounts "
               "stay\n", acct_cli_visible(cli->args[0], cli->pool), rows);
    }
    acct_db_close(db);
    return how;
}
