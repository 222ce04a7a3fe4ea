/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command did, told to the system's log or to a file of --audit.
 */
#include "console/cli.h"

#include <apr_env.h>
#include <apr_strings.h>
#include <apr_user.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/audit_line.h"
#include "base/audit_sink.h"

#define IDENT "acctauth"

/* Whom the system takes the caller for; of root, by sudo, who asked it. */
static const char *caller(apr_pool_t *pool)
{
    const char *name = "?";
    char *found;
    apr_uid_t uid;
    apr_gid_t gid;

    if (getuid() == 0
        && apr_env_get(&found, "SUDO_USER", pool) == APR_SUCCESS
        && found[0] != '\0') {
        name = found;
    }
    else if (apr_uid_current(&uid, &gid, pool) == APR_SUCCESS
             && apr_uid_name_get(&found, uid, pool) == APR_SUCCESS) {
        name = found;
    }
    return apr_pstrcat(pool, "cli:", name, NULL);
}

static const char *path_of(const acct_cli_t *cli)
{
    const char *path = acct_cli_value(cli, ACCT_OPT_AUDIT);
    char *set;

    if (path == NULL && apr_env_get(&set, "ACCTAUTH_AUDIT", cli->pool)
                        == APR_SUCCESS && set[0] != '\0') {
        path = set;
    }
    return path;
}

static apr_status_t close_log(void *data)
{
    (void)close(((acct_cli_t *)data)->audit.fd);
    return APR_SUCCESS;
}

/* Before anything is done: what cannot be told is not done. */
int acct_cli_acts_open(acct_cli_t *cli)
{
    acct_cli_audit_t *audit = &cli->audit;

    audit->path = path_of(cli);
    audit->by = caller(cli->pool);
    if (audit->path == NULL) {
        audit->fd = acct_syslog_open();
    }
    else {
        /* not to wait for a reader, where it is a FIFO */
        audit->fd = open(audit->path, O_WRONLY | O_APPEND | O_CREAT
                         | O_CLOEXEC | O_NONBLOCK, 0644);
    }
    if (audit->fd < 0 && audit->path != NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "cannot open %s: %s; "
                             "nothing was done", audit->path,
                             strerror(errno));
    }
    if (audit->fd >= 0) {
        apr_pool_cleanup_register(cli->pool, cli, close_log,
                                  apr_pool_cleanup_null);
    }
    return ACCT_EXIT_OK;
}

/* The change is done by now, so the command does not fail; where the system's
 * log has no daemon the line is lost. */
void acct_cli_tell(void *context, const acct_event_t *event)
{
    const acct_cli_t *cli = context;
    const acct_audit_place_t place = {
        .when = apr_time_now(), .by = cli->audit.by,
        .database = acct_db_describe(&cli->config)
    };
    char line[ACCT_AUDIT_LINE_MAX];
    size_t length = acct_audit_line(event, &place, line);
    apr_status_t status;

    if (cli->audit.path == NULL) {
        (void)acct_syslog_send(cli->audit.fd, LOG_AUTHPRIV, IDENT, line,
                               length);
        return;
    }
    status = acct_audit_append(cli->audit.fd, line, length, NULL);
    if (status != APR_SUCCESS) {
        acct_cli_fail(cli, 0, "it is done, but %s did not take the line "
                      "about it: %s", cli->audit.path, strerror(status));
    }
}
