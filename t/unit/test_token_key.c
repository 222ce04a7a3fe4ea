/* SPDX-License-Identifier: Apache-2.0 */
/* The key file: read, refused, made. */
#include "token_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

static void a_key_is_read_from_hex_or_raw_bytes(void **state)
{
    static const char *const texts[] = {
        HEX64, HEX64 "\n", HEX64 "\r\n"
    };
    unsigned char raw[ACCT_KEY_BYTES];
    const acct_key_t *key = NULL, *other = NULL;
    const char *path, *error = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(raw); i++) {
        raw[i] = (unsigned char)i;
    }
    path = make_file(raw, sizeof(raw), 0600);
    assert_int_equal(acct_key_read(path, &key, pool, &error), APR_SUCCESS);
    assert_memory_equal(key->bytes, raw, sizeof(raw));
    assert_int_equal(strlen(key->id), ACCT_KEY_ID_HEX);
    assert_true(is_lower_hex(key->id));
    for (i = 0; i < COUNT(texts); i++) {
        path = make_file(texts[i], strlen(texts[i]), 0400);
        assert_int_equal(acct_key_read(path, &other, pool, &error),
                         APR_SUCCESS);
        assert_memory_equal(other->bytes, raw, sizeof(raw));
        assert_string_equal(other->id, key->id);
        assert_int_equal(unlink(path), 0);
    }
}

static void a_file_of_another_form_is_no_key(void **state)
{
    static const char *const texts[] = {
        "", "abc", HEX64 "0", HEX64 " ", HEX64 "\n\n", HEX64 "\r\n\n",
        HEX64 "\nmore", "g" HEX64, HEX40 "\n", HEX40 HEX40,
        "x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    };
    const acct_key_t *key = NULL;
    const char *path, *error;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++) {
        error = NULL;
        path = make_file(texts[i], strlen(texts[i]), 0600);
        assert_int_equal(acct_key_read(path, &key, pool, &error),
                         APR_EINVAL);
        assert_null(key);
        assert_non_null(strstr(error, path));
        assert_non_null(strstr(error, "64 hex digits"));
        assert_int_equal(unlink(path), 0);
    }
}

static void a_key_that_others_can_use_is_refused_with_the_remedy(
    void **state)
{
    static const mode_t modes[] = {
        0644, 0640, 0660, 0604, 0602, 0620, 0610, 0601, 0777
    };
    const acct_key_t *key = NULL;
    const char *path, *error;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(modes); i++) {
        error = NULL;
        path = make_file(HEX64, 64, modes[i]);
        assert_int_equal(acct_key_read(path, &key, pool, &error),
                         APR_EACCES);
        assert_null(key);
        assert_non_null(strstr(error, apr_pstrcat(pool, "chmod 600 ", path,
                                                  NULL)));
        assert_int_equal(unlink(path), 0);
    }
}

static void a_key_is_a_regular_file_or_a_link_to_one(void **state)
{
    const char *link_path = apr_pstrcat(pool, folder, "/link", NULL);
    const char *fifo = apr_pstrcat(pool, folder, "/fifo", NULL);
    const char *path, *error = NULL;
    const acct_key_t *key = NULL;

    (void)state;
    assert_int_equal(acct_key_read(folder, &key, pool, &error), APR_EINVAL);
    assert_non_null(strstr(error, "regular file"));
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(acct_key_read(fifo, &key, pool, &error), APR_EINVAL);
    assert_int_equal(unlink(fifo), 0);

    path = make_file(HEX64, 64, 0600);
    assert_int_equal(symlink(path, link_path), 0);
    assert_int_equal(acct_key_read(link_path, &key, pool, &error),
                     APR_SUCCESS);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(acct_key_read(link_path, &key, pool, &error),
                     APR_EACCES);
    assert_int_equal(unlink(link_path), 0);
    assert_int_equal(unlink(path), 0);
}

static void a_missing_key_file_says_how_to_make_one(void **state)
{
    const char *path = apr_pstrcat(pool, folder, "/none", NULL);
    const acct_key_t *key = NULL;
    const char *error = NULL;

    (void)state;
    assert_true(APR_STATUS_IS_ENOENT(acct_key_read(path, &key, pool,
                                                   &error)));
    assert_null(key);
    assert_non_null(strstr(error, path));
    assert_non_null(strstr(error, "acctauth init"));
}

/* Runs after the key's own clean-up, which was registered after it, and
 * while the pool's memory is still there. */
static apr_status_t expect_wiped(void *data)
{
    static const unsigned char nothing[ACCT_KEY_BYTES] = { 0 };
    const acct_key_t *const *key = data;

    assert_memory_equal((*key)->bytes, nothing, sizeof(nothing));
    return APR_SUCCESS;
}

static void a_key_is_wiped_with_its_pool(void **state)
{
    const char *path = make_file(HEX64, 64, 0600), *error = NULL;
    unsigned char nothing[ACCT_KEY_BYTES] = { 0 };
    const acct_key_t *key = NULL;
    apr_pool_t *inner;

    (void)state;
    assert_int_equal(apr_pool_create(&inner, pool), APR_SUCCESS);
    apr_pool_cleanup_register(inner, &key, expect_wiped,
                              apr_pool_cleanup_null);
    assert_int_equal(acct_key_read(path, &key, inner, &error), APR_SUCCESS);
    assert_int_equal(unlink(path), 0);
    assert_memory_not_equal(key->bytes, nothing, sizeof(nothing));
    apr_pool_destroy(inner);
}

static void a_made_key_is_what_its_file_says(void **state)
{
    const char *path = make_file("", 0, 0600);
    const acct_key_t *made = NULL, *key = NULL;
    const char *error = NULL;
    struct stat is;
    int fd = open(path, O_WRONLY);

    (void)state;
    assert_int_equal(acct_key_write(fd, path, &made, pool, &error),
                     APR_SUCCESS);
    assert_int_equal(close(fd), 0);
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(is.st_size, 2 * ACCT_KEY_BYTES + 1);
    assert_int_equal(acct_key_read(path, &key, pool, &error), APR_SUCCESS);
    assert_memory_equal(key->bytes, made->bytes, sizeof(key->bytes));
    assert_string_equal(key->id, made->id);
    assert_int_equal(unlink(path), 0);
}

static void a_key_that_cannot_be_written_is_told_and_not_given(void **state)
{
    const char *path = make_file("", 0, 0600);
    const acct_key_t *key = NULL;
    const char *error = NULL;
    struct rlimit old, none;
    int fd = open(path, O_WRONLY);

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    none = old;
    none.rlim_cur = 10;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_not_equal(acct_key_write(fd, path, &key, pool, &error),
                         APR_SUCCESS);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_non_null(strstr(error, path));
    assert_null(key);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_from_hex_or_raw_bytes),
        cmocka_unit_test(a_file_of_another_form_is_no_key),
        cmocka_unit_test(a_key_that_others_can_use_is_refused_with_the_remedy),
        cmocka_unit_test(a_key_is_a_regular_file_or_a_link_to_one),
        cmocka_unit_test(a_missing_key_file_says_how_to_make_one),
        cmocka_unit_test(a_key_is_wiped_with_its_pool),
        cmocka_unit_test(a_made_key_is_what_its_file_says),
        cmocka_unit_test(a_key_that_cannot_be_written_is_told_and_not_given)
    };

    return cmocka_run_group_tests_name("token key", tests, start, stop);
}
