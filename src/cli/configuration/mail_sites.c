/* SPDX-License-Identifier: Apache-2.0 */
#include "configuration/mail_sites.h"

#include <apr_strings.h>
#include <string.h>

#include "account/operations.h"
#include "dialect/dialect.h"
#include "configuration/httpd_conf.h"
#include "mail/sendmail.h"

static int number_of(const json_t *mail, const char *name)
{
    return (int)json_integer_value(json_object_get(mail, name));
}

/* A dialect that cannot be loaded has no subjects: the templates' are taken.
 * httpd says what is wrong with it. */
static void load_dialect(acct_cli_t *cli, const char *folder,
                         const char *name, apr_hash_t *dialects)
{
    const acct_dialect_t *dialect;
    apr_array_header_t *errors;

    if (acct_dialect_load(apr_pstrcat(cli->pool, folder, "/", name, ".json",
                                      NULL), &acct_operations, &dialect,
                          &errors, cli->pool) == APR_SUCCESS) {
        apr_hash_set(dialects, name, APR_HASH_KEY_STRING, dialect);
    }
}

static apr_hash_t *load_dialects(acct_cli_t *cli, const json_t *server)
{
    const char *folder = acct_cli_httpd_text(server, "dialect_dir");
    const json_t *mounts = json_object_get(server, "mounts");
    apr_hash_t *dialects = apr_hash_make(cli->pool);

    for (size_t i = 0; i < json_array_size(mounts); i++) {
        const json_t *list = json_object_get(json_array_get(mounts, i),
                                             "dialects");

        for (size_t j = 0; j < json_array_size(list); j++) {
            load_dialect(cli, folder,
                         json_string_value(json_array_get(list, j)),
                         dialects);
        }
    }
    return dialects;
}

/* The program and what it is told. What is wrong with the password comes when
 * a mail is handed over. */
static void set_transport(acct_cli_t *cli, const json_t *mail,
                          acct_mail_site_t *site)
{
    const char *program = acct_cli_httpd_text(mail, "program");
    const char *url = acct_cli_httpd_text(mail, "smtp");
    const char *file = acct_cli_httpd_text(mail, "password_file");
    const char *error;
    acct_smtp_t *smtp = apr_pcalloc(cli->pool, sizeof(*smtp));

    site->program = program != NULL ? program : ACCT_SENDMAIL_DEFAULT;
    site->transport = ACCT_TRANSPORT_SENDMAIL;
    if (url == NULL
        || acct_smtp_parse(smtp, url, &error, cli->pool) != APR_SUCCESS) {
        return;
    }
    site->transport = ACCT_TRANSPORT_SMTP;
    site->smtp = smtp;
    smtp->is_plain = !json_is_true(json_object_get(mail, "tls"));
    smtp->ca = acct_cli_httpd_text(mail, "ca");
    if (file != NULL) {
        (void)acct_smtp_read_password(smtp, file, cli->pool);
    }
}

static int make_site(acct_cli_t *cli, const json_t *server,
                     const acct_mail_site_t **made)
{
    const json_t *mail = json_object_get(server, "mail");
    acct_mail_site_t *site = apr_pcalloc(cli->pool, sizeof(*site));
    apr_array_header_t *errors = apr_array_make(cli->pool, 1,
                                                sizeof(const char *));

    site->name = acct_cli_httpd_text(server, "server");
    set_transport(cli, mail, site);
    site->from.name = acct_cli_httpd_text(mail, "from_name");
    site->from.address = acct_cli_httpd_text(mail, "from");
    site->link_base = acct_cli_httpd_text(mail, "link_base");
    site->site_name = acct_cli_httpd_text(mail, "site_name");
    site->limits.address_hour = number_of(mail, "address_hour");
    site->limits.address_day = number_of(mail, "address_day");
    site->limits.server_hour = number_of(mail, "server_hour");
    *made = site;
    if (site->name == NULL || site->from.address == NULL
        || site->link_base == NULL || site->site_name == NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "httpd does not tell all "
                             "about mails; is its module of another "
                             "version?");
    }
    site->dialects = load_dialects(cli, server);
    acct_mail_site_read(site, acct_cli_httpd_text(mail, "language"),
                        acct_cli_httpd_text(mail, "template_dir"), errors,
                        cli->pool);
    return errors->nelts == 0 ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s",
                        APR_ARRAY_IDX(errors, 0, const char *));
}

static int is_wanted(const acct_cli_t *cli, const json_t *server,
                     acct_mail_transport_e transport)
{
    const char *by = acct_cli_httpd_text(json_object_get(server, "mail"),
                                         "transport");

    if (by == NULL || transport == ACCT_TRANSPORT_OFF) {
        return by != NULL;
    }
    return strcmp(by, "spool") == 0
        && strcmp(acct_cli_httpd_text(server, "driver"), cli->config.driver)
           == 0;
}

/* Whether it is of the database that is open. */
static int is_here(const acct_cli_t *cli, const json_t *server)
{
    const char *params = acct_cli_httpd_text(server, "params");

    return params != NULL && strcmp(params, cli->named) == 0;
}

static int found_none(const acct_cli_t *cli,
                      acct_mail_transport_e transport, int is_some_hidden)
{
    if (transport == ACCT_TRANSPORT_OFF) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "no virtual host of "
                             "httpd's configuration mails: AcctAuthMail is "
                             "Off");
    }
    return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "no virtual host of httpd's "
                         "configuration has this database and AcctAuthMail "
                         "spool%s", is_some_hidden
                         ? ", as far as can be seen: a connection string with "
                           "a password is not shown; write AcctAuthDatabase "
                           "pgsql file:/PATH there, and -p file:/PATH here"
                         : "");
}

int acct_cli_mail_sites(acct_cli_t *cli, acct_mail_transport_e transport,
                        apr_array_header_t **sites)
{
    const acct_mail_site_t *site;
    json_t *servers;
    int is_some_hidden = 0;
    int how = acct_cli_httpd_servers(cli, &servers);

    *sites = apr_array_make(cli->pool, 2, sizeof(const acct_mail_site_t *));
    for (size_t i = 0; how == ACCT_EXIT_OK && i < json_array_size(servers);
         i++) {
        const json_t *server = json_array_get(servers, i);

        if (!is_wanted(cli, server, transport)) {
            continue;
        }
        if (transport == ACCT_TRANSPORT_OFF || is_here(cli, server)) {
            how = make_site(cli, server, &site);
            APR_ARRAY_PUSH(*sites, const acct_mail_site_t *) = site;
        }
        /* httpd keeps one with a password to itself */
        is_some_hidden |= acct_cli_httpd_text(server, "params") == NULL;
    }
    return how == ACCT_EXIT_OK && (*sites)->nelts == 0
        ? found_none(cli, transport, is_some_hidden) : how;
}
