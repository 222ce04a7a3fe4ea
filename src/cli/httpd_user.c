/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom httpd's children run as. httpd tells when it is asked for what it
 * would run with; where it cannot (its configuration has a mistake, say)
 * the users that systems make for it are looked for.
 */
#include "privilege.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <signal.h>
#include <string.h>

/* How long it may take to read its configuration. */
#define PATIENCE apr_time_from_sec(10)

#define SAID_MAX 65536          /* bytes */

/* Debian and its kin; Fedora, Alpine, macOS' ports; FreeBSD; SUSE; Arch. */
static const char *const usual[] = {
    "www-data", "apache", "www", "wwwrun", "http"
};

/* Its words from a program, into text; 0 when there are none. */
static int run(const char *program, char *text, apr_size_t size,
               apr_pool_t *pool)
{
    const char *const args[] = { program, "-t", "-D", "DUMP_RUN_CFG", NULL };
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
        || apr_proc_create(&proc, program, args, NULL, attr, pool)
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

/* User: name="www-data" id=33 */
static const char *take_name(char *text)
{
    static const char label[] = "User: name=\"";
    char *name = strstr(text, label);
    char *end;

    if (name == NULL) {
        return NULL;
    }
    name += sizeof(label) - 1;
    end = strchr(name, '"');
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    return name;
}

static int ask(acct_user_t *user, const char *program, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, SAID_MAX);
    const char *name = run(program, text, SAID_MAX, pool)
        ? take_name(text) : NULL;

    return name != NULL && acct_user_find(user, name, pool) == APR_SUCCESS
        && user->uid != 0;
}

apr_status_t acct_user_of_httpd(acct_user_t *user, const char **how,
                                apr_pool_t *pool)
{
    const char *programs[] = { NULL, ACCT_APACHECTL, ACCT_HTTPD };
    char *set;

    if (apr_env_get(&set, "ACCTAUTH_APACHECTL", pool) == APR_SUCCESS
        && set[0] != '\0') {
        programs[0] = set;
    }
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
        if (programs[i] != NULL && ask(user, programs[i], pool)) {
            *how = apr_pstrcat(pool, "as ", programs[i], " says", NULL);
            return APR_SUCCESS;
        }
    }
    *how = "the user that this system has for httpd";
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
        if (acct_user_find(user, usual[i], pool) == APR_SUCCESS
            && user->uid != 0) {
            return APR_SUCCESS;
        }
    }
    return APR_NOTFOUND;
}
