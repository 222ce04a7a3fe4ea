/* SPDX-License-Identifier: Apache-2.0 */
#include "process/never_served.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <apr_thread_rwlock.h>
#include <http_config.h>
#include <http_log.h>
#include <http_main.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"

APLOG_USE_MODULE(acctauth);

#define LOOK_EVERY apr_time_from_sec(1)

/* How often the log says that a client tries. */
#define TELL_EVERY apr_time_from_sec(60)

/* Which file it is; as the kernel has it, so that all of it is compared. */
typedef struct identity_t {
    dev_t device;
    ino_t file;
} identity_t;

/* The main server's, in pconf. */
struct acct_never_served_t {
    apr_array_header_t *paths;  /* const char * */
    apr_array_header_t *fixed;  /* identity_t: what the parent alone may
                                 * look at, as it was then */
    /* child only */
    apr_thread_rwlock_t *lock;  /* for what follows; NULL: all is refused
                                 * that is a file */
    apr_time_t looked_at;
    apr_time_t told_at;
    identity_t *now;            /* sorted */
    int count;
};

/* ---- what there is ---- */

static int compare(const void *one, const void *other)
{
    const identity_t *a = one;
    const identity_t *b = other;

    if (a->file != b->file) {
        return a->file < b->file ? -1 : 1;
    }
    return a->device < b->device ? -1 : a->device > b->device;
}

static int identify(const char *path, identity_t *identity)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return 0;
    }
    memset(identity, 0, sizeof(*identity));
    identity->device = info.st_dev;
    identity->file = info.st_ino;
    return 1;
}

static int has(const apr_array_header_t *paths, const char *path)
{
    int i;

    for (i = 0; i < paths->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(paths, i, const char *), path) == 0) {
            return 1;
        }
    }
    return 0;
}

void acct_never_served_add(server_rec *main_server, const char *path,
                           int with_journals, apr_pool_t *pconf)
{
    static const char *const journals[] = { "-wal", "-shm", "-journal" };
    acct_server_conf_t *conf = acct_server_conf(main_server);
    struct acct_never_served_t *files = conf->never_served;
    identity_t identity;
    size_t i;

    if (files == NULL) {
        files = apr_pcalloc(pconf, sizeof(*files));
        files->paths = apr_array_make(pconf, 8, sizeof(const char *));
        files->fixed = apr_array_make(pconf, 8, sizeof(identity_t));
        conf->never_served = files;
    }
    if (has(files->paths, path)) {
        return;
    }
    APR_ARRAY_PUSH(files->paths, const char *) = path;
    for (i = 0; with_journals && i < sizeof(journals) / sizeof(*journals);
         i++) {
        APR_ARRAY_PUSH(files->paths, const char *) =
            apr_pstrcat(pconf, path, journals[i], NULL);
    }
    if (!with_journals && identify(path, &identity)) {
        APR_ARRAY_PUSH(files->fixed, identity_t) = identity;
    }
}

/* With the lock held for writing. */
static void look(struct acct_never_served_t *files, apr_time_t now)
{
    int i;

    files->count = 0;
    for (i = 0; i < files->fixed->nelts; i++) {
        files->now[files->count++] = APR_ARRAY_IDX(files->fixed, i,
                                                   identity_t);
    }
    for (i = 0; i < files->paths->nelts; i++) {
        files->count += identify(APR_ARRAY_IDX(files->paths, i,
                                               const char *),
                                 &files->now[files->count]);
    }
    qsort(files->now, (size_t)files->count, sizeof(*files->now), compare);
    files->looked_at = now;
}

static void child_init(apr_pool_t *pchild, server_rec *main_server)
{
    struct acct_never_served_t *files =
        acct_server_conf(main_server)->never_served;
    apr_status_t status;

    if (files == NULL) {
        return;
    }
    files->now = apr_pcalloc(pchild, (apr_size_t)(files->paths->nelts
                                                  + files->fixed->nelts)
                                     * sizeof(*files->now));
    status = apr_thread_rwlock_create(&files->lock, pchild);
    if (status != APR_SUCCESS) {
        files->lock = NULL;
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, main_server,
                     "ACCT0221: this child cannot make a lock, so it serves "
                     "no files");
        return;
    }
    look(files, apr_time_now());
}

/* ---- a request ---- */

/* A journal that this child has not looked at yet has no rights for others. */
static int may_be_new(const request_rec *r)
{
    return (r->finfo.protection & (APR_FPROT_WREAD | APR_FPROT_WWRITE)) == 0;
}

static int is_among(const struct acct_never_served_t *files,
                    const request_rec *r)
{
    identity_t wanted;

    memset(&wanted, 0, sizeof(wanted));
    wanted.device = r->finfo.device;
    wanted.file = r->finfo.inode;
    return files->count > 0
        && bsearch(&wanted, files->now, (size_t)files->count,
                   sizeof(wanted), compare) != NULL;
}

static int is_known(struct acct_never_served_t *files, const request_rec *r)
{
    apr_time_t age;
    int found;

    apr_thread_rwlock_rdlock(files->lock);
    age = r->request_time - files->looked_at;
    found = is_among(files, r);
    apr_thread_rwlock_unlock(files->lock);
    if (found || (age >= 0 && age < LOOK_EVERY && !may_be_new(r))) {
        return found;
    }
    apr_thread_rwlock_wrlock(files->lock);
    look(files, apr_time_now());
    found = is_among(files, r);
    apr_thread_rwlock_unlock(files->lock);
    return found;
}

static void tell(struct acct_never_served_t *files, const request_rec *r)
{
    int is_due;

    apr_thread_rwlock_wrlock(files->lock);
    is_due = files->told_at == 0 || r->request_time < files->told_at
        || r->request_time - files->told_at >= TELL_EVERY;
    if (is_due) {
        files->told_at = r->request_time;
    }
    apr_thread_rwlock_unlock(files->lock);
    ap_log_rerror(APLOG_MARK, is_due ? APLOG_WARNING : APLOG_INFO, 0, r,
                  "ACCT0320: %s leads to a database's file or a key, which "
                  "is not served", r->uri);
}

static int refuse(request_rec *r)
{
    struct acct_never_served_t *files;

    if (r->finfo.filetype != APR_REG) {
        return DECLINED;
    }
    files = acct_server_conf(ap_server_conf)->never_served;
    if (files == NULL || (files->lock != NULL && !is_known(files, r))) {
        return DECLINED;
    }
    if (files->lock != NULL) {
        tell(files, r);
    }
    return HTTP_FORBIDDEN;
}

void acct_never_served_hooks(void)
{
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(refuse, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
