/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_safety.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "base/shell.h"
#include "base/ticks.h"

/* As many as Linux follows. */
#define LINKS_MOST 40

/* What others may not have of a file with secrets. */
#define FILE_GROUP (S_IRGRP | S_IWGRP | S_IXGRP)
#define FILE_OTHERS (S_IROTH | S_IWOTH | S_IXOTH)

/* ---- users and groups ---- */

static int trusts_user(const acct_trusted_t *trusted, uid_t user)
{
    return user == 0 || user == trusted->user || user == trusted->owner;
}

int acct_trusts_group(const acct_trusted_t *trusted, gid_t group)
{
    int low = 0;
    int high = trusted->count;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (trusted->members[middle].group < group) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    for (; low < trusted->count && trusted->members[low].group == group;
         low++) {
        if (!trusts_user(trusted, trusted->members[low].user)) {
            return 0;
        }
    }
    return 1;
}

/* The bits of the group are those of all others the list names, too. */
static int has_access_list(const char *path)
{
#ifdef __linux__
    return path != NULL
        && getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
#else
    (void)path;
    return 0;
#endif
}

static int group_may(const struct stat *info, const acct_trusted_t *trusted,
                     const char *path)
{
    return acct_trusts_group(trusted, info->st_gid)
        && !has_access_list(path);
}

/* ---- what is found ---- */

typedef struct look_t {
    const acct_trusted_t *trusted;
    acct_folders_seen_t *seen;  /* NULL: none */
    acct_unsafe_t *found;
    int most;
    int count;
} look_t;

static void note(look_t *look, acct_unsafe_e what, const char *path,
                 const struct stat *info, int group_is_fine, int is_last)
{
    acct_unsafe_t *found = &look->found[look->count];

    if (look->count >= look->most) {
        return;
    }
    look->count++;
    found->what = what;
    found->mode = info->st_mode & 07777;
    found->group_may = group_is_fine;
    found->is_last = is_last;
    apr_cpystrn(found->path, path, sizeof(found->path));
}

/* ---- a file ---- */

static int mode_is_safe(const struct stat *info,
                        const acct_trusted_t *trusted, const char *path)
{
    return (info->st_mode & FILE_OTHERS) == 0
        && ((info->st_mode & FILE_GROUP) == 0
            || group_may(info, trusted, path));
}

int acct_file_safety_of(const struct stat *info,
                        const acct_trusted_t *trusted)
{
    return trusts_user(trusted, info->st_uid)
        && mode_is_safe(info, trusted, NULL);
}

static void look_at_file(look_t *look, const char *path)
{
    struct stat info;

    if (lstat(path, &info) != 0 || S_ISDIR(info.st_mode)) {
        return;
    }
    if (!trusts_user(look->trusted, info.st_uid)) {
        note(look, ACCT_UNSAFE_OWNER, path, &info, 0, 0);
    }
    if (!S_ISLNK(info.st_mode)
        && !mode_is_safe(&info, look->trusted, path)) {
        note(look, ACCT_UNSAFE_MODE, path, &info,
             group_may(&info, look->trusted, path), 0);
    }
}

/* ---- a folder ---- */

static int folder_mode_is_safe(const struct stat *info,
                               const acct_trusted_t *trusted,
                               const char *path, int sticky_will_do)
{
    if ((info->st_mode & S_ISVTX) != 0 && sticky_will_do) {
        return 1;
    }
    return (info->st_mode & S_IWOTH) == 0
        && ((info->st_mode & S_IWGRP) == 0
            || group_may(info, trusted, path));
}

/* By what lstat() said of it. */
static void judge_folder(look_t *look, const char *path,
                         const struct stat *info, int is_last)
{
    int is_safe = 1;

    if (!trusts_user(look->trusted, info->st_uid)) {
        note(look, ACCT_UNSAFE_FOLDER_OWNER, path, info, 0, is_last);
        is_safe = 0;
    }
    if (!folder_mode_is_safe(info, look->trusted, path, !is_last)) {
        note(look, ACCT_UNSAFE_FOLDER_MODE, path, info,
             group_may(info, look->trusted, path), is_last);
        is_safe = 0;
    }
    if (is_safe) {
        acct_folders_seen_keep(look->seen, path, look->trusted->owner,
                               is_last);
    }
}

