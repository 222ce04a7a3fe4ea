/* SPDX-License-Identifier: Apache-2.0 */
/* AcctAuthAuditLog; see config/config.h. */
#include "config/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "base/audit_sink.h"

#define NAME "AcctAuthAuditLog: "
#define SYSLOG "syslog:"

#define BIT(kind) ((apr_uint64_t)1 << (kind))

/* Events of each request to a guarded page, or to the current account: that
 * one was let in is written only where the configuration asks for it. */
#define QUIET (BIT(ACCT_EVENT_GUARD) | BIT(ACCT_EVENT_CURRENT))

/* ---- where to ---- */

static const char *set_facility(acct_audit_conf_t *audit, const char *name,
                                apr_pool_t *pool)
{
    audit->to = ACCT_AUDIT_SYSLOG;
    audit->target = name;
    audit->facility = acct_syslog_facility(name);
    return audit->facility >= 0 ? NULL
        : apr_psprintf(pool, NAME "\"%s\" is no facility of syslog; write "
                       "syslog:authpriv, or behind syslog: one of %s", name,
                       acct_syslog_facilities());
}

/* As httpd takes it: "||" is "|", and "|$" goes by a shell. */
static const char *set_program(acct_audit_conf_t *audit, const char *program,
                               apr_pool_t *pool)
{
    const char *words = program + (program[0] == '|');
    apr_finfo_t info;
    char **argv;

    audit->to = ACCT_AUDIT_PROGRAM;
    audit->target = program;
    if (words[0] == '$') {
        return NULL;
    }
    if (apr_tokenize_to_argv(words, &argv, pool) != APR_SUCCESS
        || argv[0] == NULL) {
        return NAME "there is no program behind the |; write "
            "\"|/usr/bin/logger -p authpriv.info\", for example";
    }
    if (argv[0][0] == '/'
        && (apr_stat(&info, argv[0], APR_FINFO_TYPE | APR_FINFO_PROT, pool)
            != APR_SUCCESS
            || info.filetype != APR_REG
            || !(info.protection & (APR_UEXECUTE | APR_GEXECUTE
                                    | APR_WEXECUTE)))) {
        return apr_psprintf(pool, NAME "\"%s\" is no program; write the path "
                            "of one that reads lines from its standard input",
                            argv[0]);
    }
    return NULL;
}

static const char *set_file(acct_audit_conf_t *audit, const char *path,
                            apr_pool_t *pool)
{
    const char *folder;

    audit->to = ACCT_AUDIT_FILE;
    audit->target = path[0] != '\0' ? ap_server_root_relative(pool, path)
                                    : NULL;
    if (audit->target == NULL) {
        return apr_psprintf(pool, NAME "\"%s\" is no usable path; write "
                            "the path of a file, for example "
                            "/var/log/apache2/acctauth.log", path);
    }
    if (ap_is_directory(pool, audit->target)) {
        return apr_psprintf(pool, NAME "%s is a folder; write the path of a "
                            "file in it: %s/acctauth.log", audit->target,
                            audit->target);
    }
    folder = ap_make_dirstr_parent(pool, audit->target);
    return ap_is_directory(pool, folder) ? NULL
        : apr_psprintf(pool, NAME "there is no folder %s for %s; make it, or "
                       "write the path of a file beside the error log",
                       folder, audit->target);
}

static const char *set_target(acct_audit_conf_t *audit, const char *word,
                              apr_pool_t *pool)
{
    if (word[0] == '|') {
        return set_program(audit, word + 1, pool);
    }
    if (strncmp(word, SYSLOG, sizeof(SYSLOG) - 1) == 0) {
        return set_facility(audit, word + sizeof(SYSLOG) - 1, pool);
    }
    if (strcmp(word, "syslog") == 0) {
        return set_facility(audit, "authpriv", pool);
    }
    return set_file(audit, word, pool);
}

/* ---- what ---- */

static const char *unknown_event(const char *word, apr_pool_t *pool)
{
    const char *all = "";
    int i;

    for (i = 0; i < ACCT_EVENT__COUNT; i++) {
        const char *name = acct_event_name((acct_event_e)i);

        if (name != NULL) {
            all = apr_pstrcat(pool, all, all[0] != '\0' ? ", " : "", name,
                              NULL);
        }
    }
    return apr_psprintf(pool, NAME "\"%s\" is no event; write none for all "
                        "of them, or any of %s; guard=all and current=all "
                        "also tell of requests that are let in; ip=network "
                        "or ip=wide cut addresses", word, all);
}

/* "login", "guard", "guard=all". */
static const char *add_event(acct_audit_conf_t *audit, const char *word,
                             apr_pool_t *pool)
{
    const char *equals = strchr(word, '=');
    int kind = acct_event_find(equals == NULL ? word
                               : apr_pstrmemdup(pool, word,
                                                (apr_size_t)(equals - word)));

    if (kind <= 0
        || (equals != NULL && (strcmp(equals, "=all") != 0
                               || !(QUIET & BIT(kind))))) {
        return unknown_event(word, pool);
    }
    audit->refused |= BIT(kind);
    if (equals != NULL || !(QUIET & BIT(kind))) {
        audit->done |= BIT(kind);
    }
    return NULL;
}

static const char *set_ip(acct_audit_conf_t *audit, const char *word,
                          apr_pool_t *pool)
{
    if (strcmp(word, "network") == 0) {
        audit->ip = ACCT_AUDIT_NETWORK;
    }
    else if (strcmp(word, "wide") == 0) {
        audit->ip = ACCT_AUDIT_WIDE;
    }
    else if (strcmp(word, "full") != 0) {
        return apr_psprintf(pool, NAME "\"ip=%s\" is not known; write ip=full "
                            "(the address, the default), ip=network (/32 of "
                            "IPv4, /64 of IPv6) or ip=wide (/24, /48)", word);
    }
    return NULL;
}

static const char *set_words(acct_audit_conf_t *audit, int argc,
                             char *const argv[], apr_pool_t *pool)
{
    const char *error = NULL;
    int events = 0;
    int i;

    for (i = 0; i < argc && error == NULL; i++) {
        if (strncmp(argv[i], "ip=", 3) == 0) {
            error = set_ip(audit, argv[i] + 3, pool);
        }
        else {
            error = add_event(audit, argv[i], pool);
            /* guard=all alone is all events, and then some. */
            events += strchr(argv[i], '=') == NULL;
        }
    }
    if (error == NULL && events == 0) {
        audit->refused = ~(apr_uint64_t)0;
        audit->done |= ~QUIET;
    }
    return error;
}

const char *acct_set_audit_log(cmd_parms *cmd, void *dir, int argc,
                               char *const argv[])
{
    acct_audit_conf_t *audit = apr_pcalloc(cmd->pool, sizeof(*audit));
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (argc == 0) {
        return NAME "write Off, or a file, \"|program\" or syslog:facility, "
            "and then the events that are told (none: all)";
    }
    audit->place = acct_place_of(cmd);
    acct_server_conf(cmd->server)->audit = audit;
    if (ap_cstr_casecmp(argv[0], "Off") == 0) {
        return argc == 1 ? NULL : NAME "nothing can follow Off";
    }
    error = set_target(audit, argv[0], cmd->pool);
    return error != NULL ? error
        : set_words(audit, argc - 1, argv + 1, cmd->pool);
}
