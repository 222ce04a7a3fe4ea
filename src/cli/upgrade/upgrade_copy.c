/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The copy of a database's file that is made before it is changed; see
 * upgrade.h. All of it by descriptors: in the folder another user may put
 * another thing in the place of a name.
 */
#include "upgrade/upgrade.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536

/* How many copies one second can have. */
#define MOST_OF_A_SECOND 9

static int failed(const acct_cli_t *cli, const char *path)
{
    return acct_cli_fail(cli, ACCT_EXIT_FAILED, "cannot make the copy %s: "
                         "%s; nothing was changed (--no-copy goes on "
                         "without a copy)", path, strerror(errno));
}

apr_status_t acct_upgrade_settle_file(acct_db_t *db, apr_pool_t *pool)
{
    acct_rows_t rows;

    /* says whether it could in a row; acct_upgrade_copy() looks itself */
    return acct_db_query(db, "PRAGMA wal_checkpoint(TRUNCATE)", &rows, pool);
}

/* Whether all of the database is in the file itself. */
static int is_settled(const acct_copy_t *copy)
{
    struct stat info;

    if (fstatat(copy->folder, copy->log, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT;
    }
    return info.st_size == 0;
}

static int write_all(int fd, const char *bytes, ssize_t count)
{
    while (count > 0) {
        ssize_t done = write(fd, bytes, (size_t)count);

        if (done < 0 && errno != EINTR) {
            return 0;
        }
        if (done > 0) {
            bytes += done;
            count -= done;
        }
    }
    return 1;
}

static int copy_bytes(int from, int to, apr_pool_t *pool)
{
    char *chunk = apr_palloc(pool, CHUNK);
    off_t at = 0;
    ssize_t count;

    while ((count = pread(from, chunk, CHUNK, at)) != 0) {
        if (count < 0 && errno != EINTR) {
            return 0;
        }
        if (count > 0) {
            if (!write_all(to, chunk, count)) {
                return 0;
            }
            at += count;
        }
    }
    return 1;
}

/* The owner first: no user reads it under another's name meanwhile, since it
 * is made with mode 0600 by us. */
static int fill(const acct_copy_t *copy, int to, apr_pool_t *pool)
{
    struct stat info;

    if (fstat(copy->source, &info) != 0) {
        return 0;
    }
    if (geteuid() == 0 && fchown(to, info.st_uid, info.st_gid) != 0) {
        return 0;
    }
    return fchmod(to, S_IRUSR | S_IWUSR) == 0
        && copy_bytes(copy->source, to, pool) && fsync(to) == 0
        && fsync(copy->folder) == 0;
}

static const char *stamp(apr_pool_t *pool)
{
    char text[32];
    apr_size_t length;
    apr_time_exp_t now;

    apr_time_exp_gmt(&now, apr_time_now());
    apr_strftime(text, &length, sizeof(text), "%Y%m%dT%H%M%SZ", &now);
    return apr_pstrdup(pool, text);
}

/* Where the file is when links are followed: there sqlite has its log.
 * @param path out: of the copy */
static int open_source(acct_cli_t *cli, acct_copy_t *copy, int version,
                       const char **path)
{
    char *real = realpath(cli->config.params, NULL);
    const char *file;

    if (real == NULL) {
        return 0;
    }
    file = apr_pstrdup(cli->pool, real);
    free(real);
    *path = apr_psprintf(cli->pool, "%s.schema-%d-%s", file, version,
                         stamp(cli->pool));
    copy->log = strrchr(apr_pstrcat(cli->pool, file, "-wal", NULL), '/') + 1;
    copy->folder = open(apr_pstrndup(cli->pool, file,
                                     (apr_size_t)(strrchr(file, '/') - file
                                                  + 1)),
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy->folder < 0) {
        return 0;
    }
    /*
     * Not closed while the process lives: with any descriptor of a file the
     * locks go that a process has on it, and sqlite's are among them.
     */
    copy->source = openat(copy->folder, strrchr(file, '/') + 1,
                          O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return copy->source >= 0;
}

/* A new file, by the name or, where something has it, by that and a number:
 * two upgrades within a second are what a script does that puts the copy back
 * and tries again. Not without end: the folder may be another user's, who can
 * put anything there. */
static int make_file(acct_copy_t *copy, const char **path, apr_pool_t *pool)
{
    const char *first = *path;
    int fd = -1;

    for (int n = 1; fd < 0 && n <= MOST_OF_A_SECOND; n++) {
        *path = n == 1 ? first : apr_psprintf(pool, "%s-%d", first, n);
        copy->name = strrchr(*path, '/') + 1;
        fd = openat(copy->folder, copy->name, O_WRONLY | O_CREAT | O_EXCL
                    | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (fd < 0 && errno != EEXIST) {
            break;
        }
    }
    return fd;
}

/* @param path of the copy; out: the one that it got */
static int make(acct_copy_t *copy, const char **path, apr_pool_t *pool)
{
    int to = make_file(copy, path, pool);
    int done, error;

    if (to < 0) {
        return 0;
    }
    done = fill(copy, to, pool);
    error = errno;
    if (close(to) != 0 && done) {
        done = 0;
        error = errno;
    }
    if (!done) {
        (void)unlinkat(copy->folder, copy->name, 0);
        errno = error;
    }
    return done;
}

int acct_upgrade_copy(acct_cli_t *cli, int version, acct_copy_t *copy)
{
    const char *path = cli->config.params;

    if (!open_source(cli, copy, version, &path)) {
        return failed(cli, path);
    }
    if (!is_settled(copy)) {
        return ACCT_EXIT_OK;
    }
    if (!make(copy, &path, cli->pool)) {
        return failed(cli, path);
    }
    copy->path = path;
    return ACCT_EXIT_OK;
}

void acct_upgrade_remove_copy(acct_copy_t *copy)
{
    if (copy->path != NULL) {
        /* It is of no use, but does no harm where it cannot be removed. */
        (void)unlinkat(copy->folder, copy->name, 0);
        copy->path = NULL;
    }
}
