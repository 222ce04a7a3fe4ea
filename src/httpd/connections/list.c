/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/list.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/ticks.h"
#include "connections/pool_open.h"
#include "connections/stock.h"
#include "connections/watch.h"

/* A connection that was not needed for so long is closed: each connection is a
 * process on a server, and a file has three descriptors. */
#define IDLE_TOO_LONG apr_time_from_sec(60)

/* A request that got its connection late has this long at least. */
#define UNIT_TIME_LEAST apr_time_from_msec(200)

/* libpq's connecting cannot be ended from outside, and may take two seconds
 * (it knows no shorter connect_timeout). So a request that has less time left
 * than this does not begin to open a connection, and waits for one that is put
 * back. */
#define OPENING_TIME_LEAST (ACCT_POOL_WITHIN - apr_time_from_msec(500))

struct acct_list_t {
    acct_db_config_t config;
    _Atomic(unsigned int) address;  /* see acct_db_config_t */
    acct_pool_expected_t *expected;
    acct_watch_t *watch;            /* NULL: the database is a file */
    _Atomic(int) has_spare;

    pthread_mutex_t lock;           /* for what follows */
    acct_stock_t stock;
    acct_db_t *own;                 /* while it is not in use; not a part of
                                     * the stock */
    unsigned int generation;        /* raised when a connection breaks: older
                                     * ones are not to be trusted */
};

/* ---- making ---- */

/* Those in use are closed by the end of the process. No lock: see
 * connections/watch.c. */
static apr_status_t close_all(void *data)
{
    acct_list_t *list = data;

    if (list->own != NULL) {
        acct_db_close(list->own);
    }
    while (list->stock.idle_count > 0) {
        acct_db_close(list->stock.idle[--list->stock.idle_count].db);
    }
    pthread_mutex_destroy(&list->lock);
    return APR_SUCCESS;
}

/* The threads, and those of process/upkeep.h. */
static int most_of_file(int threads)
{
    int most = (threads < 1 ? 1 : threads) + 2;

    return most > ACCT_POOL_CONNECTIONS ? ACCT_POOL_CONNECTIONS : most;
}

/* A quarter of the threads is left for the rest of the site. A single one
 * (prefork) needs one connection, and those that read revocations and write
 * one each, so that it need not wait for them; they open theirs in few
 * children. */
static int most_of_server(int threads, int allowed)
{
    int most = threads < 2 ? 3 : acct_pool_threads(threads);

    if (allowed <= 0) {
        allowed = ACCT_POOL_CONNECTIONS;
    }
    return most > allowed ? allowed : most;
}

static apr_status_t prepare_server(acct_list_t *list,
                                   const acct_list_settings_t *settings,
                                   apr_pool_t *pchild)
{
    int most = most_of_server(settings->threads, settings->most);

    list->config.address = &list->address;
    list->stock.crowd = settings->crowd;
    list->stock.opening = OPENING_TIME_LEAST;
    list->stock.breaker.is_server = 1;
    acct_stock_make(&list->stock, most, pchild);
    /* and the own */
    return acct_watch_start(&list->watch, most + 1, pchild);
}

