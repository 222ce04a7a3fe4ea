/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* O_TMPFILE */
#endif
#include "database/file_trouble.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What sqlite adds to a journal at the least. */
#define WRITE_BYTES 8192

int acct_file_trouble_is_likely(const char *said)
{
    static const char *const words[] = {
        "disk I/O error", "unable to open database file",
        "database or disk is full", "readonly database", "locking protocol"
    };
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strstr(said, words[i]) != NULL) {
            return 1;
        }
    }
    return 0;
}

const char *acct_file_trouble_words(int error, apr_pool_t *pool)
{
    char text[120];

    switch (error) {
    case ENOSPC:
        return "no space left on the device";
    case EDQUOT:
        return "the disk quota is used up";
    case EROFS:
        return "the file system is mounted read-only";
    case EMFILE:
    case ENFILE:
        return "too many files are open";
    default:
        return apr_pstrdup(pool, apr_strerror(APR_FROM_OS_ERROR(error), text,
                                              sizeof(text)));
    }
}

/* Where a file without a name cannot be made (NFS, older kernels), one with
 * a name that goes at once. */
static int make_nameless(const char *folder, apr_pool_t *pool)
{
    char *name;
    int fd = -1;

#ifdef O_TMPFILE
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR
                    && errno != EINVAL && errno != ENOENT)) {
        return fd;
    }
#endif
    name = apr_pstrcat(pool, folder, "/.acctauth-XXXXXX", NULL);
    fd = mkstemp(name);
    if (fd >= 0) {
        (void)unlink(name);
    }
    return fd;
}

/* 0, or the errno that a file beside it fails with. */
static int try_folder(const char *folder, apr_pool_t *pool)
{
    static const char zeros[WRITE_BYTES];
    int fd = make_nameless(folder, pool);
    int error = 0;
    ssize_t put;

    if (fd < 0) {
        return errno;
    }
    errno = 0;
    put = write(fd, zeros, sizeof(zeros));
    if (put != (ssize_t)sizeof(zeros)) {
        error = put < 0 ? errno : ENOSPC;
    }
    close(fd);                  /* nothing that is needed is in it */
    return error;
}

const char *acct_file_trouble(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash == NULL ? "."
        : slash == path ? "/"
        : apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
    struct stat info;
    int error;

    if (stat(path, &info) != 0) {
        return acct_file_trouble_words(errno, pool);
    }
    if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0) {
        return errno == EACCES
            ? apr_psprintf(pool, "the user with the id %lu may not read and "
                           "write it", (unsigned long)geteuid())
            : acct_file_trouble_words(errno, pool);
    }
    error = try_folder(folder, pool);
    if (error == 0) {
        return NULL;
    }
    return error == EACCES || error == EPERM
        ? apr_psprintf(pool, "the user with the id %lu may not make files "
                       "in %s, where sqlite puts some beside it",
                       (unsigned long)geteuid(), folder)
        : acct_file_trouble_words(error, pool);
}
