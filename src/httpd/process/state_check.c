/* SPDX-License-Identifier: Apache-2.0 */
#include "process/state_check.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <string.h>
#include <unistd.h>

#include "base/ticks.h"
#include "config/config.h"
#include "config/remedy.h"
#include "connections/pool_open.h"
#include "connections/trusted.h"
#include "process/file_access.h"
#include "process/key.h"
#include "process/database_facts.h"
#include "process/never_served.h"
#include "process/probe.h"
#include "process/secret_watch.h"

APLOG_USE_MODULE(acctauth);

/* A start reads the configuration twice, and with both looks it takes five
 * seconds at most, whatever does not answer. */
#define WITHIN apr_time_from_msec(1500)

typedef struct check_t {
    apr_pool_t *pconf;
    apr_pool_t *ptemp;
    server_rec *main_server;
    apr_array_header_t *looks;  /* look_t *, each database once */
    apr_hash_t *by_name;        /* look_t *, by driver and parameters */
    apr_hash_t *told;
    acct_schemas_t *schemas;    /* of all databases */
} check_t;

/* A database as the children see it; and as root does, where they cannot
 * get at its file. */
typedef struct look_t {
    acct_probe_t children;
    acct_probe_t root;          /* config NULL: root did not look */
} look_t;

/* ---- telling ---- */

/* Once for all virtual hosts that inherit it. At the level of errors, so
 * that configtest says it under any LogLevel that says anything. */
static void warn(check_t *check, server_rec *s, const char *id,
                 const char *directive, const acct_place_t *place,
                 const char *what)
{
    const char *text = apr_psprintf(check->ptemp, "%s: %s on line %d of %s: "
                                    "%s", id, directive, place->line,
                                    place->file, what);

    if (apr_hash_get(check->told, text, APR_HASH_KEY_STRING) != NULL) {
        return;
    }
    apr_hash_set(check->told, text, APR_HASH_KEY_STRING, text);
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, s,
                 "%s (the server goes on; what needs this is answered with "
                 "503 until it is mended)", text);
}

/* ---- what only root may read ---- */

/* Whom a server's files may belong to. */
static acct_trusted_t trusted_by(const check_t *check,
                                 const acct_server_conf_t *conf)
{
    return acct_trusted_with(acct_server_conf(check->main_server)->trusted,
                             acct_db_is_file(conf->db.driver)
                             ? conf->db.params : NULL);
}

static int secret_is_safe(const check_t *check,
                          const acct_server_conf_t *conf,
                          const char *path, const char **error)
{
    acct_trusted_t trusted = trusted_by(check, conf);

    acct_never_served_add(check->main_server, path, 0, check->pconf);
    return acct_secret_watch_add(check->main_server, path, &trusted, error,
                                 check->pconf);
}

/* That a key which the log called wrong is right again; between reloads the
 * process's pool remembers. */
static void tell_key_is_back(check_t *check, server_rec *s, int is_read)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    apr_pool_t *process = s->process->pool;
    const char *name = apr_pstrcat(check->ptemp, "acctauth:key:",
                                   conf->key_file, NULL);
    void *told = NULL;

    apr_pool_userdata_get(&told, name, process);
    if (is_read && told != NULL) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, "ACCT0113: the key "
                     "file %s can be used again", conf->key_file);
    }
    if (told != (is_read ? NULL : process)) {
        (void)apr_pool_userdata_set(is_read ? NULL : process, name, NULL,
                                    process);
    }
}

static int read_key(check_t *check, acct_server_conf_t *conf,
                    const char **error)
{
    apr_status_t status;

    if (!secret_is_safe(check, conf, conf->key_file, error)) {
        conf->closed = *error;
        return 0;
    }
    status = acct_keys_read(conf->key_file, &conf->key, check->pconf,
                            check->ptemp, error);
    if (status == APR_EACCES && geteuid() == 0) {
        /* its own check of the mode, which leaves no group in */
        conf->closed = *error;
    }
    return status == APR_SUCCESS;
}

static void check_key(check_t *check, server_rec *s)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    const char *error = NULL;
    int is_read;

    conf->key = NULL;
    if (conf->key_file == NULL) {
        return;
    }
    is_read = read_key(check, conf, &error);
    acct_secret_watch_used(check->main_server, conf->key_file, is_read);
    tell_key_is_back(check, s, is_read);
    if (!is_read) {
        warn(check, s, "ACCT0110", "AcctAuthKeyFile", &conf->key_place,
             error);
    }
}

