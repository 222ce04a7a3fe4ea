/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/trusted.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <httpd.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unixd.h>

/* A list that goes on for ever is a directory service's: those whom it
 * names further down are not known to be in a group. */
#define USERS_MOST 200000

/* More than can be wrong with one path in earnest. */
#define TOLD_MOST 8

static uid_t children_user(void)
{
    return geteuid() == 0 && ap_unixd_config.user_id != (uid_t)-1
        ? ap_unixd_config.user_id : geteuid();
}

static int by_group(const void *one, const void *other)
{
    const acct_member_t *a = one;
    const acct_member_t *b = other;

    return a->group < b->group ? -1 : a->group > b->group;
}

static void add(apr_array_header_t *members, gid_t group, uid_t user,
                uid_t ours)
{
    acct_member_t *member;

    if (user != 0 && user != ours) {
        member = apr_array_push(members);
        member->group = group;
        member->user = user;
    }
}

/* Each user's own group; and the number of each name, since the groups' lists
 * have names. */
static void read_users(apr_array_header_t *members, apr_hash_t *numbers,
                       uid_t ours)
{
    apr_pool_t *p = apr_hash_pool_get(numbers);
    struct passwd *entry;
    int count = 0;

    setpwent();
    while (count++ < USERS_MOST && (entry = getpwent()) != NULL) {
        add(members, entry->pw_gid, entry->pw_uid, ours);
        apr_hash_set(numbers, apr_pstrdup(p, entry->pw_name),
                     APR_HASH_KEY_STRING,
                     apr_pmemdup(p, &entry->pw_uid, sizeof(uid_t)));
    }
    endpwent();
}

/* A name that no user has counts for none. */
static void read_groups(apr_array_header_t *members, apr_hash_t *numbers,
                        uid_t ours)
{
    struct group *entry;
    int count = 0;
    char **name;

    setgrent();
    while (count++ < USERS_MOST && (entry = getgrent()) != NULL) {
        for (name = entry->gr_mem; name != NULL && *name != NULL; name++) {
            const uid_t *user = apr_hash_get(numbers, *name,
                                             APR_HASH_KEY_STRING);

            if (user != NULL) {
                add(members, entry->gr_gid, *user, ours);
            }
        }
    }
    endgrent();
}

const acct_trusted_t *acct_trusted_make(apr_pool_t *pconf)
{
    acct_trusted_t *trusted = apr_pcalloc(pconf, sizeof(*trusted));
    apr_array_header_t *members = apr_array_make(pconf, 64,
                                                 sizeof(acct_member_t));
    apr_pool_t *scratch;

    trusted->user = trusted->owner = children_user();
    trusted->seen = apr_pcalloc(pconf, sizeof(*trusted->seen));
    if (apr_pool_create(&scratch, pconf) == APR_SUCCESS) {
        apr_hash_t *numbers = apr_hash_make(scratch);

        read_users(members, numbers, trusted->user);
        read_groups(members, numbers, trusted->user);
        apr_pool_destroy(scratch);
    }
    if (members->nelts > 0) {
        qsort(members->elts, (size_t)members->nelts, sizeof(acct_member_t),
              by_group);
    }
    trusted->members = (const acct_member_t *)(void *)members->elts;
    trusted->count = members->nelts;
    return trusted;
}

acct_trusted_t acct_trusted_with(const acct_trusted_t *trusted,
                                 const char *path)
{
    acct_trusted_t with = *trusted;
    struct stat info;

    if (path != NULL && stat(path, &info) == 0) {
        with.owner = info.st_uid;
    }
    return with;
}

const char *acct_trusted_complaint(const acct_trusted_t *trusted,
                                   const char *path, acct_secret_e kind,
                                   const char *owner, apr_pool_t *p)
{
    acct_unsafe_t found[TOLD_MOST];     /* names are copied out of it */
    int count = acct_file_safety(path, kind, trusted, found, TOLD_MOST);
    const char *words = "";
    const char *commands = "";
    int i;

    if (count == 0) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        words = apr_pstrcat(p, words, i > 0 ? "; " : "",
                            acct_unsafe_words(&found[i], p), NULL);
        commands = apr_pstrcat(p, commands, i > 0 ? " && " : "",
                               acct_unsafe_remedy(&found[i], owner, p),
                               NULL);
    }
    return apr_pstrcat(p, words, "; say: ", commands, NULL);
}
