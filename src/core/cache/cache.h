/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of what is known without asking the database: the identity
 * cache, token digest to identity, over a block of memory it is given, which
 * many processes share and any of them may die in. It may use the rooms
 * below (store … base); only last_used.c writes to a database.
 *
 * The memory holds
 *   - a bit for each slot: whether it was ever used, and whether it has a
 *     note (below);
 *   - a head: layout, geometry, and when the revocation feed was last
 *     read;
 *   - epochs: ACCT_CACHE_EPOCHS counters, by account, and a count of all
 *     revocations. A thread that revokes commits first, then raises the count,
 *     notes it beside the account's epoch, and raises that; a slot is good
 *     only while its epoch is the current one. A filler, which learns the
 *     account from the database only, takes the count *before* it asks;
 *     afterwards it reads the epoch, and stores nothing when a later count
 *     stands beside it. So what it stores can never outlive a revocation it
 *     did not see: either its epoch is the old one, or the count shows it;
 *   - slots, in sets of ACCT_CACHE_WAYS. A reader takes no lock: a
 *     sequence word per slot, bounded retries, then a miss. A writer
 *     claims the word; one that dies in between leaves a claim that a
 *     later writer takes over.
 * Nothing in a slot is trusted for being there: its content carries a tag
 * under a secret of this server's start, so torn, scribbled or misplaced
 * bytes are a miss and never a grant.
 *
 * A slot is also where it is noted that its token was used, until the upkeep
 * writes that to the database (cache/last_used.h): at most once a minute for a
 * token, and the epoch stays what it was, so that no note outdoes a
 * revocation. The note itself has none: it stays until it is written, and says
 * nothing of a token whose row is gone.
 *
 * All functions are safe from any thread of any process that has the
 * block mapped; none allocates or takes a lock. "ticks" are microseconds
 * of the monotonic clock, "times" of the wall clock.
 *
 * The files:
 *   cache.c           how large a block is; making and attaching one
 *   freshness.c       when revocations were read, and by which child
 *   epoch.c           revoking
 *   slot.c            reading and writing a slot; finding a token
 *   bits.c            which slots are used, and which have a note
 *   insert.c          storing an identity, and where
 *   use.c             notes of last use
 *   last_used.c       from those notes to the database
 *   repeat.c          counters of repeated log lines, in a block of their
 *                     own
 * block.h is what the first seven share.
 */
#ifndef ACCT_CACHE_H
#define ACCT_CACHE_H

#include <apr_errno.h>
#include <apr_time.h>
#include <stddef.h>
#include <stdint.h>
#include "base/service.h"

#define ACCT_CACHE_EPOCHS 4096
#define ACCT_CACHE_WAYS 4
#define ACCT_CACHE_SLOT_BYTES 256
#define ACCT_CACHE_DIGEST_BYTES 32
#define ACCT_CACHE_SECRET_BYTES 16
#define ACCT_CACHE_TEXT_BYTES 112   /* username and email together */
#define ACCT_CACHE_FEEDS 1024       /* databases one cache can serve */

#define ACCT_CACHE_AGE INT64_C(60000000)    /* microseconds */
#define ACCT_CACHE_NOTE_AGE INT64_C(60000000)   /* between two notes */

/* The shared block; its layout is in cache/block.h. */
typedef struct acct_cache_block_t acct_cache_block_t;

/* One process's view of it. Constant once attached. */
typedef struct acct_cache_t {
    acct_cache_block_t *block;
    size_t slots;               /* never taken from the block: what is
                                 * scribbled there must not lead astray */
    unsigned char secret[ACCT_CACHE_SECRET_BYTES];
} acct_cache_t;