/* Mails wait without it; nothing else does. */
static void check_mail_password(check_t *check, server_rec *s)
{
    const acct_mail_conf_t *mail = &acct_server_conf(s)->mail;
    const char *error = NULL;
    int is_read;

    if (mail->smtp == NULL || mail->password_file == NULL
        || mail->transport <= ACCT_TRANSPORT_OFF) {
        return;
    }
    is_read = secret_is_safe(check, acct_server_conf(s), mail->password_file,
                             &error);
    if (!is_read) {
        mail->smtp->away = error;
    }
    else {
        is_read = acct_smtp_read_password(mail->smtp, mail->password_file,
                                          check->pconf) == APR_SUCCESS;
    }
    acct_secret_watch_used(check->main_server, mail->password_file, is_read);
    if (!is_read) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, s,
                     "ACCT0165: AcctAuthMailPassword on line %d of %s: %s "
                     "(mails wait until it is mended)",
                     mail->password_place.line, mail->password_place.file,
                     mail->smtp->away);
    }
}

/* What stands in a file of a connection string is read now; it lies outside
 * of the configuration too. */
static void check_connection(check_t *check, server_rec *s)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    const char *error = NULL;
    const char *path = NULL;
    int is_read;

    if (!acct_db_is_file(conf->db.driver)
        && strncmp(conf->db.params, "file:", 5) == 0) {
        path = conf->db.params + 5;
    }
    is_read = (path == NULL || secret_is_safe(check, conf, path, &error))
        && acct_db_resolve(&conf->db, check->pconf, &error) == APR_SUCCESS;
    if (path != NULL) {
        acct_secret_watch_used(check->main_server, path, is_read);
    }
    if (!is_read) {
        conf->closed = error;
        warn(check, s, "ACCT0123", "AcctAuthDatabase", &conf->db_place,
             error);
    }
}

/* ---- the databases ---- */

static const char *name_of(const acct_server_conf_t *conf, apr_pool_t *p)
{
    return apr_pstrcat(p, conf->db.driver, "\n", conf->db.params, NULL);
}

static void add_probe(check_t *check, acct_server_conf_t *conf)
{
    const char *name = name_of(conf, check->ptemp);
    look_t *look = apr_hash_get(check->by_name, name, APR_HASH_KEY_STRING);

    conf->db.remake = acct_remedy_remake(conf, check->pconf);
    if (look == NULL) {
        look = apr_pcalloc(check->ptemp, sizeof(*look));
        look->children.config = &conf->db;
        apr_hash_set(check->by_name, name, APR_HASH_KEY_STRING, look);
        APR_ARRAY_PUSH(check->looks, look_t *) = look;
    }
}

/* What is wrong inside of a file is reported even where the children do not
 * get as far. */
static void look_as_root(check_t *check, apr_interval_time_t within)
{
    apr_array_header_t *probes = apr_array_make(check->ptemp, 4,
                                                sizeof(acct_probe_t *));
    int i;

    if (within <= 0) {
        return;
    }
    for (i = 0; i < check->looks->nelts; i++) {
        look_t *look = APR_ARRAY_IDX(check->looks, i, look_t *);

        if (look->children.status != APR_SUCCESS
            && acct_db_is_file(look->children.config->driver)) {
            look->root.config = look->children.config;
            APR_ARRAY_PUSH(probes, acct_probe_t *) = &look->root;
        }
    }
    if (probes->nelts > 0) {
        acct_probe(probes, 0, within, check->pconf);
    }
}

/* A start reads the configuration twice; what was right the first time, in
 * a file that has not changed since, is not opened once more. What was not
 * is, so that the log tells of it too. */
static int was_just_seen(check_t *check, look_t *look)
{
    acct_probe_t *probe = &look->children;

    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_CONFIG
        && acct_database_facts_same(probe->config, &probe->facts,
                                    check->main_server->process->pool,
                                    check->pconf);
}

static void look_at_all(check_t *check)
{
    apr_interval_time_t until = acct_ticks() + WITHIN;
    apr_array_header_t *probes = apr_array_make(check->ptemp, 4,
                                                sizeof(acct_probe_t *));
    int i;

    for (i = 0; i < check->looks->nelts; i++) {
        look_t *look = APR_ARRAY_IDX(check->looks, i, look_t *);

        if (!was_just_seen(check, look)) {
            APR_ARRAY_PUSH(probes, acct_probe_t *) = &look->children;
        }
    }
    if (probes->nelts > 0) {
        acct_probe(probes, 1, WITHIN, check->pconf);
    }
    if (acct_remedy_user() != NULL) {
        look_as_root(check, until - acct_ticks());
    }
}

/* What others can get at is not even opened: they may have put something
 * there. The children look as well, each second, and close it themselves. */
