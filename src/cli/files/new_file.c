/* SPDX-License-Identifier: Apache-2.0 */
#include "files/new_file.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static apr_status_t close_file(void *data)
{
    acct_new_file_t *file = data;

    if (file->fd >= 0) {
        close(file->fd);        /* its writer has synced it */
        file->fd = -1;
    }
    return APR_SUCCESS;
}

static void choose_names(acct_new_file_t *file, const char *path,
                         apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    file->path = path;
    file->temporary = apr_psprintf(pool, "%s.new-%ld", file->folder.name,
                                   (long)getpid());
    file->temporary_path = apr_pstrcat(
        pool, apr_pstrmemdup(pool, path, (apr_size_t)(slash - path)), "/",
        file->temporary, NULL);
}

apr_status_t acct_new_file_make(acct_new_file_t *file, const char *path,
                                apr_pool_t *pool)
{
    apr_status_t status;
    struct stat info;

    memset(file, 0, sizeof(*file));
    file->path = path;
    file->fd = -1;
    status = acct_folder_open(&file->folder, path, 0, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (fstatat(file->folder.fd, file->folder.name, &info,
                AT_SYMLINK_NOFOLLOW) == 0) {
        return APR_EEXIST;
    }
    if (errno != ENOENT) {
        return APR_FROM_OS_ERROR(errno);
    }
    choose_names(file, path, pool);
    file->fd = openat(file->folder.fd, file->temporary, O_RDWR | O_CREAT
                      | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (file->fd < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    apr_pool_cleanup_register(pool, file, close_file, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

static int is_same(const acct_new_file_t *file, const char *name)
{
    struct stat ours;
    struct stat there;

    return fstat(file->fd, &ours) == 0
        && fstatat(file->folder.fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0
        && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int acct_new_file_is_ours(const acct_new_file_t *file)
{
    return is_same(file, file->temporary);
}

/* The file that is open and no other, where /proc can be had; else by its
 * other name, and what came of that is looked at by the caller. */
static int link_file(const acct_new_file_t *file)
{
    char open_file[40];
    int folder = file->folder.fd;

    snprintf(open_file, sizeof(open_file), "/proc/self/fd/%d", file->fd);
    if (linkat(AT_FDCWD, open_file, folder, file->folder.name,
               AT_SYMLINK_FOLLOW) == 0) {
        return 0;
    }
    return errno == EEXIST ? -1
        : linkat(folder, file->temporary, folder, file->folder.name, 0);
}

apr_status_t acct_new_file_publish(acct_new_file_t *file)
{
    if (!acct_new_file_is_ours(file)) {
        return APR_EMISMATCH;
    }
    if (link_file(file) != 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    file->is_linked = is_same(file, file->folder.name);
    if (!file->is_linked) {
        (void)unlinkat(file->folder.fd, file->folder.name, 0);
        return APR_EMISMATCH;
    }
    return APR_SUCCESS;
}

void acct_new_file_clean_up(acct_new_file_t *file, int all)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    char name[512];

    if (file->fd < 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        snprintf(name, sizeof(name), "%s%s", file->temporary, ends[i]);
        (void)unlinkat(file->folder.fd, name, 0);
    }
    if (all && file->is_linked) {
        (void)unlinkat(file->folder.fd, file->folder.name, 0);
    }
}