/* What a slot holds of an identity. */
typedef struct acct_cached_t {
    int64_t account;
    int64_t expires_at;         /* time; 0: never */
    int64_t last_used;          /* time; 0: never */
    int64_t ends_at;            /* time that no use prolongs it past; 0:
                                 * none */
    int64_t sliding;            /* microseconds that a use lets it live; 0:
                                 * expires_at stays what it is */
    unsigned char token_id[16];
    uint16_t is_unwritten;      /* last_used is a note the database has not */
    uint16_t is_note;           /* for that note alone: never found */
    uint16_t is_staff;
    uint16_t is_adoptable;      /* its row is to become one of this digest */
    uint16_t username_length;   /* bytes; 0: the account has none */
    uint16_t email_length;
    char text[ACCT_CACHE_TEXT_BYTES];   /* username, then email, no NUL;
                                 * zeros behind */
    uint64_t found_under;       /* out: the epoch when it was found */
} acct_cached_t;

/** Bytes of memory that @a slots slots need, with all that goes with them;
 *  @a slots is a multiple of ACCT_CACHE_WAYS, less than 2^32. */
size_t acct_cache_bytes(size_t slots);

/** The most slots that fit @a bytes; 0 when none do. */
size_t acct_cache_slots_in(size_t bytes);

/** Which layout of blocks and views this is: another version of the
 *  program may have another, and must leave blocks of this one alone. */
uint64_t acct_cache_layout(void);

/** Make an empty cache of memory, aligned to 64 bytes, that is all zeros.
 *  Once, before any other process has it. What is not used of it is not
 *  touched, so that the system need not provide it. */
void acct_cache_format(acct_cache_t *cache, void *memory, size_t slots,
                       const unsigned char *secret);

/** A view of memory another has formatted.
 *  @return APR_EINVAL when it has another layout or size: then nothing may
 *          be done with the view but acct_cache_retire() */
apr_status_t acct_cache_attach(acct_cache_t *cache, void *memory,
                               size_t slots, const unsigned char *secret);

/**
 * Nothing of a block is to be believed from now on: new children use another
 * one, and what they revoke does not raise epochs here. Its feeds are never
 * fresh again, whichever child still reads them.
 */
void acct_cache_retire(acct_cache_t *cache);

/** Undo that: everything is forgotten, the feeds were never read. */
void acct_cache_revive(acct_cache_t *cache);

/**
 * The place of a database's feed in the block, made when first asked for.
 * @return 0 to ACCT_CACHE_FEEDS - 1, or -1 when there are too many
 * Parent only, before it forks.
 */
int acct_cache_feed(acct_cache_t *cache, uint64_t database);

/** The same where it was asked for before, else -1. */
int acct_cache_feed_find(const acct_cache_t *cache, uint64_t database);

/** Note that the feed was read: all revocations that were visible at
 *  @a tick have raised their epochs.
 *  @param last_id where to read on, a number of the reader's (not
 *                 negative), for the child that comes after this one */
void acct_cache_feed_read(acct_cache_t *cache, int feed, int64_t tick,
                          int64_t last_id);

/** Where to read on; -1 when it was never read. */
int64_t acct_cache_feed_last(const acct_cache_t *cache, int feed);

/** Note which database those numbers are of. After acct_cache_feed_read(): a
 *  reader that dies in between leaves a pair that does not match, and never
 *  one that matches and is wrong. */
void acct_cache_feed_set_origin(acct_cache_t *cache, int feed,
                                int64_t origin);

/** What was noted; 0 when nothing was. Ask for it before
 *  acct_cache_feed_last(). */
int64_t acct_cache_feed_origin(const acct_cache_t *cache, int feed);

/**
 * Whether this child is to read the feed now. One does, as long as it does
 * so in time; when it has not for @a patience, because it was killed, was
 * stopped or hangs, the first other child that asks takes over. Should the
 * old one go on, both read for once, which is right too.
 * @param mine     the tick of this child's last claim, kept by the caller;
 *                 0 at first
 * @param patience microseconds
 * @return 1 when it is, 2 when it was another's turn before
 */
int acct_cache_feed_claim(acct_cache_t *cache, int feed, int64_t *mine,
                          int64_t tick, int64_t patience);

/** Note whether reading the feed fails: the child that can read it again knows
 *  nothing of what was revoked meanwhile, whichever child that is.
 *  @return what was noted before */
int acct_cache_feed_failing(acct_cache_t *cache, int feed, int is_failing);

