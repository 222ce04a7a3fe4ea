/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations over a real store, with a service that the test plays: it says
 * which unit of work gets no connection and whether the gate opens, and
 * changes the database while a password is hashed or before a unit of work
 * begins, as an operator or another request would. Each call sees to it that
 * no connection is held inside the gate, that all that was taken is given
 * back, and that the log has no secret.
 */
#ifndef ACCT_ACCOUNT_FIXTURE_H
#define ACCT_ACCOUNT_FIXTURE_H

#include "store_fixture.h"

#include "account/account.h"
#include "base/ticks.h"
#include "credential/issue.h"

#define PASSWORD "correct horse battery"
#define OTHER_PASSWORD "staple staple staple"
#define SECOND APR_USEC_PER_SEC
#define DAY (86400 * SECOND)
#define CACHE_SLOTS 64
#define CACHE_DATABASE UINT64_C(0x1122334455667788)

typedef struct world_t world_t;
typedef void change_fn(world_t *world);

struct world_t {
    fixture_t *f;
    apr_pool_t *pool;
    acct_db_t *db;              /* the test's own connection */
    acct_service_t service;
    acct_password_params_t params;
    acct_dialect_t dialect;
    acct_route_t route;
    acct_form_t form;
    acct_result_t *result;
    const char *log;            /* all of it */
    const char *path_token;     /* what the path names */
    const char *secret;         /* a token that no line may have */

    /* what the service does */
    apr_status_t gate;          /* what it says to who wants to enter */
    int fails_at;               /* the unit of work that gets no connection,
                                 * from 1; 0: each gets one */
    change_fn *while_hashing;   /* each time */
    change_fn *before_unit;     /* when the unit of that number has its
                                 * connection, and nothing has been asked */
    int unit_changed;
    change_fn *after_unit;      /* the next one, when it has its answer */

    /* what it has done */
    int units;
    int held;
    int hashed;                 /* how often the gate was entered */
    int inside;

    void *memory;               /* of the cache; NULL: there is none */
    acct_cache_t cache;
};

/* ---- the service ---- */

