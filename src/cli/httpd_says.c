/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd_conf.h"

#include <apr_file_io.h>
#include <apr_thread_proc.h>
#include <signal.h>

/* How long httpd may take to read its configuration. */
#define PATIENCE apr_time_from_sec(10)

int acct_httpd_says(const char *const *args, char *text, apr_size_t size,
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