/* What may go wrong with a database apart from the other. */
typedef enum {
    ACCT_CACHE_NO_READING,      /* nothing can be asked */
    ACCT_CACHE_NO_WRITING,      /* what is asked is answered */
    ACCT_CACHE_TROUBLES
} acct_cache_trouble_e;

/** Note what is wrong with a feed's database, for the log of all children.
 *  @param trouble a number of the caller's; 0: nothing
 *  @return what was noted before */
uint32_t acct_cache_feed_trouble(acct_cache_t *cache, int feed,
                                 acct_cache_trouble_e which,
                                 uint32_t trouble);

/** What is noted. */
uint32_t acct_cache_feed_has_trouble(const acct_cache_t *cache, int feed,
                                     acct_cache_trouble_e which);

/**
 * Agree with the other children on which database it is, when the parent
 * could not find out: the first that opens it says so, once for all.
 * @param creation tells databases at one place apart; not 0
 * @return what all go by: @a creation, or what another said before
 */
uint64_t acct_cache_feed_bind(acct_cache_t *cache, int feed,
                              uint64_t creation);

/** Say to the other children that the database is not what it was: none goes
 *  on with connections of before. */
void acct_cache_feed_doubt(acct_cache_t *cache, int feed);

/** How often that was said. One load. */
uint64_t acct_cache_feed_doubts(const acct_cache_t *cache, int feed);

/** For how long a feed is wanted once the database was asked something that
 *  may be answered from the cache the next time: what is answered from it
 *  is asked of the database anew before that. Microseconds. */
#define ACCT_CACHE_WANTED (ACCT_CACHE_AGE + ACCT_CACHE_AGE / 2)

/** Note that a request wants the feed to be fresh. */
void acct_cache_feed_want(acct_cache_t *cache, int feed, int64_t tick);

/** Whether a request has wanted it lately. Else the feed need not be read:
 *  nothing is believed of a database whose feed is not fresh. */
int acct_cache_feed_is_wanted(const acct_cache_t *cache, int feed,
                              int64_t tick);

/** Whether the feed was read within @a bound (microseconds) before
 *  @a tick: only then may anything be believed that is not asked of the
 *  database. */
int acct_cache_is_fresh(const acct_cache_t *cache, int feed, int64_t tick,
                        int64_t bound);

/**
 * Note whether a database's tokens all have the check of a key
 * (token/check_row.h), as read after @a tick.
 * @param key_id acct_token_check_id(); 0: they need not have it
 */
void acct_cache_feed_checked(acct_cache_t *cache, int feed, uint64_t key_id,
                             int64_t tick);

/** Whether that was so of this key within @a bound (microseconds) before
 *  @a tick. */
int acct_cache_is_checked(const acct_cache_t *cache, int feed,
                          uint64_t key_id, int64_t tick, int64_t bound);

/** The same of whether a database holds no token of another system in that
 *  system's form (token/foreign.h). */
void acct_cache_feed_native(acct_cache_t *cache, int feed, int is_native,
                            int64_t tick);
int acct_cache_is_native(const acct_cache_t *cache, int feed, int64_t tick,
                         int64_t bound);

/** How long ago a feed was read, microseconds; -1 when it never was. */
int64_t acct_cache_feed_age(const acct_cache_t *cache, int feed,
                            int64_t tick);

/** How many slots would answer at @a tick, their feeds being fresh: for the
 *  status page. Where there are many it looks at some of them, evenly, and
 *  estimates the number. */
size_t acct_cache_in_use(const acct_cache_t *cache, int64_t tick);

/** How many revocations there were: take it before asking the database,
 *  hand it in with what the database said. */
uint64_t acct_cache_ticket(const acct_cache_t *cache);

/** Revoke all that is cached of an account; after the commit. */
void acct_cache_raise(acct_cache_t *cache, uint64_t database,
                      int64_t account);

/** What an account's tokens were has ended: forget what is believed of
 *  them in the service's cache, if it has one. After the commit, also one
 *  of unknown fate, and before the answer. */
void acct_service_revoked(const acct_service_t *service, int64_t account);

