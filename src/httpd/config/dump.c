/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command `acctauth` has to know of the configuration, when httpd is
 * called with -t -D ACCTAUTH_DUMP: one JSON object a line for each server that
 * has accounts. A connection string with a password is not printed: only that
 * it is not.
 */
#include "config/dump.h"

#include <apr_file_io.h>
#include <http_config.h>
#include <http_core.h>
#include <jansson.h>
#include <stdlib.h>

#include "config/mount.h"

#define DUMP "ACCTAUTH_DUMP"

/* NULL is left out. */
static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL) {
        json_object_set_new(object, name, json_string(text));
    }
}

static json_t *dump_mounts(const acct_server_conf_t *conf)
{
    json_t *list = json_array();

    for (int i = 0; conf->mounts != NULL && i < conf->mounts->nelts; i++) {
        const acct_mount_t *mount = APR_ARRAY_IDX(conf->mounts, i,
                                                  const acct_mount_t *);
        json_t *one = json_object();
        json_t *names = json_array();

        for (int j = 0; j < mount->count; j++) {
            json_array_append_new(names,
                                  json_string(mount->dialects[j]->name));
        }
        set_text(one, "path", mount->path);
        json_object_set_new(one, "dialects", names);
        json_array_append_new(list, one);
    }
    return list;
}

static const char *transport_name(acct_mail_transport_e transport)
{
    return transport == ACCT_TRANSPORT_SENDMAIL ? "sendmail"
        : transport == ACCT_TRANSPORT_SMTP ? "smtp"
        : transport == ACCT_TRANSPORT_SPOOL ? "spool" : "Off";
}

static void dump_smtp(json_t *mail, const acct_mail_conf_t *conf)
{
    set_text(mail, "smtp", conf->smtp->url);
    set_text(mail, "ca", conf->smtp->ca);
    json_object_set_new(mail, "tls", json_boolean(!conf->smtp->is_plain));
    set_text(mail, "password_file", conf->password_file);
}

static json_t *dump_mail(const acct_server_conf_t *conf)
{
    const acct_mail_site_t *site = conf->mail_site;
    json_t *mail = json_object();

    set_text(mail, "transport", transport_name(site->transport));
    set_text(mail, "program", site->program);
    if (conf->mail.smtp != NULL) {
        dump_smtp(mail, &conf->mail);
    }
    set_text(mail, "from_name", site->from.name);
    set_text(mail, "from", site->from.address);
    set_text(mail, "link_base", site->link_base);
    set_text(mail, "site_name", site->site_name);
    set_text(mail, "language", conf->mail.language);
    set_text(mail, "template_dir", conf->mail.template_dir);
    json_object_set_new(mail, "address_hour",
                        json_integer(site->limits.address_hour));
    json_object_set_new(mail, "address_day",
                        json_integer(site->limits.address_day));
    json_object_set_new(mail, "server_hour",
                        json_integer(site->limits.server_hour));
    return mail;
}

static json_t *dump_server(const server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    json_t *one = json_object();

    set_text(one, "server", s->server_hostname);
    set_text(one, "driver", conf->db.driver);
    set_text(one, "params", acct_db_is_file(conf->db.driver)
             ? conf->db.params : conf->db.written);
    set_text(one, "key_file", conf->key_file);
    set_text(one, "dialect_dir", conf->dialect_dir != NULL
             ? conf->dialect_dir : ACCT_DIALECT_DIR);
    json_object_set_new(one, "mounts", dump_mounts(conf));
    if (conf->mail_site != NULL) {
        json_object_set_new(one, "mail", dump_mail(conf));
    }
    return one;
}

static void test_config(apr_pool_t *pconf, server_rec *main_server)
{
    apr_file_t *out;

    if (!ap_exists_config_define(DUMP)
        || apr_file_open_stdout(&out, pconf) != APR_SUCCESS) {
        return;
    }
    for (const server_rec *s = main_server; s != NULL; s = s->next) {
        json_t *one;
        char *text;

        if (acct_server_conf(s)->db.driver == NULL) {
            continue;
        }
        one = dump_server(s);
        text = json_dumps(one, JSON_COMPACT);
        if (text != NULL) {
            apr_file_printf(out, "%s\n", text);
        }
        free(text);
        json_decref(one);
    }
}

void acct_config_dump_hooks(void)
{
    ap_hook_test_config(test_config, NULL, NULL, APR_HOOK_MIDDLE);
}
