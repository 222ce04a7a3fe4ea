/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/log.h"

#include <apr_hash.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <http_log.h>
#include <unistd.h>

#include "base/audit_sink.h"

APLOG_USE_MODULE(acctauth);

#define IDENT "acctauth"

/* Not to wait where the path is a FIFO's. */
#ifdef APR_FOPEN_NONBLOCK
#define AT_ONCE APR_FOPEN_NONBLOCK
#else
#define AT_ONCE 0
#endif

/* As httpd opens its own; what its umask leaves of the mode. */
static apr_status_t open_file(const char *path, int *fd, apr_pool_t *pconf)
{
    apr_file_t *file;
    apr_status_t status;

    status = apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_APPEND
                           | APR_FOPEN_CREATE | APR_FOPEN_LARGEFILE | AT_ONCE,
                           APR_FPROT_OS_DEFAULT, pconf);
    return status == APR_SUCCESS ? apr_os_file_get(fd, file) : status;
}

/* A program that does not read shall keep no request waiting. The mark is of
 * the end that is written to, alone. */
static apr_status_t open_program(const char *program, int *fd,
                                 apr_pool_t *pconf)
{
    piped_log *piped = ap_open_piped_log(pconf, program);
    int flags;

    if (piped == NULL) {
        return APR_EGENERAL;
    }
    if (apr_os_file_get(fd, ap_piped_log_write_fd(piped)) != APR_SUCCESS
        || (flags = fcntl(*fd, F_GETFL)) < 0
        || fcntl(*fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        *fd = -1;
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

static apr_status_t close_syslog(void *log)
{
    (void)close(((acct_audit_log_t *)log)->fd);
    return APR_SUCCESS;
}

static apr_status_t open_syslog(acct_audit_log_t *log, apr_pool_t *pconf)
{
    log->fd = acct_syslog_open();
    if (log->fd < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    apr_pool_cleanup_register(pconf, log, close_syslog, close_syslog);
    return APR_SUCCESS;
}

static apr_status_t open_one(const acct_audit_conf_t *audit,
                             acct_audit_log_t *log, apr_pool_t *pconf)
{
    log->fd = -1;
    switch (audit->to) {
    case ACCT_AUDIT_FILE:
        return open_file(audit->target, &log->fd, pconf);
    case ACCT_AUDIT_PROGRAM:
        return open_program(audit->target, &log->fd, pconf);
    case ACCT_AUDIT_SYSLOG:
        return open_syslog(log, pconf);
    case ACCT_AUDIT_OFF:
        break;
    }
    return APR_SUCCESS;
}

static acct_audit_log_t *log_of(apr_hash_t *logs,
                                const acct_audit_conf_t *audit,
                                server_rec *s, apr_pool_t *pconf)
{
    const char *key = apr_psprintf(pconf, "%d%s", (int)audit->to,
                                   audit->target);
    acct_audit_log_t *log = apr_hash_get(logs, key, APR_HASH_KEY_STRING);
    apr_status_t status;

    if (log != NULL) {
        return log;
    }
    log = apr_pcalloc(pconf, sizeof(*log));
    log->number = (int)apr_hash_count(logs);
    status = open_one(audit, log, pconf);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status, s,
                     "ACCT0260: AcctAuthAuditLog in %s line %d: cannot open "
                     "%s: its lines are lost; mend it and reload",
                     audit->place.file, audit->place.line, audit->target);
    }
    apr_hash_set(logs, key, APR_HASH_KEY_STRING, log);
    return log;
}

void acct_audit_open(server_rec *main_server, apr_pool_t *pconf)
{
    apr_hash_t *logs = apr_hash_make(pconf);
    server_rec *s;

    for (s = main_server; s != NULL; s = s->next) {
        acct_audit_conf_t *audit = acct_server_conf(s)->audit;

        if (audit != NULL && audit->to != ACCT_AUDIT_OFF
            && audit->log == NULL) {
            audit->log = log_of(logs, audit, s, pconf);
        }
    }
}

apr_status_t acct_audit_write(const acct_audit_conf_t *audit,
                              const char *line, apr_size_t length,
                              _Atomic(int) *torn)
{
    int fd = audit->log != NULL ? audit->log->fd : -1;

    return audit->to == ACCT_AUDIT_SYSLOG
        ? acct_syslog_send(fd, audit->facility, IDENT, line, length)
        : acct_audit_append(fd, line, length, torn);
}
