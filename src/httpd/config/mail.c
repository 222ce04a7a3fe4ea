/* SPDX-License-Identifier: Apache-2.0 */
/* Directives about mails; see config/config.h and mail/site.h. */
#include "config/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "mail/language.h"
#include "mail/sendmail.h"

#define KINDS \
    "sendmail, sendmail:/PATH of a program like it, smtp://HOST:PORT, " \
    "smtps://HOST, spool, spool: before a /PATH or one of the last, or Off"

/* ---- making and merging ---- */

void acct_mail_conf_init(acct_mail_conf_t *conf)
{
    conf->transport = -1;
}

static int number_of(int own, int inherited)
{
    return own > 0 ? own : inherited;
}

acct_mail_conf_t acct_mail_conf_merge(const acct_mail_conf_t *base,
                                      const acct_mail_conf_t *add)
{
    acct_mail_conf_t conf = *add;

    if (add->transport < 0) {
        conf.transport = base->transport;
        conf.program = base->program;
        conf.smtp = base->smtp;
        conf.smtp_is_plain = base->smtp_is_plain;
        conf.place = base->place;
    }
    if (add->password_file == NULL) {
        conf.password_file = base->password_file;
        conf.password_place = base->password_place;
    }
    if (add->from.address == NULL) {
        conf.from = base->from;
    }
    if (add->link_base == NULL) {
        conf.link_base = base->link_base;
        conf.link_base_place = base->link_base_place;
    }
    if (add->template_dir == NULL) {
        conf.template_dir = base->template_dir;
    }
    if (add->language == NULL) {
        conf.language = base->language;
    }
    if (add->site_name == NULL) {
        conf.site_name = base->site_name;
    }
    conf.limits.address_hour = number_of(add->limits.address_hour,
                                         base->limits.address_hour);
    conf.limits.address_day = number_of(add->limits.address_day,
                                        base->limits.address_day);
    conf.limits.server_hour = number_of(add->limits.server_hour,
                                        base->limits.server_hour);
    return conf;
}

/* ---- setters ---- */

static acct_mail_conf_t *mail_of(const cmd_parms *cmd)
{
    return &acct_server_conf(cmd->server)->mail;
}

/* A word behind the address of a mail server. */
static const char *set_smtp_word(cmd_parms *cmd, acct_mail_conf_t *conf,
                                 const char *word)
{
    const char *path = strchr(word, '=') != NULL ? strchr(word, '=') + 1 : "";

    if (ap_cstr_casecmp(word, "plain") == 0) {
        conf->smtp_is_plain = conf->smtp->is_plain = 1;
    }
    else if (ap_cstr_casecmp(word, "tls") == 0) {
        conf->smtp->is_plain = 0;
    }
    else if (ap_cstr_casecmpn(word, "ca=/", 4) == 0) {
        conf->smtp->ca = path;
    }
    else if (ap_cstr_casecmpn(word, "program=/", 9) == 0) {
        conf->program = path;
    }
    else {
        return apr_psprintf(cmd->pool, "AcctAuthMail: \"%s\" is not known "
                            "behind the address of a mail server; write tls, "
                            "plain, ca=/PATH of its authority's certificate "
                            "or program=/PATH of another acctauth-smtp",
                            word);
    }
    return NULL;
}

static const char *set_smtp(cmd_parms *cmd, acct_mail_conf_t *conf, int argc,
                            char *const argv[])
{
    const char *text = argv[0], *error = NULL;

    if (conf->transport == ACCT_TRANSPORT_SPOOL) {
        text += 6;
    }
    conf->program = ACCT_SMTP;
    conf->smtp = apr_palloc(cmd->pool, sizeof(*conf->smtp));
    if (acct_smtp_parse(conf->smtp, text, &error, cmd->pool) != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "AcctAuthMail: \"%s\": %s", text,
                            error);
    }
    error = NULL;
    for (int i = 1; error == NULL && i < argc; i++) {
        error = set_smtp_word(cmd, conf, argv[i]);
    }
    return error;
}