apr_status_t acct_list_make(acct_list_t **list,
                            const acct_list_settings_t *settings,
                            apr_pool_t *pchild)
{
    acct_list_t *made = apr_pcalloc(pchild, sizeof(*made));
    apr_status_t status = APR_SUCCESS;
    int rv;

    made->config = *settings->config;
    made->expected = settings->expected;
    if (acct_db_is_file(settings->config->driver)) {
        acct_stock_make(&made->stock, most_of_file(settings->threads),
                        pchild);
    }
    else {
        status = prepare_server(made, settings, pchild);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    rv = pthread_mutex_init(&made->lock, NULL);
    if (rv != 0) {
        return APR_FROM_OS_ERROR(rv);
    }
    apr_pool_cleanup_register(pchild, made, close_all,
                              apr_pool_cleanup_null);
    *list = made;
    return APR_SUCCESS;
}

/* ---- which address of a server is asked ---- */

static unsigned int address_now(acct_list_t *list)
{
    /* relaxed: a hint, and all there is to it is the number */
    return atomic_load_explicit(&list->address, memory_order_relaxed);
}

/* What connects and then keeps silent: of several addresses the one behind
 * @a seen is asked next. Not where another thread has moved on already: of
 * two addresses the second to move on would come back to the silent one. */
static void try_next_address(acct_list_t *list, unsigned int seen)
{
    /* relaxed: as above */
    atomic_compare_exchange_strong_explicit(&list->address, &seen, seen + 1,
                                            memory_order_relaxed,
                                            memory_order_relaxed);
}

/* ---- taking one ---- */

/* With the lock held. */
static apr_status_t take_any(acct_list_t *list, acct_seeker_t *seeker)
{
    apr_status_t status = acct_stock_take(&list->stock, seeker, &list->lock);

    seeker->generation = list->generation;
    return status;
}

/* With the lock held. */
static apr_status_t take_own(acct_list_t *list, acct_seeker_t *seeker)
{
    seeker->db = list->own;
    seeker->generation = list->generation;
    list->own = NULL;
    return APR_SUCCESS;
}

/* What a request has lost to a server counts from its beginning: for so long a
 * thread was kept. */
static apr_interval_time_t lost_since(const acct_list_t *list,
                                      const acct_seeker_t *seeker)
{
    return list->watch != NULL ? seeker->begun : acct_ticks();
}

static apr_status_t open_one(acct_list_t *list, acct_list_which_e which,
                             acct_seeker_t *seeker)
{
    apr_interval_time_t since = lost_since(list, seeker);
    unsigned int seen = address_now(list);
    apr_status_t status;

    status = acct_pool_open(&seeker->db, &list->config, list->expected,
                            list->watch, seeker->until, &seeker->error,
                            seeker->p);
    if (status == APR_SUCCESS) {
        /* as it was before: one that broke meanwhile makes this one
         * suspect too */
        acct_db_set_generation(seeker->db, seeker->generation);
        pthread_mutex_lock(&list->lock);
        list->stock.heard = acct_ticks();
        acct_breaker_opened(&list->stock.breaker, list->stock.heard);
        pthread_mutex_unlock(&list->lock);
        return APR_SUCCESS;
    }
    if (APR_STATUS_IS_TIMEUP(status)) {
        try_next_address(list, seen);
    }
    pthread_mutex_lock(&list->lock);
    acct_breaker_not_opened(&list->stock.breaker, acct_ticks() - since,
                            seeker->error);
    if (which == ACCT_LIST_ANY) {
        acct_stock_drop(&list->stock);
    }
    pthread_mutex_unlock(&list->lock);
    return status;
}

/* The database has closed it, another file has the name, or another
 * connection of its age broke: whatever it reads, it is not to be trusted. */
static int is_of_use(const acct_seeker_t *seeker)
{
    return acct_db_generation(seeker->db) == seeker->generation
        && acct_db_is_current(seeker->db);
}

/* Another in place of one that is of no use. */
static apr_status_t replace(acct_list_t *list, acct_list_which_e which,
                            acct_seeker_t *seeker)
{
    apr_status_t status = APR_SUCCESS;

    acct_db_close(seeker->db);
    seeker->db = NULL;
    if (which == ACCT_LIST_ANY) {
        pthread_mutex_lock(&list->lock);
        acct_stock_drop(&list->stock);
        status = take_any(list, seeker);
        pthread_mutex_unlock(&list->lock);
    }
    return status;
}

static apr_status_t begin(acct_list_t *list, acct_list_which_e which,
                          acct_seeker_t *seeker)
{
    apr_status_t status;

    pthread_mutex_lock(&list->lock);
    if (!acct_breaker_lets_in(&list->stock.breaker)) {
        status = acct_stock_refuse(&list->stock, seeker);
    }
    else {
        acct_crowd_enter(list->stock.crowd);
        status = which == ACCT_LIST_OWN ? take_own(list, seeker)
                                        : take_any(list, seeker);
        if (status != APR_SUCCESS) {
            acct_crowd_leave(list->stock.crowd);
        }
    }
    pthread_mutex_unlock(&list->lock);
    return status;
}

static apr_status_t settle(acct_list_t *list, acct_list_which_e which,
                           acct_seeker_t *seeker)
{
    apr_status_t status = APR_SUCCESS;

    while (status == APR_SUCCESS && seeker->db != NULL
           && !is_of_use(seeker)) {
        status = replace(list, which, seeker);
    }
    if (status == APR_SUCCESS && seeker->db == NULL) {
        status = open_one(list, which, seeker);
    }
    if (status != APR_SUCCESS) {
        acct_crowd_leave(list->stock.crowd);
    }
    return status;
}

static void watch_unit(acct_list_t *list, const acct_seeker_t *seeker)
{
    apr_interval_time_t least = acct_ticks() + UNIT_TIME_LEAST;

    acct_watch_begin(list->watch, acct_db_socket(seeker->db),
                     seeker->until < least ? least : seeker->until);
}

apr_status_t acct_list_take(acct_list_t *list, acct_list_which_e which,
                            apr_interval_time_t within, acct_db_t **db,
                            const char **error, apr_pool_t *p)
{
    apr_interval_time_t begun = acct_ticks();
    acct_seeker_t seeker = {
        .begun = begun,
        .until = begun + (list->watch != NULL ? within : ACCT_POOL_WAIT),
        .p = p
    };
    apr_status_t status = begin(list, which, &seeker);

    if (status == APR_SUCCESS) {
        status = settle(list, which, &seeker);
    }
    if (status != APR_SUCCESS) {
        *error = seeker.error;
        return status;
    }
    if (list->watch != NULL) {
        watch_unit(list, &seeker);
    }
    *db = seeker.db;
    return APR_SUCCESS;
}

/* ---- putting it back ---- */

/* The unit of work has ended. Takes the lock, and says whether the connection
 * may be used again. */
static int end_unit(acct_list_t *list, acct_db_t *db)
{
    apr_interval_time_t took = 0;
    int cut = list->watch != NULL
        && acct_watch_end(list->watch, acct_db_socket(db), &took);
    int is_broken = cut || acct_db_is_broken(db);

    acct_crowd_leave(list->stock.crowd);
    pthread_mutex_lock(&list->lock);
    /* the first of its age: those that are cut with it move on no further */
    if (cut && acct_db_generation(db) == list->generation) {
        try_next_address(list, address_now(list));
    }
    if (is_broken) {
        acct_breaker_broke(&list->stock.breaker, took, cut, cut
                           ? "the database does not answer"
                           : acct_db_error(db));
        list->generation++;
        return 0;
    }
    list->stock.heard = acct_ticks();
    acct_breaker_worked(&list->stock.breaker, list->stock.heard);
    return acct_db_generation(db) == list->generation;
}

/* relaxed: a hint, which is looked at again with the lock */
static void note_spare(acct_list_t *list)
{
    atomic_store_explicit(&list->has_spare,
                          acct_stock_has_spare(&list->stock),
                          memory_order_relaxed);
}

/* One of the stock. */
static void close_one(acct_list_t *list, acct_db_t *db)
{
    acct_db_close(db);
    pthread_mutex_lock(&list->lock);
    acct_stock_drop(&list->stock);
    pthread_mutex_unlock(&list->lock);
}

void acct_list_put(acct_list_t *list, acct_list_which_e which, acct_db_t *db)
{
    int is_fine = end_unit(list, db);

    if (is_fine && which == ACCT_LIST_OWN) {
        list->own = db;
    }
    else if (is_fine) {
        acct_stock_put(&list->stock, db);
        note_spare(list);
    }
    pthread_mutex_unlock(&list->lock);
    if (!is_fine && which == ACCT_LIST_OWN) {
        acct_db_close(db);
    }
    else if (!is_fine) {
        close_one(list, db);
    }
}

/* ---- what is open and not in use ---- */

void acct_list_suspect(acct_list_t *list)
{
    pthread_mutex_lock(&list->lock);
    list->generation++;
    pthread_mutex_unlock(&list->lock);
}

int acct_list_trusts(acct_list_t *list, const acct_db_t *db)
{
    int is_trusted;

    pthread_mutex_lock(&list->lock);
    is_trusted = acct_db_generation(db) == list->generation;
    pthread_mutex_unlock(&list->lock);
    return is_trusted;
}

void acct_list_drop_own(acct_list_t *list)
{
    acct_db_t *db;

    pthread_mutex_lock(&list->lock);
    db = list->own;
    list->own = NULL;
    pthread_mutex_unlock(&list->lock);
    if (db != NULL) {
        acct_db_close(db);
    }
}

int acct_list_has_spare(const acct_list_t *list)
{
    /* relaxed: a hint, see note_spare() */
    return atomic_load_explicit(&list->has_spare, memory_order_relaxed);
}

/* One stays for the next request. */
void acct_list_close_idle(acct_list_t *list)
{
    acct_db_t *db;

    pthread_mutex_lock(&list->lock);
    db = acct_stock_take_old(&list->stock, IDLE_TOO_LONG);
    note_spare(list);
    pthread_mutex_unlock(&list->lock);
    if (db != NULL) {
        close_one(list, db);
    }
}
