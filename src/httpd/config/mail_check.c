/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mail_check.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <string.h>
#include <unistd.h>

#include "base/operation.h"
#include "config/mount.h"

APLOG_USE_MODULE(acctauth);

/* What is passed around while a server's mails are checked. */
typedef struct work_t {
    server_rec *server;
    acct_server_conf_t *conf;
    apr_pool_t *pconf;
    int mistakes;
} work_t;

static void complain(work_t *work, const char *id, const char *directive,
                     const acct_place_t *place, const char *what)
{
    work->mistakes++;
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, work->server,
                 "%s: %s on line %d of %s: %s", id, directive, place->line,
                 place->file, what);
}

/* ---- dialects ---- */

static const acct_route_t *first_that_mails(const acct_dialect_t *dialect)
{
    for (int i = 0; i < dialect->nroutes; i++) {
        if (dialect->routes[i].fields.operation->mails) {
            return &dialect->routes[i];
        }
    }
    return NULL;
}

static void check_route(work_t *work, const acct_mount_t *mount, int i)
{
    const acct_route_t *route = first_that_mails(mount->dialects[i]);

    if (route != NULL) {
        complain(work, "ACCT0162", "AcctAuthAPI", &mount->owners[i]->place,
                 apr_psprintf(work->pconf, "the dialect %s mails (%s %s), and "
                              "AcctAuthMail is Off; add AcctAuthMail "
                              "sendmail, AcctAuthMailFrom and "
                              "AcctAuthMailLinkBase",
                              mount->dialects[i]->name, route->method,
                              route->path));
    }
}

/* All of the server, by name. */
static apr_hash_t *dialects_of(const work_t *work)
{
    const apr_array_header_t *mounts = work->conf->mounts;
    apr_hash_t *dialects = apr_hash_make(work->pconf);

    for (int i = 0; mounts != NULL && i < mounts->nelts; i++) {
        const acct_mount_t *mount = APR_ARRAY_IDX(mounts, i,
                                                  const acct_mount_t *);

        for (int j = 0; j < mount->count; j++) {
            apr_hash_set(dialects, mount->dialects[j]->name,
                         APR_HASH_KEY_STRING, mount->dialects[j]);
        }
    }
    return dialects;
}

/* ---- what must be there ---- */

static void check_needed(work_t *work)
{
    const acct_mail_conf_t *mail = &work->conf->mail;

    if (mail->from.address == NULL) {
        complain(work, "ACCT0160", "AcctAuthMail", &mail->place, "nobody "
                 "sends these mails; add AcctAuthMailFrom "
                 "accounts@example.com, where bounces arrive too");
    }
    if (mail->link_base == NULL) {
        complain(work, "ACCT0160", "AcctAuthMail", &mail->place, "links in "
                 "mails have no beginning; add AcctAuthMailLinkBase "
                 "https://www.example.com/me/ (it is never taken from a "
                 "request, whose Host anybody chooses)");
    }
    if (mail->transport != ACCT_TRANSPORT_SPOOL
        && ap_find_linked_module("mod_watchdog.c") == NULL) {
        complain(work, "ACCT0160", "AcctAuthMail", &mail->place, "mails are "
                 "sent by a thread of mod_watchdog, which is not loaded; load "
                 "it, or write AcctAuthMail spool and run 'acctauth mail "
                 "run'");
    }
}

static void check_smtp(work_t *work)
{
    const acct_mail_conf_t *mail = &work->conf->mail;

    if (access(mail->program, X_OK) != 0) {
        complain(work, "ACCT0164", "AcctAuthMail", &mail->place,
                 apr_psprintf(work->pconf, "%s, which speaks SMTP, is not "
                              "there; it is built where libcurl is: install "
                              "libcurl4-openssl-dev (libcurl-devel, "
                              "curl-dev) and then the module anew, or write "
                              "sendmail", mail->program));
    }
    if (mail->smtp->ca != NULL && access(mail->smtp->ca, R_OK) != 0) {
        complain(work, "ACCT0164", "AcctAuthMail", &mail->place,
                 apr_psprintf(work->pconf, "%s cannot be read; write ca= and "
                              "the path of a file in PEM", mail->smtp->ca));
    }
    if (mail->smtp_is_plain && !mail->smtp->is_local
        && mail->password_file != NULL) {
        complain(work, "ACCT0164", "AcctAuthMailPassword",
                 &mail->password_place, "it would be sent without TLS, to be "
                 "read by anybody on the way; take the word plain away from "
                 "AcctAuthMail");
    }
}

