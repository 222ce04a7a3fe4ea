/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/last_used.h"

#include <apr_hash.h>
#include <apr_tables.h>
#include <string.h>

#include "base/hex.h"
#include "base/ticks.h"

/* One database's part of a collection. */
typedef struct part_t {
    apr_array_header_t *kept[2];    /* of sliding tokens, of others */
    size_t cut[2];              /* the first slot there was no place for, as
                                 * far behind the beginning; 0: none */
} part_t;

typedef struct collection_t {
    const acct_cache_t *cache;
    size_t from;
    apr_hash_t *part;           /* part_t *, by database */
    apr_pool_t *pool;
} collection_t;

static void keep(void *baton, const acct_cache_note_t *note)
{
    collection_t *all = baton;
    int other = !note->sliding;
    part_t *part = apr_hash_get(all->part, &note->database,
                                sizeof(note->database));

    if (part == NULL) {
        return;
    }
    if (part->kept[other] == NULL) {
        part->kept[other] = apr_array_make(all->pool, 16, sizeof(*note));
    }
    if (part->kept[other]->nelts < ACCT_LAST_USED_MOST) {
        APR_ARRAY_PUSH(part->kept[other], acct_cache_note_t) = *note;
    }
    else if (part->cut[other] == 0) {
        part->cut[other] = (note->slot + all->cache->slots - all->from)
            % all->cache->slots;
    }
}

static void take(acct_notes_t *notes, apr_array_header_t *kept)
{
    int more = kept != NULL ? kept->nelts : 0;

    if (more > ACCT_LAST_USED_MOST - notes->count) {
        more = ACCT_LAST_USED_MOST - notes->count;
    }
    if (more > 0) {
        memcpy(notes->note + notes->count, kept->elts,
               (size_t)more * sizeof(*notes->note));
        notes->count += more;
    }
}

/* Sliding ones first. */
static void settle(acct_notes_t *notes, const part_t *part, apr_pool_t *pool)
{
    int other;
    int all = 0;

    for (other = 0; other < 2; other++) {
        all += part->kept[other] != NULL ? part->kept[other]->nelts : 0;
    }
    notes->count = 0;
    notes->note = apr_palloc(pool, (size_t)all * sizeof(*notes->note));
    for (other = 0; other < 2; other++) {
        take(notes, part->kept[other]);
    }
}

/* Where a database's next collection has to begin, as far behind where
 * this one began; 0: it was all there was. What was kept of others and had
 * no place behind the sliding ones is near the beginning. */
static size_t cut_of(const part_t *part)
{
    return part->cut[0] != 0 ? part->cut[0] : part->cut[1];
}

void acct_last_used_collect(acct_last_used_t *last_used,
                            const acct_cache_t *cache, acct_notes_t *notes,
                            int count, apr_pool_t *pool)
{
    collection_t all = { cache, last_used->from % cache->slots,
                         apr_hash_make(pool), pool };
    part_t *part = apr_pcalloc(pool, (size_t)count * sizeof(*part));
    size_t nearest = 0;
    int i;

    for (i = 0; i < count; i++) {
        apr_hash_set(all.part, &notes[i].database,
                     sizeof(notes[i].database), &part[i]);
    }
    acct_cache_notes(cache, all.from, keep, &all);
    for (i = 0; i < count; i++) {
        size_t cut = cut_of(&part[i]);

        settle(&notes[i], &part[i], pool);
        /* The nearest one: a collection that begins before its cut misses
         * nothing. */
        if (cut != 0 && (nearest == 0 || cut < nearest)) {
            nearest = cut;
        }
    }
    last_used->from = (all.from + nearest) % cache->slots;
}

typedef struct uses_t {
    acct_token_use_t *use;
    int count;
} uses_t;

static uses_t uses_of(const acct_notes_t *notes, apr_pool_t *pool)
{
    uses_t uses = { apr_palloc(pool, (size_t)notes->count
                                     * sizeof(*uses.use)), notes->count };
    int i;

    for (i = 0; i < notes->count; i++) {
        uses.use[i].id = acct_hex_text(notes->note[i].token_id,
                                       sizeof(notes->note[i].token_id),
                                       pool);
        uses.use[i].at = notes->note[i].used;
        uses.use[i].digest = notes->note[i].is_adoptable
            ? acct_hex_text(notes->note[i].digest,
                            sizeof(notes->note[i].digest), pool) : NULL;
    }
    return uses;
}

static apr_status_t write_uses(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const uses_t *uses = baton;

    return acct_store_tokens_used(db, uses->use, uses->count, pool);
}

apr_status_t acct_last_used_write(const acct_notes_t *notes,
                                  acct_cache_t *cache, acct_db_t *db,
                                  apr_pool_t *pool)
{
    apr_status_t status = APR_SUCCESS;
    int i;

    if (notes->count > 0) {
        uses_t uses = uses_of(notes, pool);

        status = acct_db_transact(db, write_uses, &uses, pool);
    }
    for (i = 0; status == APR_SUCCESS && i < notes->count; i++) {
        acct_cache_noted(cache, &notes->note[i], acct_ticks());
    }
    return status;
}
