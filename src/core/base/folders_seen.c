/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folders_seen.h"

#include <stdint.h>
#include <string.h>

acct_folders_seen_t *acct_folders_seen_begin(acct_folders_seen_t *seen,
                                             apr_interval_time_t tick)
{
    /* acquire: after what its last user did with it */
    if (seen == NULL || atomic_exchange_explicit(&seen->in_use, 1,
                                                 memory_order_acquire)) {
        return NULL;
    }
    if (tick - seen->since >= ACCT_FOLDERS_SEEN_FOR) {
        seen->since = tick;     /* what was kept under another is forgotten */
    }
    return seen;
}

void acct_folders_seen_end(acct_folders_seen_t *seen)
{
    if (seen != NULL) {
        /* release: the next user sees what this one wrote */
        atomic_store_explicit(&seen->in_use, 0, memory_order_release);
    }
}

/* FNV-1a, a formula in the public domain. */
static size_t place_of(const char *path)
{
    uint32_t hash = UINT32_C(2166136261);

    for (; *path != '\0'; path++) {
        hash = (hash ^ (unsigned char)*path) * UINT32_C(16777619);
    }
    return hash % ACCT_FOLDERS_SEEN;
}

int acct_folders_seen_has(const acct_folders_seen_t *seen, const char *path,
                          uid_t owner, int strict)
{
    size_t i = place_of(path);

    return seen != NULL && seen->folder[i].since == seen->since
        && seen->folder[i].owner == owner
        && (seen->folder[i].is_strict || !strict)
        && strcmp(seen->folder[i].path, path) == 0;
}

void acct_folders_seen_keep(acct_folders_seen_t *seen, const char *path,
                            uid_t owner, int strict)
{
    size_t i = place_of(path);

    if (seen == NULL || seen->since == 0
        || strlen(path) >= sizeof(seen->folder[i].path)) {
        return;
    }
    seen->folder[i].since = seen->since;
    seen->folder[i].owner = owner;
    seen->folder[i].is_strict = strict;
    memcpy(seen->folder[i].path, path, strlen(path) + 1);
}
