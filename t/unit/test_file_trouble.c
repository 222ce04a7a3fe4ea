/* SPDX-License-Identifier: Apache-2.0 */
/* Why a file of a database cannot be used, in words. */
#include "db_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "database/file_trouble.h"

/* A user that is not root, and need not exist. */
#define SOMEBODY 54321

/* What the process of such a user finds: root may do everything. In @a pool;
 * "nothing" where nothing is in the way. */
static const char *found_by_somebody(fixture_t *f, const char *path,
                                     rlim_t files)
{
    char text[400] = "";
    const char *found;
    ssize_t got;
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit before, limit;

        if (geteuid() == 0 && (setgid(SOMEBODY) != 0
                               || setuid(SOMEBODY) != 0)) {
            _exit(2);
        }
        (void)getrlimit(RLIMIT_NOFILE, &before);
        limit = before;
        limit.rlim_cur = files;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        found = acct_file_trouble(path, f->pool);
        (void)setrlimit(RLIMIT_NOFILE, &before);
        found = found != NULL ? found : "nothing";
        _exit(write(ends[1], found, strlen(found)) <= 0);
    }
    close(ends[1]);
    got = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(got > 0);
    return apr_pstrdup(f->pool, text);
}

#define ANY_FILES 256

static void may(const char *path, mode_t mode)
{
    assert_int_equal(chmod(path, mode), 0);
}

/* ------------------------------------------------------------------ words */

static void sqlites_words_for_a_cause_outside_of_it_are_known(void **state)
{
    (void)state;
    assert_true(acct_file_trouble_is_likely("disk I/O error"));
    assert_true(acct_file_trouble_is_likely("unable to open database file"));
    assert_true(acct_file_trouble_is_likely("x: database or disk is full"));
    assert_true(acct_file_trouble_is_likely("attempt to write a readonly "
                                            "database"));
    assert_true(acct_file_trouble_is_likely("locking protocol"));
    assert_false(acct_file_trouble_is_likely("database is locked"));
    assert_false(acct_file_trouble_is_likely("no such table: account"));
}

static void an_errno_is_told_as_an_operator_would_say_it(void **state)
{
    static const struct {
        int error;
        const char *words;
    } t[] = {
        { ENOSPC, "no space left on the device" },
        { EDQUOT, "the disk quota is used up" },
        { EROFS, "the file system is mounted read-only" },
        { EMFILE, "too many files are open" },
        { ENFILE, "too many files are open" },
        { ENOENT, "No such file or directory" }
    };
    fixture_t *f = *state;

    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        assert_string_equal(acct_file_trouble_words(t[i].error, f->pool),
                            t[i].words);
    }
}

/* ---------------------------------------------------------- what is found */

static void a_file_that_can_be_used_is_no_trouble_and_nothing_is_left(
    void **state)
{
    fixture_t *f = *state;

    assert_null(acct_file_trouble(f->path, f->pool));
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(rmdir(f->dir), 0);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    fixture_write(f->path, "");
}

static void the_folder_of_a_name_alone_is_the_working_one(void **state)
{
    fixture_t *f = *state;
    int before = open(".", O_RDONLY | O_DIRECTORY);
    const char *found;

    assert_true(before >= 0);
    assert_int_equal(chdir(f->dir), 0);
    found = acct_file_trouble("accounts.db", f->pool);
    assert_int_equal(fchdir(before), 0);
    close(before);
    assert_null(found);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(acct_file_trouble(apr_pstrcat(f->pool, f->dir,
                                                      "/none/a.db", NULL),
                                          f->pool),
                        "No such file or directory");
    assert_string_equal(acct_file_trouble("/none.db", f->pool),
                        "No such file or directory");
}

static void a_file_of_anothers_is_told_with_the_users_number(void **state)
{
    fixture_t *f = *state;

    if (geteuid() != 0) {
        skip_because("only root can become another");
    }
    may(f->dir, 0777);
    may(f->path, 0644);
    assert_string_equal(found_by_somebody(f, f->path, ANY_FILES),
                        "the user with the id 54321 may not read and write "
                        "it");
    may(f->path, 0666);
    assert_string_equal(found_by_somebody(f, f->path, ANY_FILES), "nothing");
}

static void a_folder_that_is_closed_to_the_user_is_told_by_its_name(
    void **state)
{
    fixture_t *f = *state;

    if (geteuid() != 0) {
        skip_because("only root can become another");
    }
    may(f->dir, 0755);
    may(f->path, 0666);
    assert_string_equal(found_by_somebody(f, f->path, ANY_FILES),
                        apr_psprintf(f->pool, "the user with the id 54321 "
                                     "may not make files in %s, where sqlite "
                                     "puts some beside it", f->dir));
}

static void that_too_many_files_are_open_is_told(void **state)
{
    fixture_t *f = *state;

    may(f->dir, 0777);
    may(f->path, 0666);
    assert_string_equal(found_by_somebody(f, f->path, 0),
                        "too many files are open");
}

/* A folder of such a file system can be had by a mount alone; a limit of a
 * file's size fails the same write. */
static void a_write_that_fails_is_told(void **state)
{
    fixture_t *f = *state;
    struct rlimit before, none = { 0, 0 };
    const char *found;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    found = acct_file_trouble(f->path, f->pool);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_string_equal(found, "File too large");
}

#define FILE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(sqlites_words_for_a_cause_outside_of_it_are_known),
        FILE_TEST(an_errno_is_told_as_an_operator_would_say_it),
        FILE_TEST(a_file_that_can_be_used_is_no_trouble_and_nothing_is_left),
        FILE_TEST(the_folder_of_a_name_alone_is_the_working_one),
        FILE_TEST(a_file_that_is_not_there_is_told),
        FILE_TEST(a_file_of_anothers_is_told_with_the_users_number),
        FILE_TEST(a_folder_that_is_closed_to_the_user_is_told_by_its_name),
        FILE_TEST(that_too_many_files_are_open_is_told),
        FILE_TEST(a_write_that_fails_is_told)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
