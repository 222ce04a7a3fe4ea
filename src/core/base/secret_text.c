/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

static const char *file_problem(const struct stat *info, const char *path,
                                apr_size_t most, apr_pool_t *pool)
{
    if (!S_ISREG(info->st_mode)) {
        return apr_psprintf(pool, "%s: not a plain file", path);
    }
    if (info->st_uid != 0 && info->st_uid != geteuid()) {
        return apr_psprintf(pool, "%s: belongs to another user; say: chown "
                            "root %s", path, path);
    }
    if ((info->st_mode & 077) != 0) {
        return apr_psprintf(pool, "%s: can be read or written by others "
                            "than its owner (mode %03o); say: chmod 600 %s",
                            path, (unsigned)(info->st_mode & 0777), path);
    }
    if ((apr_uint64_t)info->st_size > most) {
        return apr_psprintf(pool, "%s: longer than %d bytes", path,
                            (int)most);
    }
    return NULL;
}

static apr_status_t read_open(int fd, const char *path, apr_size_t most,
                              char **text, const char **error,
                              apr_pool_t *pool)
{
    char *bytes = apr_palloc(pool, most + 1);
    char reason[120];
    struct stat info;
    ssize_t length;
    apr_status_t rv;

    if (fd < 0 || fstat(fd, &info) != 0) {
        rv = APR_FROM_OS_ERROR(errno);
        *error = apr_psprintf(pool, "%s: %s", path,
                              apr_strerror(rv, reason, sizeof(reason)));
        return rv;
    }
    *error = file_problem(&info, path, most, pool);
    if (*error) {
        return APR_EACCES;
    }
    length = read(fd, bytes, most);
    rv = length < 0 ? APR_FROM_OS_ERROR(errno) : APR_SUCCESS;
    if (rv != APR_SUCCESS || memchr(bytes, '\0', (size_t)length)) {
        *error = apr_psprintf(pool, "%s: cannot be read, or is no text",
                              path);
        return rv != APR_SUCCESS ? rv : APR_EINVAL;
    }
    bytes[length] = '\0';
    *text = bytes;
    return APR_SUCCESS;
}

apr_status_t acct_secret_text_read(const char *path, apr_size_t most,
                                   char **text, const char **error,
                                   apr_pool_t *pool)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    apr_status_t rv = read_open(fd, path, most, text, error, pool);

    if (fd >= 0) {
        close(fd);
    }
    return rv;
}