/** Revoke everything of all accounts (which revocations were missed is not
 *  known). */
void acct_cache_raise_all(acct_cache_t *cache);

/**
 * Look a token up.
 * @param database key of the database the token is looked for in
 * @param digest   32 bytes
 * @param now      time, for the token's expiry
 * @param tick     now; what was stored longer than ACCT_CACHE_AGE before is
 *                 asked of the database again, for the sake of changes that
 *                 leave no row in the revocation table
 * @param found    on APR_SUCCESS the identity
 * @return APR_SUCCESS, or APR_NOTFOUND: ask the database
 */
apr_status_t acct_cache_find(const acct_cache_t *cache, uint64_t database,
                             const unsigned char *digest, int64_t now,
                             int64_t tick, acct_cached_t *found);

/** Whether what was found (once the feed is known to be fresh) is good
 *  still: nothing of the account was revoked since, and it has not expired
 *  at @a now. */
int acct_cache_is_current(const acct_cache_t *cache, uint64_t database,
                          const acct_cached_t *found, int64_t now);

/**
 * Remember an identity. Does nothing when anything of its account (or of
 * those it shares an epoch with) was revoked since the ticket was taken, or
 * when others are writing where it would go.
 * @param ticket as taken before the database was asked
 * @param tick   now, to tell a claim that its owner will not finish
 * @return 1 when it was stored
 */
int acct_cache_store(acct_cache_t *cache, uint64_t database,
                     const unsigned char *digest, uint64_t ticket,
                     int64_t tick, const acct_cached_t *identity);

/** When a token expires that is used now. */
int64_t acct_cache_expiry(const acct_cached_t *identity, int64_t now);

/**
 * Note that a token is used now, where its slot's last note is a minute old
 * or older. Only a slot that may be believed is touched: never one that was
 * revoked, has expired or holds other bytes than were put there.
 * @param identity as found; on success with the new times
 * @return 1 when it was noted; 0 when not, or others write there
 */
int acct_cache_touch(acct_cache_t *cache, uint64_t database,
                     const unsigned char *digest, int64_t now, int64_t tick,
                     acct_cached_t *identity);

/** Whether a token's slot says that it was used less than a minute ago. */
int acct_cache_is_noted(const acct_cache_t *cache, uint64_t database,
                        const unsigned char *digest, int64_t now);

/**
 * When a token was used last, as its slot says. Of any epoch and age, and
 * expired or not: for a caller that has just read the token's row and needs to
 * know of a use that is not written there yet. Waits some milliseconds at most
 * for a thread that is writing to the slot.
 * @param token_id     of the row; a slot of another token says nothing
 * @param is_unwritten whether that is a note the database has not; where
 *                     it is none, and the row is older, it was written
 *                     since the row was read
 * @return time; 0 when there is no such slot
 */
int64_t acct_cache_used(const acct_cache_t *cache, uint64_t database,
                        const unsigned char *digest,
                        const unsigned char *token_id, int *is_unwritten);

/* A note that the database has not. */
typedef struct acct_cache_note_t {
    uint64_t database;
    size_t slot;
    uint64_t tag;
    int64_t used;               /* time */
    unsigned char token_id[16];
    int sliding;                /* the token lives by being used */
    int is_adoptable;           /* acct_cached_t's, and by which digest: */
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];
} acct_cache_note_t;

typedef void acct_cache_note_fn(void *baton, const acct_cache_note_t *note);

/**
 * Show all notes, of all databases, each once: from a slot on to the last,
 * then from the first. Takes as long as there are notes, and little for
 * the rest.
 */
void acct_cache_notes(const acct_cache_t *cache, size_t from,
                      acct_cache_note_fn *show, void *baton);

/** What a note says is in the database: it need not be written again, unless
 *  the token was used since. */
void acct_cache_noted(acct_cache_t *cache, const acct_cache_note_t *note,
                      int64_t tick);

/** Whether anything is known to be wrong with a block: slots whose tag did
 *  not fit when they were read, since it was formatted. */
uint64_t acct_cache_discarded(const acct_cache_t *cache);

#endif
