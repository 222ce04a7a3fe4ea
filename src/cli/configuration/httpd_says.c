/* SPDX-License-Identifier: Apache-2.0 */
#include "configuration/httpd_conf.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_thread_proc.h>
#include <signal.h>
#include <string.h>

/* How long httpd may take to read its configuration. */
#define PATIENCE apr_time_from_sec(10)

#define SAID_MAX 1048576        /* bytes */

/* Its words; 0 where there are none. @param args ends with NULL */
static int run(const char *const *args, char *text, apr_size_t size,
               apr_pool_t *pool)
{
    apr_exit_why_e why;
    apr_procattr_t *attr;
    apr_status_t status;
    apr_proc_t proc;
    int code;

    if (apr_procattr_create(&attr, pool) != APR_SUCCESS
        || apr_procattr_io_set(attr, APR_NO_FILE, APR_FULL_BLOCK,
                               APR_NO_FILE) != APR_SUCCESS
        || apr_procattr_cmdtype_set(attr, APR_PROGRAM_ENV) != APR_SUCCESS
        || apr_procattr_error_check_set(attr, 1) != APR_SUCCESS
        || apr_proc_create(&proc, args[0], args, NULL, attr, pool)
           != APR_SUCCESS) {
        return 0;
    }
    size--;
    status = apr_file_pipe_timeout_set(proc.out, PATIENCE);
    if (status == APR_SUCCESS) {
        status = apr_file_read_full(proc.out, text, size, &size);
    }
    text[APR_STATUS_IS_EOF(status) ? size : 0] = '\0';
    if (!APR_STATUS_IS_EOF(status)) {
        apr_proc_kill(&proc, SIGKILL);
    }
    apr_file_close(proc.out);
    apr_proc_wait(&proc, &code, &why, APR_WAIT);
    return text[0] != '\0';
}

char *acct_httpd_tells(const acct_cli_t *cli, const char *define,
                       const char *mark, const char **program)
{
    const char *named = acct_cli_value(cli, ACCT_OPT_HTTPD);
    const char *conf = acct_cli_value(cli, ACCT_OPT_CONF);
    const char *programs[] = { named, ACCT_APACHECTL, ACCT_HTTPD };
    char *text = apr_palloc(cli->pool, SAID_MAX);
    char *set;
    int count = named != NULL ? 1 : 3;

    if (named == NULL
        && apr_env_get(&set, "ACCTAUTH_APACHECTL", cli->pool) == APR_SUCCESS
        && set[0] != '\0') {
        programs[0] = set;
    }
    for (int i = 0; i < count; i++) {
        const char *const args[] = {
            programs[i], "-t", "-D", define, conf != NULL ? "-f" : NULL, conf,
            NULL
        };

        if (programs[i] != NULL && run(args, text, SAID_MAX, cli->pool)
            && strstr(text, mark) != NULL) {
            *program = programs[i];
            return text;
        }
    }
    return NULL;
}
