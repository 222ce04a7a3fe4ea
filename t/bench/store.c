/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a database does in a second, asked through the store's own code.
 *
 *   store WHAT DRIVER PARAMETERS TOKENS SECONDS CONNECTIONS
 *
 *   fill      accounts (one for ten tokens) and TOKENS tokens, into tables
 *             that acctauth init has made; SECONDS and CONNECTIONS unused
 *   lookups   of tokens, as an uncached protected request does
 *   signins   without the hash: find the account; in a transaction lock
 *             it, write its last login, make room, insert a token
 *   signouts  in a transaction lock the account, delete a token and insert
 *             a revocation
 *   notes     in a transaction the last use of 2,000 tokens
 *   purge     batches, as when all tokens there are had expired; ends when
 *             none is left
 *   feed      a reading of the feed that finds TOKENS new revocations,
 *             which are inserted before
 *   sql       print the statement of the feed's reading
 *
 * Each connection has a thread, which does one after the other. Prints the
 * number per second, and the median and the 99th percentile of the time of
 * one, in microseconds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "last_used.h"
#include "purge.h"
#include "service.h"
#include "store.h"
#include "ticks.h"
#include "token_check_row.h"

#define MAX_THREADS 64
#define TOKENS_EACH 10          /* of an account */
#define BATCH 10000
#define MAX_TIMES 2000000
#define MOST_RENEWED 3          /* connections of one thread */
#define FEED_MOST 8192          /* rows of a reading, as in feed.c */
#define TOKENS_MOST 20          /* of an account, AcctAuthMaxTokens */

typedef struct bench_t {
    acct_db_config_t config;
    apr_int64_t tokens;
    apr_interval_time_t time;
    pthread_mutex_t writers;    /* as the gate, where the database is a
                                 * file */
    pthread_mutex_t lock;       /* for what follows */
    apr_int64_t next;
} bench_t;

typedef struct worker_t {
    pthread_t thread;
    bench_t *bench;
    apr_status_t (*work)(struct worker_t *worker, apr_pool_t *pool);
    acct_db_t *db;
    uint64_t random;
    acct_mark_t mark;           /* of the feed */
    apr_interval_time_t took;
    uint32_t *times;
    size_t count;
    int renewed;                /* the connection, so often */
    apr_status_t status;
} worker_t;

