/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/repeat.h"

#include <stdatomic.h>
#include <string.h>

#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

/* Memory order. key is released by take() when the slot is ready, and acquired
 * by a thread that looks for one, so that it sees last (when the kind was last
 * written) and left_out (how often it was not) as take() left them; a claim of
 * key is acquire, and relaxed where it fails. last and left_out are relaxed:
 * they order nothing, and of two threads that would write at once the exchange
 * lets one. */

/* The key of a slot that is being given to another kind. A process that
 * dies meanwhile costs one slot. */
#define TAKEN 1

static apr_uint64_t hash(apr_uint64_t so_far, const void *data,
                         apr_size_t length)
{
    const unsigned char *byte = data;

    while (length-- > 0) {
        so_far = (so_far ^ *byte++) * FNV_PRIME;
    }
    return so_far;
}

apr_uint64_t acct_repeat_key(const char *id, const char *about,
                             const char *words)
{
    apr_uint64_t key = hash(FNV_BASIS, id, strlen(id) + 1);

    if (about != NULL) {
        key = hash(key, about, strlen(about));
    }
    key = hash(key, "", 1);
    for (; words != NULL && *words != '\0'; words++) {
        /* "account 5" is no other kind than "account 6". */
        if (*words < '0' || *words > '9') {
            key = hash(key, words, 1);
        }
    }
    return key > TAKEN ? key : TAKEN + 1;
}

/* Whether a slot may be given to another kind. One that was taken and for
 * which nothing was written yet is not: the thread that took it is about to
 * write. */
static int may_be_reused(acct_repeat_slot_t *slot, apr_time_t now)
{
    apr_int64_t last = atomic_load_explicit(&slot->last,
                                            memory_order_relaxed);

    return last != 0 && now - last >= ACCT_REPEAT_AFTER;
}

/* Take a slot for a kind. 0 when another thread was quicker. */
static int take(acct_repeat_slot_t *slot, apr_uint64_t other,
                apr_uint64_t key)
{
    if (!atomic_compare_exchange_strong_explicit(&slot->key, &other, TAKEN,
                                                 memory_order_acquire,
                                                 memory_order_relaxed)) {
        return 0;
    }
    atomic_store_explicit(&slot->last, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->left_out, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->key, key, memory_order_release);
    return 1;
}

/* The slot of a kind, or one that is free, or for which nothing was written
 * for a minute. The last is for those that find none. */
static acct_repeat_slot_t *slot_of(acct_repeat_t *repeat, apr_uint64_t key,
                                   apr_time_t now)
{
    acct_repeat_slot_t *last = &repeat->slots[ACCT_REPEAT_SLOTS - 1];
    acct_repeat_slot_t *slot;

    for (slot = repeat->slots; slot < last; slot++) {
        if (atomic_load_explicit(&slot->key, memory_order_acquire) == key) {
            return slot;
        }
    }
    for (slot = repeat->slots; slot < last; slot++) {
        apr_uint64_t other = atomic_load_explicit(&slot->key,
                                                  memory_order_acquire);

        if (other == key) {
            return slot;
        }
        if ((other == 0 || (other != TAKEN && may_be_reused(slot, now)))
            && take(slot, other, key)) {
            return slot;
        }
    }
    return last;
}

int acct_repeat_is_due(acct_repeat_t *repeat, apr_uint64_t key,
                       apr_time_t now, apr_uint32_t *left_out)
{
    acct_repeat_slot_t *slot = slot_of(repeat, key, now);
    apr_int64_t last = atomic_load_explicit(&slot->last,
                                            memory_order_relaxed);

    if ((last == 0 || now - last >= ACCT_REPEAT_AFTER)
        && atomic_compare_exchange_strong_explicit(&slot->last, &last, now,
                                                   memory_order_relaxed,
                                                   memory_order_relaxed)) {
        *left_out = atomic_exchange_explicit(&slot->left_out, 0,
                                           memory_order_relaxed);
        return 1;
    }
    atomic_fetch_add_explicit(&slot->left_out, 1, memory_order_relaxed);
    return 0;
}