static int is_loopback(const char *base)
{
    static const char *const hosts[] = { "localhost", "127.", "[::1]" };

    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        if (ap_cstr_casecmpn(base + 7, hosts[i], strlen(hosts[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

static void warn_of_plain_links(const work_t *work)
{
    const acct_mail_conf_t *mail = &work->conf->mail;

    if (mail->link_base != NULL
        && ap_cstr_casecmpn(mail->link_base, "http://", 7) == 0
        && !is_loopback(mail->link_base)) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0,
                     work->server, "ACCT0163: AcctAuthMailLinkBase on line "
                     "%d of %s: links lead to a page without TLS, so anybody "
                     "on the way can take them, and the accounts; write "
                     "https://", mail->link_base_place.line,
                     mail->link_base_place.file);
    }
}

/* ---- the whole ---- */

static int or_default(int number, int otherwise)
{
    return number > 0 ? number : otherwise;
}

static void make_site(work_t *work)
{
    static const acct_mail_limits_t usual = ACCT_MAIL_LIMITS_DEFAULT;
    const acct_mail_conf_t *mail = &work->conf->mail;
    acct_mail_site_t *site = apr_pcalloc(work->pconf, sizeof(*site));
    apr_array_header_t *errors = apr_array_make(work->pconf, 1,
                                                sizeof(const char *));

    site->name = work->server->server_hostname;
    site->transport = (acct_mail_transport_e)mail->transport;
    site->program = mail->program;
    site->smtp = mail->smtp;
    site->from = mail->from;
    site->link_base = mail->link_base;
    site->site_name = acct_site_name(work->server);
    site->limits.address_hour = or_default(mail->limits.address_hour,
                                           usual.address_hour);
    site->limits.address_day = or_default(mail->limits.address_day,
                                          usual.address_day);
    site->limits.server_hour = or_default(mail->limits.server_hour,
                                          usual.server_hour);
    site->dialects = dialects_of(work);
    acct_mail_site_read(site, mail->language, mail->template_dir, errors,
                        work->pconf);
    for (int i = 0; i < errors->nelts; i++) {
        complain(work, "ACCT0161", "AcctAuthMail", &mail->place,
                 APR_ARRAY_IDX(errors, i, const char *));
    }
    work->conf->mail_site = site;
}

/* What is inherited is shared, and a host may have a password of its own. */
static void own_smtp(acct_mail_conf_t *mail, apr_pool_t *pconf)
{
    if (mail->smtp != NULL) {
        mail->smtp = apr_pmemdup(pconf, mail->smtp, sizeof(*mail->smtp));
    }
}

int acct_mail_conf_check(server_rec *s, apr_pool_t *pconf)
{
    work_t work = { s, acct_server_conf(s), pconf, 0 };
    const apr_array_header_t *mounts = work.conf->mounts;

    if (work.conf->mail.transport > ACCT_TRANSPORT_OFF) {
        own_smtp(&work.conf->mail, pconf);
        check_needed(&work);
        if (work.conf->mail.smtp != NULL) {
            check_smtp(&work);
        }
        warn_of_plain_links(&work);
        make_site(&work);
        return work.mistakes;
    }
    for (int i = 0; mounts != NULL && i < mounts->nelts; i++) {
        const acct_mount_t *mount = APR_ARRAY_IDX(mounts, i,
                                                  const acct_mount_t *);

        for (int j = 0; j < mount->count; j++) {
            check_route(&work, mount, j);
        }
    }
    return work.mistakes;
}
