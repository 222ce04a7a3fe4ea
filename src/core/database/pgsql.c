/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL 11 or newer. Everything runs through apr_dbd; libpq, which
 * its driver has brought into the process, is asked for what apr_dbd does
 * not hand on: whether the connection is lost, its socket, and that errors
 * come with their code, which alone says the same in every language.
 */
#include "database/driver.h"
#include "database/libpq.h"
#include "database/params.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdatomic.h>

#include "base/ticks.h"

/* libpq's own numbers. */
enum { CONNECTION_IS_OK = 0, ERRORS_WITH_CODE = 2 };

#define OLDEST_SERVER 110000
#define LIBPQ_KNOWS_PRIMARY 140000
#define LIBPQ_KNOWS_USER_TIMEOUT 120000

/* How long the server may take over one statement, and how long it waits
 * for a lock in it. Below what a request may wait in all. */
#define STATEMENT_TIMEOUT apr_time_from_msec(1500)
#define LOCK_TIMEOUT apr_time_from_msec(1000)

/* Without a name libpq looks for a client's certificate in $HOME, which in
 * httpd's children still is root's: what it may not look at, and not only
 * what is not there, ends the connection. This is never there. */
#define NO_FILE "/dev/null/none"

/* An address that took longer than this to fail leaves no time for others:
 * the next connection begins with one of those. */
#define SLOW_ADDRESS apr_time_from_msec(500)

/* How long a transaction may wait for our next statement. It is short, or
 * what was revoked in it would be seen by other servers long after. */
#define IDLE_TIMEOUT apr_time_from_msec(2000)

typedef struct session_t {
    acct_libpq_t libpq;
    void *conn;
    int fd;                     /* the socket once more; -1 for none */
} session_t;

/*
 * What to connect to
 */