/* 0: it is none of those that have one word. */
static int set_transport(acct_mail_conf_t *conf, const char *word)
{
    conf->program = NULL;
    if (ap_cstr_casecmp(word, "Off") == 0) {
        conf->transport = ACCT_TRANSPORT_OFF;
    }
    else if (ap_cstr_casecmp(word, "spool") == 0) {
        conf->transport = ACCT_TRANSPORT_SPOOL;
    }
    else if (ap_cstr_casecmp(word, "sendmail") == 0) {
        conf->transport = ACCT_TRANSPORT_SENDMAIL;
        conf->program = ACCT_SENDMAIL_DEFAULT;
    }
    else if (ap_cstr_casecmpn(word, "spool:/", 7) == 0) {
        conf->transport = ACCT_TRANSPORT_SPOOL;
        conf->program = word + 6;
    }
    else if (ap_cstr_casecmpn(word, "sendmail:/", 10) == 0) {
        conf->transport = ACCT_TRANSPORT_SENDMAIL;
        conf->program = word + 9;
    }
    else {
        return 0;
    }
    return 1;
}

const char *acct_set_mail(cmd_parms *cmd, void *dir, int argc,
                          char *const argv[])
{
    acct_mail_conf_t *conf = mail_of(cmd);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    const char *word = argc > 0 ? argv[0] : "";

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->place = acct_place_of(cmd);
    conf->smtp = NULL;
    conf->smtp_is_plain = 0;
    if (acct_smtp_is_url(word)) {
        conf->transport = ACCT_TRANSPORT_SMTP;
        return set_smtp(cmd, conf, argc, argv);
    }
    if (ap_cstr_casecmpn(word, "spool:", 6) == 0
        && acct_smtp_is_url(word + 6)) {
        conf->transport = ACCT_TRANSPORT_SPOOL;
        return set_smtp(cmd, conf, argc, argv);
    }
    if (argc != 1 || !set_transport(conf, word)) {
        return apr_psprintf(cmd->pool, "AcctAuthMail: \"%s\" is not known; "
                            "write " KINDS,
                            argc > 1 ? argv[argc - 1] : word);
    }
    return NULL;
}

const char *acct_set_mail_password(cmd_parms *cmd, void *dir,
                                   const char *text)
{
    acct_mail_conf_t *conf = mail_of(cmd);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (strncmp(text, "file:/", 6) != 0) {
        return "AcctAuthMailPassword: a password does not stand in the "
               "configuration; write file:/PATH of a file whose first line "
               "is the user and whose second one is the password";
    }
    conf->password_file = text + 5;
    conf->password_place = acct_place_of(cmd);
    return NULL;
}

const char *acct_set_mail_from(cmd_parms *cmd, void *dir, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (acct_mail_from_parse(&mail_of(cmd)->from, text, &error, cmd->pool)
        != APR_SUCCESS) {
        return apr_pstrcat(cmd->pool, "AcctAuthMailFrom: ", error, NULL);
    }
    return NULL;
}

/* The part behind "https://"; NULL: it is none. */
static const char *host_of(const char *base)
{
    return ap_cstr_casecmpn(base, "https://", 8) == 0 ? base + 8
        : ap_cstr_casecmpn(base, "http://", 7) == 0 ? base + 7 : NULL;
}

const char *acct_set_mail_link_base(cmd_parms *cmd, void *dir,
                                    const char *text)
{
    acct_mail_conf_t *conf = mail_of(cmd);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    const char *host = host_of(text);
    const char *at = text;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    while (*at > ' ' && *at < 0x7f && strchr("\"'<>\\^`{|}", *at) == NULL) {
        at++;
    }
    if (host == NULL || *at != '\0' || !apr_isalnum(*host)) {
        if (host == NULL || *at != '\0' || *host != '[') {
            return apr_psprintf(cmd->pool, "AcctAuthMailLinkBase: \"%s\" is "
                                "no address of a page; write "
                                "https://www.example.com/me/, what "
                                "links begin with", text);
        }
    }
    conf->link_base = text[strlen(text) - 1] == '/' ? text
        : apr_pstrcat(cmd->pool, text, "/", NULL);
    conf->link_base_place = acct_place_of(cmd);
    return NULL;
}

