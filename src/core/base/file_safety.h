/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a file that holds secrets is out of the reach of others: by its own
 * owner and mode, and by those of every folder on the way to it, since a user
 * who may write to one of them can put another file in its place.
 *
 * Others are users other than root, the one that httpd's children run as,
 * and the owner of the database. A group counts as others unless these are
 * its only members. A folder in which files can only be replaced by their
 * owners (the sticky bit) will do on the way, but not as the folder of a
 * database: sqlite believes the journal that it finds there.
 *
 * No state but the folders that were seen a moment ago, nothing allocated,
 * no lock: safe from any thread.
 */
#ifndef ACCT_FILE_SAFETY_H
#define ACCT_FILE_SAFETY_H

#include <apr_pools.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/folders_seen.h"

/* That a user is in a group, as their own one or as one of its members. */
typedef struct acct_member_t {
    gid_t group;
    uid_t user;
} acct_member_t;

/* Which users may get at a file. Root always may. */
typedef struct acct_trusted_t {
    uid_t user;                 /* that httpd's children run as */
    uid_t owner;                /* of the database; or the same again */
    const acct_member_t *members;   /* of all groups there are, sorted by
                                     * group; without root and @a user */
    int count;
    acct_folders_seen_t *seen;  /* for who looks at many files; NULL: all
                                 * folders are looked at each time */
} acct_trusted_t;

typedef enum {
    ACCT_UNSAFE_OWNER,          /* a file's */
    ACCT_UNSAFE_MODE,
    ACCT_UNSAFE_FOLDER_OWNER,
    ACCT_UNSAFE_FOLDER_MODE,
    ACCT_UNSAFE_LINK            /* a symbolic link of others' */
} acct_unsafe_e;

/* One thing that is not right. */
typedef struct acct_unsafe_t {
    acct_unsafe_e what;
    mode_t mode;
    int group_may;              /* its group is none of others */
    int is_last;                /* the folder that the file is in */
    char path[PATH_MAX];
} acct_unsafe_t;

/* What kind of file it is. */
typedef enum {
    ACCT_SECRET_FILE,           /* a key, a connection string: looked at
                                 * alone */
    ACCT_DATABASE_FILE          /* with the journals beside it */
} acct_secret_e;

/** Whether all members of a group are trusted. */
int acct_trusts_group(const acct_trusted_t *trusted, gid_t group);

/**
 * Look at a file, if it is there, and at all that leads to it.
 * @param path  absolute; symbolic links are followed
 * @param found what is not right, from the file upwards
 * @param most  how many of them there is room for; 1 or more
 * @return how many were found; 0: it is safe
 */
int acct_file_safety(const char *path, acct_secret_e kind,
                     const acct_trusted_t *trusted, acct_unsafe_t *found,
                     int most);

/** The file alone, from what stat() said of it; 1: it is safe. For a caller
 *  that has asked stat() already and asks often. */
int acct_file_safety_of(const struct stat *info,
                        const acct_trusted_t *trusted);

/** What is wrong, as a sentence, in @a p. */
const char *acct_unsafe_words(const acct_unsafe_t *found, apr_pool_t *p);

/** The command that ends it, to be pasted, in @a p.
 *  @param owner the user whose the file should be, and a database's own
 *         folder; what is above becomes root's */
const char *acct_unsafe_remedy(const acct_unsafe_t *found,
                               const char *owner, apr_pool_t *p);

#endif
