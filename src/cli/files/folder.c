/* SPDX-License-Identifier: Apache-2.0 */
#include "files/folder.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 40            /* as the kernel's own */

/* What a folder is opened for: to pass through and to name files in. */
#ifdef O_PATH
#define PASS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#else
#define PASS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#endif

typedef struct walk_t {
    acct_folder_t *folder;
    const char *shown;          /* path of the folder reached */
    const char *rest;           /* of the path, not gone yet */
    int links;
    int follow;
    apr_pool_t *pool;
} walk_t;

/* ------------------------------------------------- which users can change a
 * folder */

/* Whether a group has no member but root. */
static int is_roots_group(gid_t gid)
{
    const struct group *group = gid != 0 ? getgrgid(gid) : NULL;
    const struct passwd *user;
    int others = 0;

    if (gid == 0) {
        return 1;
    }
    if (group == NULL || group->gr_mem == NULL) {
        return 0;
    }
    for (int i = 0; group->gr_mem[i] != NULL; i++) {
        if (strcmp(group->gr_mem[i], "root") != 0) {
            return 0;
        }
    }
    setpwent();
    while (!others && (user = getpwent()) != NULL) {
        others = user->pw_gid == gid && user->pw_uid != 0;
    }
    endpwent();
    return !others;
}

/* An access list shows in the bits of the group. */
static int is_roots_alone(const struct stat *folder)
{
    return folder->st_uid == 0 && !(folder->st_mode & S_IWOTH)
        && (!(folder->st_mode & S_IWGRP) || is_roots_group(folder->st_gid));
}

/* Whether a thing of that owner stays in a folder under its name: in one
 * like /tmp, what is root's. */
static int keeps(const struct stat *folder, uid_t owner)
{
    return is_roots_alone(folder)
        || (folder->st_uid == 0 && (folder->st_mode & S_ISVTX)
            && owner == 0);
}

static void note_open(walk_t *walk)
{
    if (walk->folder->open_to_others == NULL) {
        walk->folder->open_to_others = walk->shown;
    }
}

/* ------------------------------------------------------------------- steps */

static apr_status_t close_folder(void *data)
{
    acct_folder_t *folder = data;

    if (folder->fd >= 0) {
        close(folder->fd);      /* only a place: nothing can be lost */
        folder->fd = -1;
    }
    return APR_SUCCESS;
}

/* Into a folder of that name in the one reached. */
static apr_status_t enter(walk_t *walk, const char *name)
{
    acct_folder_t *folder = walk->folder;
    int next = openat(folder->fd, name, PASS);

    if (next < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    folder->fd = next;
    if (fstat(next, &folder->info) != 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (strcmp(name, "/") == 0) {
        walk->shown = "/";
    }
    else if (strcmp(name, "..") == 0) {
        const char *slash = strrchr(walk->shown, '/');

        walk->shown = slash > walk->shown
            ? apr_pstrmemdup(walk->pool, walk->shown,
                             (apr_size_t)(slash - walk->shown)) : "/";
    }
    else {
        walk->shown = apr_pstrcat(walk->pool, walk->shown,
                                  walk->shown[1] != '\0' ? "/" : "", name,
                                  NULL);
    }
    return APR_SUCCESS;
}

/* What a symbolic link says takes its place in the path. */
static apr_status_t take_link(walk_t *walk, const char *name)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(walk->folder->fd, name, target,
                                sizeof(target) - 1);

    if (length < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (++walk->links > LINKS_MAX) {
        return APR_FROM_OS_ERROR(ELOOP);
    }
    target[length] = '\0';
    walk->folder->foreign_link |= walk->folder->open_to_others != NULL;
    walk->rest = apr_pstrcat(walk->pool, target, "/", walk->rest, NULL);
    return target[0] == '/' ? enter(walk, "/") : APR_SUCCESS;
}

/* The next word of the path; "" at its end. */
static const char *take_word(walk_t *walk)
{
    const char *word = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(word, "/");

    walk->rest = word + length;
    walk->rest += strspn(walk->rest, "/");
    return apr_pstrmemdup(walk->pool, word, length);
}

/* One word; sets folder->name when it was the last. */
static apr_status_t step(walk_t *walk)
{
    acct_folder_t *folder = walk->folder;
    const char *word = take_word(walk);
    int is_last = walk->rest[0] == '\0';
    struct stat info;

    if (strcmp(word, "..") == 0) {
        return enter(walk, word);
    }
    if (word[0] == '\0' || strcmp(word, ".") == 0) {
        return is_last ? APR_FROM_OS_ERROR(EISDIR) : APR_SUCCESS;
    }
    if (fstatat(folder->fd, word, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT || !is_last) {
            return APR_FROM_OS_ERROR(errno);
        }
        info.st_mode = S_IFREG;
    }
    if (!(is_last ? is_roots_alone(&folder->info)
                  : keeps(&folder->info, info.st_uid))) {
        note_open(walk);
    }
    if (S_ISLNK(info.st_mode) && (!is_last || walk->follow)) {
        return take_link(walk, word);
    }
    if (is_last) {
        folder->name = word;
        return APR_SUCCESS;
    }
    return enter(walk, word);
}

apr_status_t acct_folder_open(acct_folder_t *folder, const char *path,
                              int follow, apr_pool_t *pool)
{
    walk_t walk = { folder, "/", path, 0, follow, pool };
    apr_status_t status;

    memset(folder, 0, sizeof(*folder));
    folder->fd = -1;
    apr_pool_cleanup_register(pool, folder, close_folder,
                              apr_pool_cleanup_null);
    status = enter(&walk, "/");
    while (status == APR_SUCCESS && folder->name == NULL) {
        status = step(&walk);
    }
    return status;
}