static apr_status_t pgsql_resolve(acct_db_config_t *config, apr_pool_t *pool,
                                  const char **error)
{
    const char *text = config->params;
    apr_array_header_t *options;
    apr_status_t rv;

    if (strncmp(text, ACCT_PG_FILE, strlen(ACCT_PG_FILE)) == 0) {
        config->name = text;
        rv = acct_pg_read_file(text + strlen(ACCT_PG_FILE), &text, pool,
                               error);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    rv = acct_pg_parse(text, &options, pool, error);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    *error = acct_pg_unknown(options, acct_libpq_names(pool), pool);
    if (*error) {
        return APR_EINVAL;
    }
    config->params = text;
    config->name = acct_pg_describe(options, pool);
    return APR_SUCCESS;
}

static const char *pgsql_mask(const char *params, apr_pool_t *pool,
                              int *held_secret)
{
    apr_array_header_t *options;
    apr_array_header_t *names;
    const char *error;

    *held_secret = 0;
    if (strncmp(params, ACCT_PG_FILE, strlen(ACCT_PG_FILE)) == 0) {
        return params;
    }
    if (acct_pg_parse(params, &options, pool, &error) != APR_SUCCESS) {
        *held_secret = 1;       /* it cannot be read */
        return "...";
    }
    names = acct_libpq_names(pool);
    if (acct_pg_unknown(options, names, pool)) {
        *held_secret = 1;       /* maybe a piece of a password */
        return "...";
    }
    *held_secret = acct_pg_holds_secret(options, names);
    return apr_pstrcat(pool, acct_pg_describe(options, pool),
                       *held_secret ? " password=..." : "", NULL);
}

/* Settings of the session go along with the start of the connection: no
 * further round trip, and those the operator wrote come last and win.
 * A server in recovery is not asked: it may lag behind, and a token that
 * was ended on its primary would still be good there. */
static const char *complete(const acct_db_config_t *config,
                            apr_array_header_t *options,
                            const acct_libpq_t *libpq, apr_pool_t *pool)
{
    apr_interval_time_t patience = config->patience;
    const char *given = acct_pg_value(options, "options");
    acct_pg_option_t *last;

    acct_pg_default(options, "connect_timeout", "2");
    if (libpq->lib_version() >= LIBPQ_KNOWS_USER_TIMEOUT) {
        acct_pg_default(options, "tcp_user_timeout", "1500");
    }
    acct_pg_default(options, "keepalives_idle", "30");
    acct_pg_default(options, "keepalives_interval", "5");
    acct_pg_default(options, "keepalives_count", "3");
    acct_pg_default(options, "application_name", "mod_acctauth");
    acct_pg_default(options, "target_session_attrs",
                    libpq->lib_version() >= LIBPQ_KNOWS_PRIMARY
                    ? "primary" : "read-write");
    acct_pg_default(options, "sslcert", NO_FILE);
    last = apr_array_push(options);
    last->name = "client_encoding";
    last->value = "UTF8";
    last = apr_array_push(options);
    last->name = "options";
    last->value = apr_psprintf(pool, "-c statement_timeout=%d "
        "-c lock_timeout=%d "
        "-c idle_in_transaction_session_timeout=%d %s",
        (int)apr_time_as_msec(patience ? patience : STATEMENT_TIMEOUT),
        (int)apr_time_as_msec(patience ? patience / 2 : LOCK_TIMEOUT),
        (int)apr_time_as_msec(IDLE_TIMEOUT),
        given ? given : "");
    return acct_pg_join(options, pool);
}

/*
 * Connecting
 */

static apr_status_t close_fd(void *data)
{
    session_t *session = data;

    if (session->fd >= 0) {
        close(session->fd);
        session->fd = -1;
    }
    return APR_SUCCESS;
}

/* What libpq says about a connection it could not make, in one line. It
 * holds no values, and may have a line for each address. */
static const char *one_line(const char *text, apr_pool_t *pool)
{
    char *line = apr_pstrndup(pool, text, 300);
    size_t length = strlen(line);

    while (length > 0 && apr_isspace(line[length - 1])) {
        line[--length] = '\0';
    }
    for (char *at = line; *at; at++) {
        if (apr_iscntrl(*at)) {
            *at = ' ';
        }
    }
    return line;
}

/* What every try to connect has in common. */
typedef struct connecting_t {
    const apr_dbd_driver_t *dbd;
    const acct_db_config_t *config;
    const acct_libpq_t *libpq;
    apr_pool_t *own;            /* the connection's */
    apr_pool_t *pool;           /* for what is said of it */
} connecting_t;

static apr_status_t open_one(const connecting_t *to,
                             apr_array_header_t *options,
                             apr_dbd_t **handle, const char **error)
{
    apr_status_t rv;

    *error = NULL;
    rv = apr_dbd_open_ex(to->dbd, to->own,
                         complete(to->config, options, to->libpq, to->pool),
                         handle, error);
    *error = rv != APR_SUCCESS && *error ? one_line(*error, to->pool) : NULL;
    return rv;
}

/*
 * Of several addresses each is tried by itself, in turn, from the one that
 * was good last. libpq would begin with the first each time, and would
 * wait for one that does not answer before every connection; and all that
 * do not answer, one after the other, would take longer than a request may.
 */
static apr_status_t open_any(const connecting_t *to,
                             apr_array_header_t *options,
                             apr_dbd_t **handle, const char **error)
{
    const acct_db_config_t *config = to->config;
    int count = acct_pg_addresses(options);
    /* relaxed: a hint, and all there is to it is the number */
    unsigned int seen = config->address
        ? atomic_load_explicit(config->address, memory_order_relaxed) : 0;
    unsigned int at = seen;
    const char *failures = NULL;
    apr_status_t rv = APR_EGENERAL;

    for (int i = 0; i < count; i++) {
        apr_interval_time_t begun = acct_ticks();
        apr_array_header_t *one = options;
        int slow;

        if (count > 1) {
            one = acct_pg_address(options, (int)(at % (unsigned)count),
                                  to->pool);
        }
        rv = open_one(to, one, handle, error);
        if (rv == APR_SUCCESS) {
            break;
        }
        failures = apr_pstrcat(to->pool, failures ? failures : "",
                               failures ? "; " : "",
                               *error ? *error : "cannot connect", NULL);
        *error = failures;
        at++;
        slow = acct_ticks() - begun >= SLOW_ADDRESS;
        if (slow && !config->patience) {
            break;
        }
    }
    if (config->address) {
        /* relaxed: as above; where another thread has moved on meanwhile it
         * knows better */
        atomic_compare_exchange_strong_explicit(config->address, &seen, at,
                                                memory_order_relaxed,
                                                memory_order_relaxed);
    }
    return rv;
}

static const char *server_problem(const session_t *session, apr_pool_t *pool)
{
    const char *encoding =
        session->libpq.parameter_status(session->conn, "server_encoding");

    if (session->libpq.server_version(session->conn) < OLDEST_SERVER) {
        return "the server is older than PostgreSQL 11";
    }
    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        return apr_psprintf(pool, "the database's encoding is %s; make one "
                            "with ENCODING 'UTF8' TEMPLATE template0",
                            encoding ? encoding : "unknown");
    }
    return NULL;
}