static int check_safety(check_t *check, server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    acct_trusted_t trusted = trusted_by(check, conf);
    const char *error;

    if (!acct_db_is_file(conf->db.driver)) {
        return 1;
    }
    acct_never_served_add(check->main_server, conf->db.params, 1,
                          check->pconf);
    error = acct_trusted_complaint(&trusted, conf->db.params,
                                   ACCT_DATABASE_FILE, acct_remedy_owner(),
                                   check->ptemp);
    if (error != NULL) {
        warn(check, s, "ACCT0121", "AcctAuthDatabase", &conf->db_place,
             error);
    }
    return error == NULL;
}

static void check_before(check_t *check, server_rec *s)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    int is_safe;

    conf->closed = NULL;
    conf->created_at = NULL;
    conf->db.schemas = check->schemas;
    check_connection(check, s);
    check_key(check, s);
    check_mail_password(check, s);
    is_safe = check_safety(check, s);
    if (is_safe && conf->closed == NULL) {
        add_probe(check, conf);
    }
}

/* Where it cannot be read it is the one that was there when it could: no
 * other is taken for it when it is back. */
static void keep_facts(check_t *check, server_rec *s,
                       const acct_probe_t *probe)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    apr_pool_t *process = s->process->pool;
    acct_pool_facts_t facts = { NULL, NULL, NULL };

    if (probe != NULL && probe->status == APR_SUCCESS) {
        facts = probe->facts;
        acct_database_facts_keep(&conf->db, &facts, process, check->ptemp);
    }
    else {
        acct_database_facts_recall(&conf->db, &facts, process, check->ptemp);
    }
    conf->created_at = apr_pstrdup(check->pconf, facts.created_at);
}

static void check_key_fits(check_t *check, server_rec *s,
                           const acct_probe_t *probe)
{
    acct_server_conf_t *conf = acct_server_conf(s);

    if (conf->key == NULL) {
        return;
    }
    if (probe->status != APR_SUCCESS) {
        acct_secret_watch_unproven(check->main_server, conf->key_file);
        return;
    }
    if (probe->facts.key_id != NULL
        && strcmp(conf->key->id, probe->facts.key_id) == 0) {
        return;
    }
    conf->key = NULL;
    acct_secret_watch_used(check->main_server, conf->key_file, 0);
    warn(check, s, "ACCT0112", "AcctAuthKeyFile", &conf->key_place,
         acct_pool_key_error(&conf->db, conf->key_file, check->ptemp));
}

/* Why the children cannot use it. */
static void tell_trouble(check_t *check, server_rec *s, const look_t *look)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const acct_probe_t *probe = &look->children;
    const char *access = acct_db_is_file(conf->db.driver)
        ? acct_file_access_complaint(conf->db.params, check->ptemp) : NULL;

    if (access != NULL) {
        warn(check, s, "ACCT0120", "AcctAuthDatabase", &conf->db_place,
             access);
        probe = &look->root;
    }
    if (probe->status != APR_SUCCESS && probe->error != NULL) {
        warn(check, s, "ACCT0120", "AcctAuthDatabase", &conf->db_place,
             probe->error);
    }
}

static void check_after(check_t *check, server_rec *s)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    const look_t *look = apr_hash_get(check->by_name,
                                      name_of(conf, check->ptemp),
                                      APR_HASH_KEY_STRING);
    const acct_probe_t *probe = look == NULL ? NULL
        : look->root.config != NULL && look->root.status == APR_SUCCESS
        ? &look->root : &look->children;

    keep_facts(check, s, probe);
    if (probe == NULL) {
        return;
    }
    if (look->children.status != APR_SUCCESS) {
        tell_trouble(check, s, look);
    }
    if (probe->facts.exposure != NULL) {
        warn(check, s, "ACCT0124", "AcctAuthDatabase", &conf->db_place,
             probe->facts.exposure);
    }
    check_key_fits(check, s, probe);
}

/* Look at the state of everything that servers name; tell the log; fill in
 * what the check leaves in acct_server_conf_t. */
static int check_state(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    check_t check = { pconf, ptemp, main_server, NULL, NULL, NULL, NULL };
    server_rec *s;

    (void)plog;
    check.looks = apr_array_make(ptemp, 4, sizeof(look_t *));
    check.by_name = apr_hash_make(ptemp);
    check.told = apr_hash_make(ptemp);
    check.schemas = apr_pcalloc(pconf, sizeof(*check.schemas));
    acct_server_conf(main_server)->trusted = acct_trusted_make(pconf);
    for (s = main_server; s != NULL; s = s->next) {
        if (acct_server_conf(s)->db.driver != NULL) {
            check_before(&check, s);
        }
    }
    look_at_all(&check);
    for (s = main_server; s != NULL; s = s->next) {
        if (acct_server_conf(s)->db.driver != NULL) {
            check_after(&check, s);
        }
    }
    return OK;
}

void acct_state_check_hooks(void)
{
    /* Last: by then the configuration is known to be right. */
    ap_hook_check_config(check_state, NULL, NULL, APR_HOOK_LAST);
}