static uint64_t scatter(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t draw(worker_t *worker)
{
    return scatter(worker->random += UINT64_C(0x9e3779b97f4a7c15));
}

/* Digits in no order, as those of a digest are. */
static const char *digits(uint64_t number, uint64_t kind, int words,
                          apr_pool_t *pool)
{
    const char *text = "";
    int i;

    for (i = 0; i < words; i++) {
        text = apr_psprintf(pool, "%s%016" APR_UINT64_T_HEX_FMT, text,
                            scatter(number * 8 + kind * 4
                                    + (uint64_t)i + 1));
    }
    return text;
}

static const char *digest_of(apr_int64_t token, apr_pool_t *pool)
{
    return digits((uint64_t)token, 0, 4, pool);
}

static const char *id_of(apr_int64_t token, apr_pool_t *pool)
{
    return digits((uint64_t)token, 1, 2, pool);
}

static apr_int64_t next_number(bench_t *bench)
{
    apr_int64_t number;

    pthread_mutex_lock(&bench->lock);
    number = bench->next++;
    pthread_mutex_unlock(&bench->lock);
    return number;
}

static apr_status_t add_token(acct_db_t *db, apr_int64_t account,
                              apr_int64_t number, apr_pool_t *pool)
{
    acct_token_t token = {
        .id = id_of(number, pool), .account_id = account,
        .digest = digest_of(number, pool), .label = "",
        .created_at = apr_time_now(),
        .expires_at = apr_time_now() + apr_time_from_sec(86400)
    };

    return acct_store_token_insert(db, &token, pool);
}

/* ---- what is measured ---- */

static apr_status_t look_up(worker_t *worker, apr_pool_t *pool)
{
    apr_int64_t token = (apr_int64_t)(draw(worker)
                                      % (uint64_t)worker->bench->tokens);
    acct_token_t found;
    acct_account_t account;

    return acct_store_token_find(worker->db, digest_of(token, pool), &found,
                                 &account, pool);
}

static apr_status_t in_transaction(worker_t *worker,
                                   apr_status_t (*work)(worker_t *worker,
                                                        apr_int64_t what,
                                                        apr_pool_t *pool),
                                   apr_int64_t what, apr_pool_t *pool)
{
    int alone = acct_db_is_file(worker->bench->config.driver);
    apr_status_t status;

    if (alone) {
        pthread_mutex_lock(&worker->bench->writers);
    }
    status = acct_db_begin(worker->db, pool);
    if (status == APR_SUCCESS) {
        status = work(worker, what, pool);
        if (status == APR_SUCCESS) {
            status = acct_db_commit(worker->db, pool);
        }
        else {
            acct_db_rollback(worker->db, pool);
        }
    }
    if (alone) {
        pthread_mutex_unlock(&worker->bench->writers);
    }
    return status;
}

static apr_status_t write_sign_in(worker_t *worker, apr_int64_t id,
                                  apr_pool_t *pool)
{
    acct_account_t account;
    int changed;
    apr_status_t status = acct_store_account_lock(worker->db, id, &account,
                                                  pool);

    if (status == APR_SUCCESS) {
        status = acct_store_account_set_last_login(worker->db, id,
                                                   apr_time_now(), pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_token_delete_oldest(
            worker->db, id, apr_time_now(), TOKENS_MOST - 1, &changed, pool);
    }
    if (status == APR_SUCCESS && changed > 0) {
        status = acct_store_revocation_insert(worker->db, id, pool);
    }
    if (status == APR_SUCCESS) {
        /* numbers of this time, so that a second run finds no old ones */
        status = add_token(worker->db, id, apr_time_now() * 1024
                           + next_number(worker->bench) % 1024, pool);
    }
    if (status == APR_SUCCESS) {
        acct_check_row_t row;

        status = acct_check_row_read(worker->db, &row, pool);
    }
    return status;
}

static apr_status_t sign_in(worker_t *worker, apr_pool_t *pool)
{
    apr_int64_t accounts = worker->bench->tokens / TOKENS_EACH;
    apr_int64_t which = (apr_int64_t)(draw(worker) % (uint64_t)accounts);
    acct_account_t account;
    apr_status_t status;

    status = acct_store_account_by_username(
        worker->db, apr_psprintf(pool, "user%" APR_INT64_T_FMT, which),
        &account, pool);
    if (status == APR_SUCCESS) {
        status = in_transaction(worker, write_sign_in, account.id, pool);
    }
    return status;
}

static apr_status_t write_sign_out(worker_t *worker, apr_int64_t token,
                                   apr_pool_t *pool)
{
    acct_account_t account;
    int changed = 1;
    apr_status_t status = acct_store_account_lock(
        worker->db, token / TOKENS_EACH + 1, &account, pool);

    if (status == APR_SUCCESS) {
        status = acct_store_token_delete(worker->db, id_of(token, pool),
                                         &changed, pool);
    }
    if (status == APR_SUCCESS && changed != 1) {
        status = APR_NOTFOUND;
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(
            worker->db, token / TOKENS_EACH + 1, pool);
    }
    return status;
}

/* From the last token on: each is there for one sign-out. */
static apr_status_t sign_out(worker_t *worker, apr_pool_t *pool)
{
    return in_transaction(worker, write_sign_out, worker->bench->tokens - 1
                          - next_number(worker->bench), pool);
}

static apr_status_t write_uses(worker_t *worker, apr_int64_t unused,
                               apr_pool_t *pool)
{
    acct_token_use_t *uses = apr_palloc(pool, ACCT_LAST_USED_MOST
                                              * sizeof(*uses));
    int i;

    (void)unused;
    for (i = 0; i < ACCT_LAST_USED_MOST; i++) {
        uses[i].id = id_of((apr_int64_t)(draw(worker)
                           % (uint64_t)worker->bench->tokens), pool);
        uses[i].at = apr_time_now();
    }
    return acct_store_tokens_used(worker->db, uses, ACCT_LAST_USED_MOST,
                                  pool);
}

static apr_status_t write_notes(worker_t *worker, apr_pool_t *pool)
{
    return in_transaction(worker, write_uses, 0, pool);
}

/* On a server that goes by the rows and its own clock. */
static apr_status_t begin_purge(worker_t *worker, apr_pool_t *pool)
{
    static const char *const all[] = {
        "SET statement_timeout = 0", "UPDATE token SET expires_at = 1",
        "VACUUM token", "RESET statement_timeout"
    };
    apr_status_t status = APR_SUCCESS;

    if (acct_db_is_file(worker->bench->config.driver)) {
        return APR_SUCCESS;
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(*all)
                       && status == APR_SUCCESS; i++) {
        status = acct_db_exec(worker->db, all[i], pool);
    }
    return status;
}

static apr_status_t purge(worker_t *worker, apr_pool_t *pool)
{
    acct_purged_t purged;
    apr_status_t status = acct_purge(worker->db, apr_time_now()
                                     + apr_time_from_sec(2 * 86400),
                                     &purged, pool);

    return status == APR_SUCCESS && !purged.more ? APR_EOF : status;
}

static apr_status_t write_revocations(worker_t *worker, apr_int64_t count,
                                      apr_pool_t *pool)
{
    apr_status_t status = APR_SUCCESS;
    apr_int64_t i;

    for (i = 0; i < count && status == APR_SUCCESS; i++) {
        status = acct_store_revocation_insert(worker->db, i + 1, pool);
    }
    return status;
}

/* What was there before the rows is where each reading begins. */
static apr_status_t begin_feed(worker_t *worker, apr_pool_t *pool)
{
    apr_array_header_t *list;
    apr_status_t status;
    int missed;

    acct_mark_at(&worker->mark, -1, 0);
    status = acct_store_revocation_read(worker->db, &worker->mark, FEED_MOST,
                                        &list, &missed, pool);
    return status != APR_SUCCESS || worker->bench->tokens == 0 ? status
        : in_transaction(worker, write_revocations, worker->bench->tokens,
                         pool);
}

static apr_status_t read_feed(worker_t *worker, apr_pool_t *pool)
{
    acct_mark_t mark = worker->mark;
    apr_array_header_t *list;
    acct_check_row_t row;
    int missed;
    apr_status_t status = acct_store_revocation_read(
        worker->db, &mark, FEED_MOST, &list, &missed, pool);

    if (status == APR_SUCCESS
        && (missed || list->nelts != worker->bench->tokens)) {
        fprintf(stderr, "store: the feed read %d rows, missed %d\n",
                list->nelts, missed);
        return APR_EGENERAL;
    }
    return status == APR_SUCCESS
        ? acct_check_row_read(worker->db, &row, pool) : status;
}

static apr_status_t fill_batch(acct_db_t *db, apr_int64_t from,
                               apr_int64_t to, apr_int64_t *account,
                               apr_pool_t *pool)
{
    apr_status_t status = acct_db_begin(db, pool);
    apr_pool_t *sub;
    apr_int64_t i;

    apr_pool_create(&sub, pool);
    for (i = from; i < to && status == APR_SUCCESS; i++) {
        apr_pool_clear(sub);
        if (i % TOKENS_EACH == 0) {
            const char *name = apr_psprintf(sub, "user%" APR_INT64_T_FMT,
                                            i / TOKENS_EACH);
            acct_account_t a = {
                .username = name, .username_key = name, .is_active = 1,
                .password = "$argon2id$v=19$m=19456,t=2,p=1$"
                            "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"
                            "AAAAAAAAAAAAAAAAAAAAA",
                .created_at = apr_time_now()
            };

            status = acct_store_account_insert(db, &a, sub);
            *account = a.id;
        }
        if (status == APR_SUCCESS) {
            status = add_token(db, *account, i, sub);
        }
    }
    return status == APR_SUCCESS ? acct_db_commit(db, pool) : status;
}

/* ---- measuring ---- */

static int open_for(bench_t *bench, acct_db_t **db, apr_pool_t *pool)
{
    const char *error = NULL;

    if (acct_store_open(db, &bench->config, pool, &error) == APR_SUCCESS) {
        return 1;
    }
    fprintf(stderr, "store: %s\n", error);
    return 0;
}

/* A server ends a transaction whose client does not go on for too long,
 * which happens where more threads than cores want to. It took its time,
 * and counts. */
static int renew(worker_t *worker, apr_pool_t *pool)
{
    if (worker->renewed == MOST_RENEWED) {
        return 0;
    }
    fprintf(stderr, "store: %s\n", acct_db_error(worker->db));
    worker->renewed++;
    acct_db_close(worker->db);
    worker->db = NULL;
    if (!open_for(worker->bench, &worker->db, pool)) {
        exit(1);
    }
    worker->status = APR_SUCCESS;
    return 1;
}

static void *run(void *data)
{
    worker_t *worker = data;
    apr_interval_time_t begun = acct_ticks();
    apr_interval_time_t now = begun;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    while (now - begun < worker->bench->time
           && worker->count < MAX_TIMES) {
        apr_interval_time_t before = now;

        apr_pool_clear(pool);
        worker->status = worker->work(worker, pool);
        if (APR_STATUS_IS_EOF(worker->status)) {
            worker->status = APR_SUCCESS;
            break;
        }
        if (worker->status != APR_SUCCESS && !renew(worker, pool)) {
            break;
        }
        now = acct_ticks();
        worker->times[worker->count++] = (uint32_t)(now - before);
    }
    worker->took = now - begun;
    apr_pool_destroy(pool);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int report(const worker_t *worker, int threads, apr_pool_t *pool)
{
    uint32_t *times;
    size_t count = 0;
    double rate = 0;
    int i;

    for (i = 0; i < threads; i++) {
        if (worker[i].status != APR_SUCCESS) {
            fprintf(stderr, "store: %s (status %d)\n",
                    acct_db_error(worker[i].db), worker[i].status);
            return 1;
        }
        count += worker[i].count;
        rate += (double)worker[i].count * APR_USEC_PER_SEC
            / (double)worker[i].took;
    }
    if (count == 0) {
        fprintf(stderr, "store: nothing to do\n");
        return 1;
    }
    times = apr_palloc(pool, count * sizeof(*times));
    for (count = 0, i = 0; i < threads; i++) {
        memcpy(times + count, worker[i].times,
               worker[i].count * sizeof(*times));
        count += worker[i].count;
    }
    qsort(times, count, sizeof(*times), by_size);
    printf("%.0f %u %u\n", rate, times[count / 2], times[count * 99 / 100]);
    return 0;
}

static int fill(bench_t *bench, apr_pool_t *pool)
{
    apr_status_t status = APR_SUCCESS;
    apr_int64_t account = 0;
    apr_int64_t i;
    acct_db_t *db;

    if (!open_for(bench, &db, pool)) {
        return 1;
    }
    for (i = 0; i < bench->tokens && status == APR_SUCCESS; i += BATCH) {
        apr_int64_t to = i + BATCH;
        apr_pool_t *sub;

        apr_pool_create(&sub, pool);
        status = fill_batch(db, i, to < bench->tokens ? to : bench->tokens,
                            &account, sub);
        apr_pool_destroy(sub);
    }
    if (status != APR_SUCCESS) {
        fprintf(stderr, "store: %s\n", acct_db_error(db));
    }
    acct_db_close(db);
    return status != APR_SUCCESS;
}

static int measure(bench_t *bench, const char *what, int threads,
                   apr_pool_t *pool)
{
    static const struct {
        const char *name;
        apr_status_t (*work)(worker_t *worker, apr_pool_t *pool);
    } works[] = {
        { "lookups", look_up }, { "signins", sign_in },
        { "signouts", sign_out }, { "notes", write_notes },
        { "purge", purge }, { "feed", read_feed }
    };
    worker_t worker[MAX_THREADS] = { 0 };
    size_t w = 0;
    int i;
    int failed;

    while (w < sizeof(works) / sizeof(*works)
           && strcmp(works[w].name, what) != 0) {
        w++;
    }
    if (w == sizeof(works) / sizeof(*works)) {
        fprintf(stderr, "store: what is %s?\n", what);
        return 2;
    }
    for (i = 0; i < threads; i++) {
        worker[i].bench = bench;
        worker[i].work = works[w].work;
        worker[i].random = (uint64_t)i + 1;
        worker[i].times = malloc(MAX_TIMES * sizeof(*worker[i].times));
        if (worker[i].times == NULL
            || !open_for(bench, &worker[i].db, pool)) {
            return 1;
        }
        if ((works[w].work == read_feed
             && begin_feed(&worker[i], pool) != APR_SUCCESS)
            || (works[w].work == purge
                && begin_purge(&worker[i], pool) != APR_SUCCESS)) {
            fprintf(stderr, "store: %s\n", acct_db_error(worker[i].db));
            return 1;
        }
    }
    for (i = 0; i < threads; i++) {
        if (pthread_create(&worker[i].thread, NULL, run, &worker[i])) {
            fprintf(stderr, "store: cannot make a thread\n");
            exit(1);
        }
    }
    for (i = 0; i < threads; i++) {
        pthread_join(worker[i].thread, NULL);
    }
    failed = report(worker, threads, pool);
    for (i = 0; i < threads; i++) {
        acct_db_close(worker[i].db);
        free(worker[i].times);
    }
    return failed;
}

static int print_sql(const char *driver)
{
    int count;
    const acct_statement_t *list = acct_store_statements(driver, &count);
    const char *label = acct_db_is_file(driver) ? "revocation_after_id"
                                                : "revocation_after_snapshot";
    int i;

    for (i = 0; i < count; i++) {
        if (strcmp(list[i].label, label) == 0) {
            printf("%s\n", list[i].sql);
            return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    bench_t bench = { .writers = PTHREAD_MUTEX_INITIALIZER,
                      .lock = PTHREAD_MUTEX_INITIALIZER };
    const char *error = NULL;
    apr_pool_t *pool;
    int threads = argc == 7 ? atoi(argv[6]) : 0;
    int status;

    if (threads < 1 || threads > MAX_THREADS
        || (atoi(argv[4]) < TOKENS_EACH && strcmp(argv[1], "feed") != 0)) {
        fprintf(stderr, "store fill|lookups|signins|signouts|notes|purge|"
                "feed|sql DRIVER PARAMETERS TOKENS SECONDS CONNECTIONS\n");
        return 2;
    }
    if (strcmp(argv[1], "sql") == 0) {
        return print_sql(argv[2]);
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    bench.config.driver = argv[2];
    bench.config.params = argv[3];
    bench.tokens = atoi(argv[4]);
    bench.time = (apr_interval_time_t)(atof(argv[5]) * APR_USEC_PER_SEC);
    if (acct_db_init(pool, argv[2], &error) != APR_SUCCESS
        || acct_db_resolve(&bench.config, pool, &error) != APR_SUCCESS) {
        fprintf(stderr, "store: %s\n", error);
        return 1;
    }
    status = strcmp(argv[1], "fill") == 0
        ? fill(&bench, pool) : measure(&bench, argv[1], threads, pool);
    apr_terminate();
    return status;
}