static void look_at_folder(look_t *look, const char *path, int is_last)
{
    struct stat info;

    if (!acct_folders_seen_has(look->seen, path, look->trusted->owner,
                               is_last)
        && lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        judge_folder(look, path, &info, is_last);
    }
}

/* ---- the way ---- */

typedef struct way_t {
    char at[PATH_MAX];          /* as far as it went; no final slash */
    char rest[PATH_MAX];        /* what is left to go */
    char last[PATH_MAX];        /* what the last step was to */
    int links;
} way_t;

static void go_up(way_t *way)
{
    char *slash = strrchr(way->at, '/');

    if (slash != NULL) {
        *slash = '\0';
    }
}

/* The next word of the rest, cut off it; 0 at its end. */
static int next_word(way_t *way, char word[PATH_MAX])
{
    char *from = way->rest + strspn(way->rest, "/");
    size_t length = strcspn(from, "/");

    if (length == 0) {
        return 0;
    }
    memcpy(word, from, length);
    word[length] = '\0';
    memmove(way->rest, from + length, strlen(from + length) + 1);
    return 1;
}

static int append(char path[PATH_MAX], const char *word)
{
    size_t length = strlen(path);

    return snprintf(path + length, PATH_MAX - length, "/%s", word)
        < (int)(PATH_MAX - length);
}

/* The rest begins with what the link says. 0: that leads nowhere. */
static int follow(way_t *way, const char *link)
{
    char target[PATH_MAX];
    ssize_t length = readlink(link, target, sizeof(target) - 1);

    if (length <= 0 || ++way->links > LINKS_MOST) {
        return 0;
    }
    target[length] = '\0';
    if (!append(target, way->rest + strspn(way->rest, "/"))) {
        return 0;
    }
    if (target[0] == '/') {
        way->at[0] = '\0';
    }
    memcpy(way->rest, target, strlen(target) + 1);
    return 1;
}

/* One step of the way. 0: it ends here, at the file or where nothing is. */
static int step(look_t *look, way_t *way)
{
    char word[PATH_MAX];
    char next[PATH_MAX];
    struct stat info;

    if (!next_word(way, word)) {
        return 0;
    }
    if (strcmp(word, ".") == 0) {
        return 1;
    }
    if (strcmp(word, "..") == 0) {
        go_up(way);
        return 1;
    }
    memcpy(next, way->at, strlen(way->at) + 1);
    if (!append(next, word)) {
        return 0;
    }
    memcpy(way->last, next, strlen(next) + 1);
    if (acct_folders_seen_has(look->seen, next, look->trusted->owner, 0)) {
        memcpy(way->at, next, strlen(next) + 1);
        return 1;
    }
    if (lstat(next, &info) != 0) {
        return 0;
    }
    if (S_ISLNK(info.st_mode)) {
        if (!trusts_user(look->trusted, info.st_uid)) {
            note(look, ACCT_UNSAFE_LINK, next, &info, 0, 0);
        }
        return follow(way, next);
    }
    if (S_ISDIR(info.st_mode)) {
        memcpy(way->at, next, strlen(next) + 1);
        judge_folder(look, next, &info, 0);
        return 1;
    }
    return 0;
}

/* A database's own folder is looked at once more, and more strictly. */
static void look_at_last(look_t *look, const char *folder)
{
    int i;

    for (i = 0; i < look->count; i++) {
        acct_unsafe_t *found = &look->found[i];

        if (strcmp(found->path, folder) == 0) {
            found->is_last = 1;
            return;
        }
    }
    look_at_folder(look, folder, 1);
}