const char *acct_set_mail_template_dir(cmd_parms *cmd, void *dir,
                                       const char *path)
{
    acct_mail_conf_t *conf = mail_of(cmd);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->template_dir = ap_server_root_relative(cmd->pool, path);
    if (conf->template_dir == NULL
        || !ap_is_directory(cmd->temp_pool, conf->template_dir)) {
        return apr_psprintf(cmd->pool, "AcctAuthMailTemplateDir: \"%s\" is "
                            "not a directory; the templates that come with "
                            "the module are in " ACCT_MAIL_DIR ", and what "
                            "this directory lacks is taken from there", path);
    }
    return NULL;
}

const char *acct_set_mail_language(cmd_parms *cmd, void *dir,
                                   const char *text)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    char *tag = apr_pstrdup(cmd->pool, text);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    ap_str_tolower(tag);
    if (!acct_language_is_tag(tag)) {
        return apr_psprintf(cmd->pool, "AcctAuthMailLanguage: \"%s\" is no "
                            "language tag; write en, de or pt-br", text);
    }
    mail_of(cmd)->language = tag;
    return NULL;
}

const char *acct_set_site_name(cmd_parms *cmd, void *dir, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (text[0] == '\0' || !acct_mail_is_header_text(text)) {
        return "AcctAuthSiteName: the name is empty, holds a control "
               "character or is not UTF-8; write a few words";
    }
    mail_of(cmd)->site_name = text;
    return NULL;
}

/* ---- limits ---- */

#define LIMIT_MOST 1000000

/* "3/h": how many in an hour or a day, and which ('h', 'd'); -1: it is
 * neither. */
static int parse_rate(const char *text, char *unit)
{
    const char *slash = strchr(text, '/');
    char number[16];

    if (slash == NULL || (slash[1] != 'h' && slash[1] != 'd')
        || slash[2] != '\0' || slash - text >= (int)sizeof(number)) {
        return -1;
    }
    *unit = slash[1];
    apr_cpystrn(number, text, (apr_size_t)(slash - text) + 1);
    return (int)acct_parse_number(number, 1, LIMIT_MOST);
}

/* "3/h,10/d". @return 0: there is one that is none */
static int set_address_rates(acct_mail_limits_t *limits, char *rates)
{
    char *next;

    for (; rates != NULL; rates = next) {
        char unit = 0;
        int n;

        next = strchr(rates, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        n = parse_rate(rates, &unit);
        if (n < 0) {
            return 0;
        }
        *(unit == 'h' ? &limits->address_hour : &limits->address_day) = n;
    }
    return 1;
}

const char *acct_set_mail_limit(cmd_parms *cmd, void *dir, const char *word)
{
    acct_mail_limits_t *limits = &mail_of(cmd)->limits;
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    char unit = 0;
    int n;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (ap_cstr_casecmpn(word, "address=", 8) == 0
        && set_address_rates(limits, apr_pstrdup(cmd->temp_pool, word + 8))) {
        return NULL;
    }
    n = ap_cstr_casecmpn(word, "server=", 7) == 0
        ? parse_rate(word + 7, &unit) : -1;
    if (n < 0 || unit != 'h') {
        return apr_psprintf(cmd->pool, "AcctAuthMailLimit: \"%s\" is not "
                            "known; write address=3/h,10/d (to one address) "
                            "or server=1000/h (of all)", word);
    }
    limits->server_hour = n;
    return NULL;
}