static apr_status_t pgsql_connect(const apr_dbd_driver_t *dbd,
                                  apr_pool_t *own,
                                  const acct_db_config_t *config,
                                  apr_dbd_t **handle, void **opened,
                                  apr_pool_t *pool, const char **error)
{
    session_t *session = apr_pcalloc(own, sizeof(*session));
    connecting_t to = { dbd, config, &session->libpq, own, pool };
    apr_array_header_t *options;
    apr_status_t rv;

    *handle = NULL;
    session->fd = -1;
    if (strncmp(config->params, ACCT_PG_FILE, strlen(ACCT_PG_FILE)) == 0) {
        *error = "its connection string could not be read when the "
                 "configuration was";
        return APR_EINVAL;
    }
    if (!acct_libpq_find(&session->libpq)) {
        *error = "libpq cannot be found beside apr_dbd's driver";
        return APR_ENOTIMPL;
    }
    rv = acct_pg_parse(config->params, &options, pool, error);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = open_any(&to, options, handle, error);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    session->conn = apr_dbd_native_handle(dbd, *handle);
    session->libpq.set_error_verbosity(session->conn, ERRORS_WITH_CODE);
    /* A number of our own for the socket: it stays ours to shut down from
     * another thread whatever libpq closes meanwhile. */
    session->fd = fcntl(session->libpq.socket(session->conn),
                        F_DUPFD_CLOEXEC, 0);
    apr_pool_cleanup_register(own, session, close_fd, apr_pool_cleanup_null);
    *opened = session;
    if (session->fd < 0) {
        *error = "no file descriptor is left";
        return APR_EGENERAL;
    }
    *error = server_problem(session, pool);
    return *error ? APR_EGENERAL : APR_SUCCESS;
}

/* All was said when the connection was begun. */
static apr_status_t pgsql_settle(acct_db_t *db,
                                 const acct_db_config_t *config,
                                 apr_pool_t *pool, const char **error)
{
    (void)db;
    (void)config;
    (void)pool;
    (void)error;
    return APR_SUCCESS;
}

static int pgsql_socket(const void *data)
{
    const session_t *session = data;

    return session->fd;
}

/* On a connection that is not in use nothing should come in. What does is its
 * end, or word of a setting that was changed. */
static int pgsql_is_alive(const void *data)
{
    const session_t *session = data;
    char byte;

    return recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0
        && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/*
 * Errors
 */

/* The code in "ERROR:  23505: duplicate key …", whatever the language; ""
 * where the server did not speak. */
static void find_code(const char *text, char code[6])
{
    size_t line = strcspn(text, "\r\n");

    code[0] = '\0';
    for (const char *at = text; at + 9 <= text + line; at++) {
        if (strncmp(at, ":  ", 3) == 0 && at[8] == ':'
            && strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
               == 5) {
            memcpy(code, at + 3, 5);
            code[5] = '\0';
            return;
        }
    }
}

static int is_class(const char *code, const char *const *classes)
{
    for (; *classes; classes++) {
        if (strncmp(code, *classes, strlen(*classes)) == 0) {
            return 1;
        }
    }
    return 0;
}

/* What is said of a failure. */
static const char *words_of(const char *code, const char *text)
{
    /* whose first line never quotes a value that was bound */
    static const char *const plain[] = {
        "08", "0A", "23", "25", "26", "28", "3D", "40", "42", "53", "54",
        "55", "57", "58", "XX", NULL
    };

    /* on a connection of one's own nothing is prepared before */
    if (strcmp(code, "42P05") == 0) {
        return "42P05: it is prepared already, so a pooler is between that "
               "gives out a connection of its own anew for each "
               "transaction; set it to pool_mode = session";
    }
    return code[0] && !is_class(code, plain)
        ? "the server refused a value (its words are left out)" : text;
}

static acct_db_failure_e pgsql_judge(const void *data, int result,
                                     const char *text, const char **show)
{
    /* the session is at its end, or not in the state we think; one that only
     * reads (25006) was begun while the database did, and stays so when that
     * has ended */
    static const char *const lost[] = {
        "08", "25006", "25P", "40003", "57P", NULL
    };
    static const char *const stale[] = { "26", "0A", NULL };
    static const char *const conflict[] = { "40", NULL };
    static const char *const again[] = { "42", "XX", NULL };
    const session_t *session = data;
    char code[6];

    (void)result;
    find_code(text, code);
    *show = words_of(code, text);
    /* What the server says has a code. What has none is libpq's own: it could
     * not send, wait or read, and what is on its way would be taken for the
     * answer to what is asked next. */
    if (session->libpq.status(session->conn) != CONNECTION_IS_OK
        || !code[0] || is_class(code, lost)) {
        return ACCT_DB_FAILURE_LOST;
    }
    if (is_class(code, conflict)) {
        return ACCT_DB_FAILURE_CONFLICT;
    }
    if (is_class(code, stale)) {
        return ACCT_DB_FAILURE_STALE;
    }
    return is_class(code, again) ? ACCT_DB_FAILURE_OTHER
                                 : ACCT_DB_FAILURE_FINAL;
}

const acct_db_driver_t acct_db_pgsql = {
    .name = "pgsql",
    .package = "libaprutil1-dbd-pgsql",
    .begin = "BEGIN ISOLATION LEVEL READ COMMITTED",
    .is_server = 1,
    .resolve = pgsql_resolve,
    .mask = pgsql_mask,
    .connect = pgsql_connect,
    .settle = pgsql_settle,
    .socket = pgsql_socket,
    .is_alive = pgsql_is_alive,
    .judge = pgsql_judge
};