static inline apr_status_t give_connection(void *context, acct_unit_e unit,
                                           acct_db_t **db, apr_pool_t *pool)
{
    world_t *world = context;
    const acct_db_config_t *config = &world->f->config;
    const acct_statement_t *statements;
    const char *error;
    int count;

    (void)unit;
    assert_int_equal(world->inside, 0);
    if (++world->units == world->fails_at) {
        return APR_EGENERAL;
    }
    statements = acct_store_statements(config->driver, &count, pool);
    if (acct_db_open(db, config, statements, count, pool, &error)
        != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    world->held++;
    if (world->before_unit && world->units == world->unit_changed) {
        world->before_unit(world);
    }
    return APR_SUCCESS;
}

static inline void take_connection(void *context, acct_unit_e unit,
                                   acct_db_t *db)
{
    world_t *world = context;
    change_fn *after = world->after_unit;

    (void)unit;
    world->held--;
    acct_db_close(db);
    world->after_unit = NULL;
    if (after) {
        after(world);
    }
}

static inline apr_status_t enter_gate(void *context, int is_known)
{
    world_t *world = context;

    (void)is_known;
    assert_int_equal(world->held, 0);
    if (world->gate != APR_SUCCESS) {
        return world->gate;
    }
    world->hashed++;
    world->inside++;
    if (world->while_hashing) {
        world->while_hashing(world);
    }
    return APR_SUCCESS;
}

static inline void leave_gate(void *context)
{
    world_t *world = context;

    world->inside--;
}

static inline void note_line(void *context, acct_log_e level,
                             apr_status_t status, const char *message)
{
    world_t *world = context;

    (void)level;
    (void)status;
    world->log = apr_pstrcat(world->pool, world->log, message, "\n", NULL);
}

/* ---- the world ---- */

static const acct_field_t world_fields[ACCT_ROLE__COUNT] = {
    [ACCT_ROLE_USERNAME] = { .name = "username", .role = ACCT_ROLE_USERNAME,
      .required = 1, .index = 0 },
    [ACCT_ROLE_EMAIL] = { .name = "email", .role = ACCT_ROLE_EMAIL,
      .index = 1 },
    [ACCT_ROLE_IDENTIFIER] = { .name = "login", .role = ACCT_ROLE_IDENTIFIER,
      .required = 1, .index = 2 },
    [ACCT_ROLE_PASSWORD] = { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 3 },
    [ACCT_ROLE_CURRENT_PASSWORD] = { .name = "current",
      .role = ACCT_ROLE_CURRENT_PASSWORD, .required = 1, .index = 4 },
    [ACCT_ROLE_LINK_UID] = { .name = "uid", .role = ACCT_ROLE_LINK_UID,
      .required = 1, .index = 5 },
    [ACCT_ROLE_LINK_TOKEN] = { .name = "link", .role = ACCT_ROLE_LINK_TOKEN,
      .required = 1, .index = 6 },
    [ACCT_ROLE_SECOND_FACTOR] = { .name = "code",
      .role = ACCT_ROLE_SECOND_FACTOR, .index = 7 }
};

static inline const acct_key_t *world_key(world_t *world,
                                          unsigned char first)
{
    acct_key_t *key = apr_pcalloc(world->pool, sizeof(*key));

    key->bytes[0] = first;
    apr_snprintf(key->id, sizeof(key->id), "%016x", first);
    assert_int_equal(acct_token_check_derive(&key->check, key->bytes,
                                             sizeof(key->bytes), key->id),
                     APR_SUCCESS);
    return key;
}

static inline int world_setup(void **state)
{
    world_t *world = calloc(1, sizeof(*world));
    void *fixture;

    if (store_setup(&fixture) != 0) {
        return -1;
    }
    world->f = fixture;
    world->pool = world->f->pool;
    world->db = open_store(world->f);
    world->log = "";
    world->params = (acct_password_params_t){ 8, 1, 1 };
    world->service = (acct_service_t){
        .acquire = give_connection, .release = take_connection,
        .enter = enter_gate, .leave = leave_gate, .log = note_line,
        .context = world, .params = &world->params, .site_name = "Here",
        .key = world_key(world, 1)
    };
    assert_int_equal(acct_password_dummy(&world->params,
                                         &world->service.dummy,
                                         world->pool), APR_SUCCESS);
    world->dialect = (acct_dialect_t){
        .name = "spoken", .by_username = 1, .by_email = 2,
        .policy = { .kind = ACCT_POLICY_MANY, .bytes = 20 }
    };
    world->route = (acct_route_t){ .dialect = &world->dialect,
                                   .mints_token = 1 };
    for (int i = 0; i < ACCT_ROLE__COUNT; i++) {
        world->form.field[i] = &world_fields[i];
    }
    *state = world;
    return 0;
}

static inline int world_teardown(void **state)
{
    world_t *world = *state;
    void *fixture = world->f;

    acct_db_close(world->db);
    free(world->memory);
    free(world);
    return fixture_teardown(&fixture);
}

/* A cache whose feed was read just now. */
static inline void with_cache(world_t *world)
{
    static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] = "secret";
    acct_service_t *service = &world->service;
    size_t bytes = acct_cache_bytes(CACHE_SLOTS);

    world->memory = aligned_alloc(64, bytes);
    assert_non_null(world->memory);
    memset(world->memory, 0, bytes);
    acct_cache_format(&world->cache, world->memory, CACHE_SLOTS, secret);
    service->cache = &world->cache;
    service->cache_answers = 1;
    service->cache_database = CACHE_DATABASE;
    service->cache_feed = acct_cache_feed(&world->cache, CACHE_DATABASE);
    service->revocation_bound = 3600 * SECOND;
    acct_cache_feed_read(&world->cache, service->cache_feed, acct_ticks(),
                         0);
    acct_cache_feed_native(&world->cache, service->cache_feed, 1,
                           acct_ticks());
}

/* ---- what is in the database ---- */

static inline const char *hash_of(world_t *world, const char *password)
{
    const char *hash;

    assert_int_equal(acct_password_hash(&world->params, password, &hash,
                                        world->pool), APR_SUCCESS);
    return hash;
}

/* An account with PASSWORD. */
static inline apr_int64_t add_account(world_t *world, const char *username,
                                      const char *email)
{
    acct_account_t account = person(username, email);

    account.password = hash_of(world, PASSWORD);
    assert_int_equal(acct_store_account_insert(world->db, &account,
                                               world->pool), APR_SUCCESS);
    return account.id;
}

