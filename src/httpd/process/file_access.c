/* SPDX-License-Identifier: Apache-2.0 */
#include "process/file_access.h"

#include <apr_strings.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unixd.h>

#include "base/shell.h"
#include "config/remedy.h"

#define GROUPS_MOST 256

/* A user, as the kernel sees their processes. */
typedef struct user_t {
    uid_t id;
    const char *name;
    gid_t group[GROUPS_MOST];
    int groups;
} user_t;

typedef struct complaint_t {
    const user_t *user;
    const char *words;          /* NULL: none yet */
    const char *commands;
    apr_pool_t *p;
} complaint_t;

static void find_user(user_t *user, apr_pool_t *p)
{
    gid_t group = getegid();

    user->id = geteuid();
    user->name = apr_pstrdup(p, acct_remedy_owner());
    user->groups = GROUPS_MOST;
    if (acct_remedy_user() != NULL) {
        user->id = ap_unixd_config.user_id;
        group = ap_unixd_config.group_id;
    }
    if (getgrouplist(user->name, group, user->group, &user->groups) < 0) {
        user->group[0] = group;
        user->groups = 1;
    }
}

static int is_in(const user_t *user, gid_t group)
{
    int i;

    for (i = 0; i < user->groups && i < GROUPS_MOST; i++) {
        if (user->group[i] == group) {
            return 1;
        }
    }
    return 0;
}

/* @a wanted: bits of S_IRWXO. */
static int may(const user_t *user, const struct stat *info, mode_t wanted)
{
    mode_t have = info->st_mode & S_IRWXO;

    if (user->id == 0) {
        return 1;
    }
    if (info->st_uid == user->id) {
        have = (info->st_mode & S_IRWXU) >> 6;
    }
    else if (is_in(user, info->st_gid)) {
        have = (info->st_mode & S_IRWXG) >> 3;
    }
    return (have & wanted) == wanted;
}

static void add(complaint_t *complaint, const char *words,
                const char *command)
{
    apr_pool_t *p = complaint->p;

    complaint->words = complaint->words == NULL ? words
        : apr_pstrcat(p, complaint->words, "; ", words, NULL);
    complaint->commands = complaint->commands == NULL ? command
        : apr_pstrcat(p, complaint->commands, " && ", command, NULL);
}

static void check_file(complaint_t *complaint, const char *path)
{
    apr_pool_t *p = complaint->p;
    const char *word = acct_shell_word(path, p);
    struct stat info;

    if (stat(path, &info) != 0
        || may(complaint->user, &info, S_IROTH | S_IWOTH)) {
        return;
    }
    add(complaint,
        apr_psprintf(p, "%s may not read and write %s (mode %03o)",
                     complaint->user->name, path,
                     (unsigned int)info.st_mode & 0777),
        apr_pstrcat(p, "chown ", acct_shell_word(complaint->user->name, p),
                    " ", word, " && chmod 600 ", word, NULL));
}

/* Folders that are not to be given away for a file in them. */
static int is_everybodys(const char *folder)
{
    static const char *const names[] = {
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media",
        "/mnt", "/opt", "/root", "/run", "/sbin", "/srv", "/tmp", "/usr",
        "/usr/local", "/usr/share", "/var", "/var/backups", "/var/cache",
        "/var/lib", "/var/local", "/var/log", "/var/mail", "/var/opt",
        "/var/run", "/var/spool", "/var/tmp", "/var/www"
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i], folder) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char *move_away(const char *folder, const char *path,
                             const char *user, apr_pool_t *p)
{
    const char *to = apr_pstrcat(p, strcmp(folder, "/") == 0 ? "" : folder,
                                 "/acctauth", NULL);

    return apr_pstrcat(p, "install -d -o ", acct_shell_word(user, p),
                       " -m 0700 ", acct_shell_word(to, p), " && mv ",
                       acct_shell_word(path, p), "* ",
                       acct_shell_word(to, p), "/ (and name it there in "
                       "AcctAuthDatabase)", NULL);
}

static void check_folder(complaint_t *complaint, const char *folder,
                         const char *path)
{
    const char *user = complaint->user->name;
    apr_pool_t *p = complaint->p;
    struct stat info;

    if (stat(folder, &info) != 0
        || may(complaint->user, &info, S_IWOTH | S_IXOTH)) {
        return;
    }
    add(complaint,
        apr_psprintf(p, "%s may not make files in %s, where sqlite puts "
                     "some beside the database", user, folder),
        is_everybodys(folder) ? move_away(folder, path, user, p)
        : apr_pstrcat(p, "chown ", acct_shell_word(user, p), " ",
                      acct_shell_word(folder, p), " && chmod u+rwx ",
                      acct_shell_word(folder, p), NULL));
}

static void check_above(complaint_t *complaint, char *folder)
{
    char *slash;
    struct stat info;

    while ((slash = strrchr(folder, '/')) != NULL && folder[1] != '\0') {
        slash[slash == folder] = '\0';
        if (stat(folder, &info) == 0
            && !may(complaint->user, &info, S_IXOTH)) {
            add(complaint,
                apr_psprintf(complaint->p, "%s may not go through %s",
                             complaint->user->name, folder),
                apr_pstrcat(complaint->p, "chmod o+x ",
                            acct_shell_word(folder, complaint->p), NULL));
        }
    }
}

const char *acct_file_access_complaint(const char *path, apr_pool_t *p)
{
    user_t *user = apr_pcalloc(p, sizeof(*user));
    complaint_t complaint = { user, NULL, NULL, p };
    char *real = realpath(path, NULL);
    char *folder;

    if (real == NULL) {
        return NULL;
    }
    path = apr_pstrdup(p, real);
    free(real);
    find_user(user, p);
    check_file(&complaint, path);
    check_file(&complaint, apr_pstrcat(p, path, "-wal", NULL));
    check_file(&complaint, apr_pstrcat(p, path, "-shm", NULL));
    check_file(&complaint, apr_pstrcat(p, path, "-journal", NULL));
    folder = apr_pstrdup(p, path);
    folder[strrchr(folder, '/') == folder ? 1
           : strrchr(folder, '/') - folder] = '\0';
    check_folder(&complaint, folder, path);
    check_above(&complaint, folder);
    return complaint.words == NULL ? NULL
        : apr_pstrcat(p, "the database cannot be used: ", complaint.words,
                      "; say: ", complaint.commands, NULL);
}