/* Afterwards the last step was to the file itself, without links. */
static int go_the_way(look_t *look, way_t *way, const char *path,
                      acct_secret_e kind)
{
    way->at[0] = way->last[0] = '\0';
    way->links = 0;
    if (path[0] != '/' || strlen(path) >= sizeof(way->rest)) {
        return 0;
    }
    memcpy(way->rest, path, strlen(path) + 1);
    look_at_folder(look, "/", 0);
    while (step(look, way)) {
    }
    if (kind == ACCT_DATABASE_FILE && way->at[0] != '\0') {
        look_at_last(look, way->at);
    }
    return way->last[0] != '\0';
}

static void look_beside(look_t *look, const char *real)
{
    static const char *const beside[] = { "-wal", "-shm", "-journal" };
    char path[PATH_MAX];
    size_t i;

    for (i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
        if (snprintf(path, sizeof(path), "%s%s", real, beside[i])
            < (int)sizeof(path)) {
            look_at_file(look, path);
        }
    }
}

int acct_file_safety(const char *path, acct_secret_e kind,
                     const acct_trusted_t *trusted, acct_unsafe_t *found,
                     int most)
{
    look_t look = { trusted,
                    acct_folders_seen_begin(trusted->seen, acct_ticks()),
                    found, most, 0 };
    way_t way;

    if (go_the_way(&look, &way, path, kind)) {
        look_at_file(&look, way.last);
        if (kind == ACCT_DATABASE_FILE) {
            look_beside(&look, way.last);
        }
    }
    acct_folders_seen_end(look.seen);
    return look.count;
}

/* ---- telling ---- */

const char *acct_unsafe_words(const acct_unsafe_t *found, apr_pool_t *p)
{
    switch (found->what) {
    case ACCT_UNSAFE_OWNER:
        return apr_pstrcat(p, found->path, " belongs to another user than "
                           "root or the one that httpd's children run as",
                           NULL);
    case ACCT_UNSAFE_MODE:
        return apr_psprintf(p, "%s can be read or written by others than "
                            "its owner (mode %03o)", found->path,
                            (unsigned int)found->mode & 0777);
    case ACCT_UNSAFE_FOLDER_OWNER:
        return apr_pstrcat(p, "the folder ", found->path, " belongs to "
                           "another user, who can put another file in its "
                           "place", NULL);
    case ACCT_UNSAFE_FOLDER_MODE:
        return apr_psprintf(p, "others can write to the folder %s (mode "
                            "%04o), and so put another file in its place",
                            found->path, (unsigned int)found->mode);
    case ACCT_UNSAFE_LINK:
        break;
    }
    return apr_pstrcat(p, "the symbolic link ", found->path, " belongs to "
                       "another user, who can make it lead elsewhere", NULL);
}

const char *acct_unsafe_remedy(const acct_unsafe_t *found,
                               const char *owner, apr_pool_t *p)
{
    const char *path = acct_shell_word(found->path, p);
    const char *command = NULL;

    switch (found->what) {
    case ACCT_UNSAFE_OWNER:
        command = apr_pstrcat(p, "chown ", acct_shell_word(owner, p), " ",
                              NULL);
        break;
    case ACCT_UNSAFE_MODE:
        /* what a group works with it keeps */
        command = found->group_may
            && (found->mode & (S_IRGRP | S_IWGRP)) == (S_IRGRP | S_IWGRP)
            ? "chmod o-rwx " : "chmod 600 ";
        break;
    case ACCT_UNSAFE_FOLDER_OWNER:
        command = apr_pstrcat(p, "chown ", found->is_last
                              ? acct_shell_word(owner, p) : "root", " ",
                              NULL);
        break;
    case ACCT_UNSAFE_FOLDER_MODE:
        command = found->group_may ? "chmod o-w " : "chmod go-w ";
        break;
    case ACCT_UNSAFE_LINK:
        command = "chown -h root ";
        break;
    }
    return apr_pstrcat(p, command, path, NULL);
}