static inline void change(world_t *world, const char *sql)
{
    fixture_exec(world->f, world->db, sql);
}

static inline void set_password(world_t *world, const char *password)
{
    change(world, apr_psprintf(world->pool, "UPDATE account SET password = "
                               "'%s'", hash_of(world, password)));
}

static inline const char *ask(world_t *world, const char *sql)
{
    return fixture_cell(world->f, world->db, sql);
}

static inline long count(world_t *world, const char *table)
{
    return atol(ask(world, apr_pstrcat(world->pool, "SELECT count(*) FROM ",
                                       table, NULL)));
}

/* From now on nothing can be written about tokens, or revocations. */
static inline void lose_tokens(world_t *world)
{
    change(world, "ALTER TABLE token RENAME TO elsewhere");
}

static inline void lose_revocations(world_t *world)
{
    change(world, "ALTER TABLE revocation RENAME TO elsewhere");
}

static inline void find_again(world_t *world, const char *table)
{
    change(world, apr_pstrcat(world->pool, "ALTER TABLE elsewhere RENAME TO ",
                              table, NULL));
}

/* The row of a token by its text. */
static inline int is_alive(world_t *world, const char *token)
{
    char digest[ACCT_DIGEST_HEX + 1];

    assert_int_equal(acct_token_digest(token, digest), APR_SUCCESS);
    return count(world, apr_pstrcat(world->pool, "token WHERE digest = '",
                                    digest, "'", NULL)) == 1;
}

static inline apr_time_t token_time(world_t *world, const char *column)
{
    return apr_atoi64(ask(world, apr_pstrcat(world->pool, "SELECT ", column,
                                             " FROM token", NULL)));
}

/* ---- calls ---- */

/* Run an operation on the form, by the identity of a token if there is
 * one. */
static inline acct_result_t *call_with(world_t *world,
                                       void (*operation)(const acct_call_t *),
                                       const acct_identity_t *identity,
                                       const char *token)
{
    acct_call_t call = {
        .service = &world->service, .route = &world->route,
        .form = &world->form, .identity = identity, .token = token,
        .path_token = world->path_token, .pool = world->pool
    };

    if (world->result == NULL) {
        world->result = acct_result_make(ACCT_OK, world->pool);
    }
    call.result = world->result;
    world->units = world->hashed = 0;
    operation(&call);
    world->result = NULL;
    world->before_unit = NULL;
    assert_int_equal(world->held, 0);
    assert_int_equal(world->inside, 0);
    assert_null(strstr(world->log, PASSWORD));
    assert_null(strstr(world->log, OTHER_PASSWORD));
    if (call.result->token != NULL) {
        assert_null(strstr(world->log, call.result->token));
    }
    return call.result;
}

static inline acct_result_t *sign_in_as(world_t *world, const char *who,
                                        const char *password)
{
    world->form.value[ACCT_ROLE_IDENTIFIER] = who;
    world->form.value[ACCT_ROLE_PASSWORD] = password;
    return call_with(world, acct_login, NULL, NULL);
}

/* The token of a sign-in that has to work. */
static inline const char *token_of(world_t *world, const char *who)
{
    acct_result_t *result = sign_in_as(world, who, PASSWORD);

    assert_int_equal(result->outcome, ACCT_OK);
    assert_non_null(result->token);
    return result->token;
}

static inline acct_outcome_e authenticate(world_t *world, const char *token,
                                          acct_identity_t *identity)
{
    acct_outcome_e outcome;

    memset(identity, 0, sizeof(*identity));
    world->units = 0;
    outcome = acct_authenticate(&world->service, token, identity,
                                world->pool);
    assert_int_equal(world->held, 0);
    assert_null(strstr(world->log, token));
    return outcome;
}

static inline acct_result_t *sign_out(world_t *world,
                                      void (*operation)(const acct_call_t *),
                                      const char *token)
{
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    return call_with(world, operation, &identity, token);
}

static inline void assert_unavailable(const acct_result_t *result,
                                      int retry_after)
{
    assert_int_equal(result->outcome, ACCT_UNAVAILABLE);
    assert_int_equal(result->retry_after, retry_after);
    assert_null(result->token);
}

#define WORLD(name) \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#endif
