/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/file_guard.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>

#include "base/ticks.h"
#include "connections/trusted.h"

/* How often all of it is looked at; what is not right, more often, since
 * people wait for it to be. */
#define EVERY apr_time_from_sec(1)
#define EVERY_UNSAFE apr_time_from_msec(100)

apr_status_t acct_file_guard_child_init(acct_file_guard_t *guard,
                                        apr_pool_t *pchild)
{
    return apr_thread_mutex_create(&guard->lock, APR_THREAD_MUTEX_DEFAULT,
                                   pchild);
}

/* What is not there is for the opening to find out; what may not be looked
 * at is so for a reason, which is on the way to it. */
static int file_is_safe(const acct_file_guard_t *guard,
                        acct_trusted_t *trusted)
{
    struct stat info;

    if (stat(guard->path, &info) != 0) {
        return errno != EACCES;
    }
    trusted->owner = info.st_uid;
    return acct_file_safety_of(&info, trusted);
}

/* With the lock held. */
static void look(acct_file_guard_t *guard, const acct_trusted_t *trusted)
{
    guard->is_unsafe = acct_file_safety(guard->path, ACCT_DATABASE_FILE,
                                        trusted, &guard->found, 1);
    guard->look_at = acct_ticks() + (guard->is_unsafe ? EVERY_UNSAFE
                                                      : EVERY);
}

int acct_file_guard_is_open(acct_file_guard_t *guard, int others,
                            const char **why, apr_pool_t *p)
{
    acct_trusted_t trusted;
    int is_open;
    int differs;

    if (guard->trusted == NULL) {
        return 1;
    }
    trusted = *guard->trusted;
    is_open = file_is_safe(guard, &trusted);
    apr_thread_mutex_lock(guard->lock);
    differs = others >= 0 && others == (guard->is_unsafe != 0);
    if (differs) {
        trusted.seen = NULL;    /* what was seen before is in doubt */
    }
    if (!is_open || differs || acct_ticks() >= guard->look_at) {
        look(guard, &trusted);
    }
    is_open = !guard->is_unsafe;
    if (!is_open) {
        *why = apr_psprintf(p, "the database %s is closed, since %s; say: "
                            "%s", guard->path,
                            acct_unsafe_words(&guard->found, p),
                            acct_unsafe_remedy(&guard->found, guard->owner,
                                               p));
    }
    apr_thread_mutex_unlock(guard->lock);
    return is_open;
}
