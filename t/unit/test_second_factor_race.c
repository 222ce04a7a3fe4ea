/* SPDX-License-Identifier: Apache-2.0 */
/* One step or recovery code that two processes use at the same moment: twenty
 * times, or as often as ACCT_ROUNDS says. */
#include "second_factor_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

/* The one connection of such a process, as a server has it: so two of them
 * meet at the account's row, and not while they connect. */
static acct_db_t *kept;

static apr_status_t give_kept(void *context, acct_unit_e unit,
                              acct_db_t **db, apr_pool_t *pool)
{
    world_t *world = context;
    apr_status_t status = APR_SUCCESS;

    if (kept == NULL) {
        status = give_connection(context, unit, &kept, world->pool);
    }
    (void)pool;
    *db = kept;
    return status;
}

static void take_kept(void *context, acct_unit_e unit, acct_db_t *db)
{
    world_t *world = context;

    (void)unit;
    (void)db;
    world->held = 0;
}

/* One of two processes: signs in with what comes on its pipe, and answers with
 * the outcome, until there is no more. It never touches the test's own
 * connection. */
static void run_client(const ann_t *ann, int in, int out)
{
    char code[32];

    ann->world->service.acquire = give_kept;
    ann->world->service.release = take_kept;
    while (read(in, code, sizeof(code)) == (ssize_t)sizeof(code)) {
        char outcome = (char)sign_in_by(ann, PASSWORD, code)->outcome;

        if (write(out, &outcome, 1) != 1) {
            break;
        }
    }
    _exit(0);
}

typedef struct client_t {
    pid_t pid;
    int to;
    int from;
} client_t;

static client_t start_client(const ann_t *ann)
{
    client_t client;
    int to[2], from[2];

    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    client.pid = fork();
    if (client.pid == 0) {
        close(to[1]);
        close(from[0]);
        run_client(ann, to[0], from[1]);
    }
    assert_true(client.pid > 0);
    close(to[0]);
    close(from[1]);
    client.to = to[1];
    client.from = from[0];
    return client;
}

/* Both have the same code: one is signed in, the other has a problem. */
static void assert_one_wins(const client_t *clients, const char *code)
{
    char bytes[32] = "";
    char outcome[2];
    int i;

    apr_cpystrn(bytes, code, sizeof(bytes));
    for (i = 0; i < 2; i++) {
        assert_int_equal(write(clients[i].to, bytes, sizeof(bytes)),
                         sizeof(bytes));
    }
    for (i = 0; i < 2; i++) {
        assert_int_equal(read(clients[i].from, &outcome[i], 1), 1);
    }
    assert_true((outcome[0] == ACCT_OK && outcome[1] == ACCT_INVALID)
                || (outcome[0] == ACCT_INVALID && outcome[1] == ACCT_OK));
}

static void store_recovery_code(const ann_t *ann, const char **code)
{
    char digest[ACCT_DIGEST_HEX + 1];

    assert_int_equal(acct_recovery_code_make(code, digest, ann->world->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_recovery_code_insert(
        ann->world->db, ann->id, digest, ann->world->pool), APR_SUCCESS);
}

static void of_two_processes_with_one_code_one_is_signed_in(void **state)
{
    ann_t ann = ann_of(state);
    const char *said = getenv("ACCT_ROUNDS");
    int rounds = said != NULL ? atoi(said) : 20;
    client_t clients[2];
    const char *code;
    int i, status;

    enrol(&ann);
    for (i = 0; i < 2; i++) {
        clients[i] = start_client(&ann);
    }
    for (i = 0; i < rounds; i++) {
        forget_steps(&ann);
        assert_one_wins(clients, code_at(&ann, 0));
        store_recovery_code(&ann, &code);
        assert_one_wins(clients, code);
    }
    /* the second has the first one's ends too */
    for (i = 0; i < 2; i++) {
        close(clients[i].to);
        close(clients[i].from);
    }
    for (i = 0; i < 2; i++) {
        assert_int_equal(waitpid(clients[i].pid, &status, 0),
                         clients[i].pid);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(of_two_processes_with_one_code_one_is_signed_in)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
