/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth link ...
 */
#include "verbs/verbs.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "account/operations.h"
#include "admin/admin.h"
#include "configuration/mail_sites.h"
#include "database/unit.h"
#include "dialect/dialect.h"
#include "mail/letter.h"

typedef struct make_t {
    acct_cli_t *cli;
    acct_account_t account;
    acct_mail_kind_e kind;
    acct_mail_site_t site;
    const acct_dialect_t *dialect;
    acct_letter_t letter;
    const char *link;           /* out */
} make_t;

/* ---- where it leads ---- */

static int takes(const acct_dialect_t *dialect, acct_mail_kind_e kind)
{
    for (int i = 0; i < dialect->nroutes; i++) {
        if (dialect->routes[i].fields.operation->takes_links & 1u << kind) {
            return 1;
        }
    }
    return 0;
}

static int load_dialect(make_t *make, const char *file)
{
    apr_array_header_t *errors;

    if (acct_dialect_load(file, &acct_operations, &make->dialect, &errors,
                          make->cli->pool) == APR_SUCCESS) {
        return ACCT_EXIT_OK;
    }
    return acct_cli_fail(make->cli, ACCT_EXIT_REFUSED, "%s",
                         errors->nelts > 0
                         ? APR_ARRAY_IDX(errors, 0, const char *) : file);
}

/* Whether a link by another site would be the very same: one host on two ports
 * is two sites. */
static int is_chosen_already(const make_t *make, const acct_mail_site_t *site,
                             const acct_dialect_t *dialect)
{
    return make->dialect != NULL && make->site.link_base != NULL
        && site->link_base != NULL
        && strcmp(make->dialect->name, dialect->name) == 0
        && strcmp(make->site.link_base, site->link_base) == 0;
}

/* The dialects of a site that take such links, but for the one of a site
 * before. */
static int count_dialects(make_t *make, const acct_mail_site_t *site)
{
    int count = 0;

    for (apr_hash_index_t *i = apr_hash_first(make->cli->pool,
                                              site->dialects);
         i != NULL; i = apr_hash_next(i)) {
        void *value;

        apr_hash_this(i, NULL, NULL, &value);
        if (takes(value, make->kind)
            && !is_chosen_already(make, site, value)) {
            make->dialect = value;
            count++;
        }
    }
    return count;
}

static int ask_httpd(make_t *make)
{
    acct_cli_t *cli = make->cli;
    int is_chosen = make->dialect != NULL;
    apr_array_header_t *sites;
    int found = 0;
    int how = acct_cli_mail_sites(cli, ACCT_TRANSPORT_OFF, &sites);

    for (int i = 0; how == ACCT_EXIT_OK && i < sites->nelts; i++) {
        const acct_mail_site_t *site = APR_ARRAY_IDX(
            sites, i, const acct_mail_site_t *);
        int count = !is_chosen ? count_dialects(make, site)
            : !is_chosen_already(make, site, make->dialect);

        if (count > 0) {
            make->site = *site;
        }
        found += count;
    }
    if (how != ACCT_EXIT_OK || found == 1) {
        return how;
    }
    return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s takes such links in "
                         "httpd's configuration; say --dialect FILE%s",
                         found == 0 ? "no dialect" : "more than one dialect",
                         is_chosen || found == 0 ? " and --base URL" : "");
}

static int find_site(make_t *make)
{
    acct_cli_t *cli = make->cli;
    const char *file = acct_cli_value(cli, ACCT_OPT_DIALECT);
    const char *base = acct_cli_value(cli, ACCT_OPT_BASE);
    int how = file != NULL ? load_dialect(make, file) : ACCT_EXIT_OK;

    if (how == ACCT_EXIT_OK && (file == NULL || base == NULL)) {
        how = ask_httpd(make);
    }
    if (how == ACCT_EXIT_OK && base != NULL) {
        make->site.link_base = base[0] != '\0' && base[strlen(base) - 1] == '/'
            ? base : apr_pstrcat(cli->pool, base, "/", NULL);
    }
    return how;
}

/* ---- the link ---- */

static apr_status_t make_link(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    make_t *make = baton;
    const acct_mail_t row = {
        .account_id = make->account.id, .dialect = make->dialect->name,
        .address = "", .address_key = ""
    };

    return acct_letter_link(db, &row, &make->site, make->kind, &make->letter,
                            &make->link, pool);
}

static int refuse(const make_t *make)
{
    const acct_account_t *account = &make->account;

    return acct_cli_fail(make->cli, ACCT_EXIT_REFUSED, "%s is %s%s: there is "
                         "nothing that a link for %s could do",
                         acct_cli_name(account, make->cli->pool),
                         acct_state_name(acct_account_state(account)),
                         account->email_verified_at != 0
                         ? ", its address verified" : "",
                         acct_mail_kind_name(make->kind));
}

static int print_link(make_t *make)
{
    acct_cli_t *cli = make->cli;
    const acct_event_t event = {
        .kind = ACCT_EVENT_LINK_MADE, .outcome = ACCT_OK,
        .account = make->account.id,
        .detail = acct_mail_kind_name(make->kind)
    };
    apr_status_t status;

    make->site.dialects = apr_hash_make(cli->pool);
    apr_hash_set(make->site.dialects, make->dialect->name,
                 APR_HASH_KEY_STRING, make->dialect);
    status = acct_transaction_run(&cli->service, make_link, make, cli->pool);
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    if (make->letter.what != ACCT_LETTER_READY) {
        return refuse(make);
    }
    acct_raise(&cli->service, &event);
    printf("%s\n", make->link);
    return ACCT_EXIT_OK;
}

int acct_cli_link_make(acct_cli_t *cli)
{
    const char *purpose = acct_cli_value(cli, ACCT_OPT_PURPOSE);
    int kind = purpose != NULL ? acct_mail_kind_find(purpose) : -1;
    make_t make = { .cli = cli };
    int how;

    if (kind < 0 || !acct_mail_kind_links((acct_mail_kind_e)kind)) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "say --purpose "
                             "password-reset, username-reset, activation or "
                             "verify-email");
    }
    make.kind = (acct_mail_kind_e)kind;
    how = acct_cli_find(cli, &make.account);
    if (how == ACCT_EXIT_OK) {
        how = find_site(&make);
    }
    return how == ACCT_EXIT_OK ? print_link(&make) : how;
}
