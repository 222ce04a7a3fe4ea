/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth mail ...
 */
#include "verbs/verbs.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "database/unit.h"
#include "configuration/httpd_conf.h"
#include "mail/sendmail.h"
#include "mail/spool.h"
#include "configuration/mail_sites.h"
#include "console/print_json.h"
#include "console/privilege.h"
#include "token/token.h"

#define MOST 10000              /* more there cannot be */

/* ------------------------------------------------------------------ list */

static apr_status_t read_list(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    return acct_store_mail_list(db, 0, MOST, baton, pool);
}

static json_t *mail_json(const void *baton, apr_pool_t *pool)
{
    const acct_mail_t *row = baton;
    json_t *json = json_object();

    acct_cli_json_add(json, "id", json_integer(row->id));
    acct_cli_json_text(json, "kind", row->kind, pool);
    acct_cli_json_text(json, "site", row->site, pool);
    acct_cli_json_add(json, "account", row->account_id != 0
                      ? json_integer(row->account_id) : json_null());
    acct_cli_json_text(json, "address", row->address[0] != '\0'
                       ? row->address : NULL, pool);
    acct_cli_json_text(json, "ordered", acct_cli_time(row->created_at, pool),
                       pool);
    acct_cli_json_text(json, "next", acct_cli_time(row->next_at, pool), pool);
    acct_cli_json_text(json, "until", acct_cli_time(row->expires_at, pool),
                       pool);
    acct_cli_json_add(json, "tries", json_integer(row->tries));
    acct_cli_json_text(json, "error", row->last_error[0] != '\0'
                       ? row->last_error : NULL, pool);
    return json;
}

static void print_mail(const void *baton, apr_pool_t *pool)
{
    const acct_mail_t *row = baton;
    const char *to = row->address[0] != '\0' ? row->address
        : apr_psprintf(pool, "#%" APR_INT64_T_FMT, row->account_id);

    printf("%-6" APR_INT64_T_FMT " %-18s %-28s %2d %s  %s\n", row->id,
           acct_cli_visible(row->kind, pool), acct_cli_visible(to, pool),
           row->tries, acct_cli_time(row->next_at, pool),
           acct_cli_visible(row->last_error, pool));
}

int acct_cli_mail_list(acct_cli_t *cli)
{
    apr_array_header_t *list = NULL;
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
    return acct_cli_print_list(cli, list, mail_json, print_mail);
}

/* ------------------------------------------------------------------- run */

static void given_up(void *baton, const acct_mail_t *mail,
                     const char *domain, int tries, const char *why)
{
    const acct_cli_t *cli = baton;

    acct_cli_fail(cli, 0, "the mail %" APR_INT64_T_FMT " (%s) to an address "
                  "at %s is not sent, after %d %s: %s", mail->id, mail->kind,
                  domain, tries, tries == 1 ? "try" : "tries", why);
}

static int tell_counts(const acct_cli_t *cli,
                       const acct_spool_counts_t *counts)
{
    if (counts->later > 0) {
        acct_cli_fail(cli, 0, "%d not taken now, to be tried again: %s",
                      counts->later, counts->last_error);
    }
    if (counts->is_full) {
        acct_cli_fail(cli, 0, "as many were sent this hour as "
                      "AcctAuthMailLimit lets; others wait");
    }
    printf("%d sent, %d to be tried again, %d given up\n", counts->sent,
           counts->later, counts->given_up);
    return counts->later > 0 || counts->given_up > 0 || counts->is_full
        ? ACCT_EXIT_REFUSED : ACCT_EXIT_OK;
}

int acct_cli_mail_run(acct_cli_t *cli)
{
    acct_spool_counts_t counts = { 0 };
    acct_spool_t spool = {
        .service = &cli->service, .given_up = given_up, .baton = cli
    };
    apr_array_header_t *sites;
    apr_pool_t *own;
    int more = 1;
    int how = acct_cli_connect(cli);

    if (how == ACCT_EXIT_OK) {
        how = acct_cli_mail_sites(cli, ACCT_TRANSPORT_SPOOL, &sites);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    spool.sites = (const acct_mail_site_t *const *)sites->elts;
    spool.nsites = sites->nelts;
    if (acct_token_mint_id(&spool.server, cli->pool) != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "no random numbers");
    }
    while (more) {
        apr_status_t status;

        apr_pool_create(&own, cli->pool);
        status = acct_spool_round(&spool, &counts, &more, own);
        if (status != APR_SUCCESS) {
            return acct_cli_database_failed(cli, status);
        }
    }
    return tell_counts(cli, &counts);
}

/* ------------------------------------------------------------------ test */

/* As the user that sends the server's mails: what that one may not do shows
 * here too. For good, since programs look at the real user as well. */
static int send_test(acct_cli_t *cli, const acct_mail_site_t *site,
                     const char *address, const char *message)
{
    acct_mail_fate_e fate;
    acct_user_t user;
    const char *whence, *why;

    if (geteuid() == 0
        && acct_user_of_httpd(cli, &user, &whence) == APR_SUCCESS
        && acct_privilege_become(cli, &user) != ACCT_EXIT_OK) {
        return ACCT_EXIT_FAILED;
    }
    fate = acct_spool_hand_over(site, address, message, NULL, NULL, &why,
                                cli->pool);
    if (fate == ACCT_MAIL_SENT) {
        printf("%s has taken a mail to %s from %s\n",
               site->smtp != NULL ? site->smtp->url : site->program,
               acct_cli_visible(address, cli->pool), site->from.address);
        return ACCT_EXIT_OK;
    }
    return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "not taken: %s", why);
}

int acct_cli_mail_test(acct_cli_t *cli)
{
    acct_mail_message_t message = { .date = apr_time_now() };
    const acct_mail_site_t *site;
    apr_array_header_t *sites;
    const char *bytes, *error, *address;
    int how = acct_cli_mail_sites(cli, ACCT_TRANSPORT_OFF, &sites);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (acct_mail_address(cli->args[0], &address, cli->pool)
        != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "\"%s\" is no address",
                             acct_cli_visible(cli->args[0], cli->pool));
    }
    site = APR_ARRAY_IDX(sites, 0, const acct_mail_site_t *);
    message.from = &site->from;
    message.to = cli->args[0];
    message.host = site->name;
    message.subject = apr_pstrcat(cli->pool, "A test of mails from ",
                                  site->site_name, NULL);
    message.text = apr_pstrcat(cli->pool, "The operator of ",
                               site->site_name, " tried whether mails "
                               "arrive. This one has.\n", NULL);
    if (acct_mail_message(&message, &bytes, &error, cli->pool)
        != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s", error);
    }
    return send_test(cli, site, address, bytes);
}
