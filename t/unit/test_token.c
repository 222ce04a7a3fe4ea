/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "token.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HEX40 "0123456789abcdef0123456789abcdef01234567"
#define HEX64 "000102030405060708090a0b0c0d0e0f" \
              "101112131415161718191a1b1c1d1e1f"

static apr_pool_t *pool;
static char folder[] = "/tmp/acct-test-token-XXXXXX";

static int start(void **state)
{
    (void)state;
    if (apr_initialize() != APR_SUCCESS || mkdtemp(folder) == NULL) {
        return -1;
    }
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return rmdir(folder);
}

static acct_outcome_e parse(const char *header, const char **token)
{
    return acct_token_parse_header(header, "Token", token, pool);
}

static void check_headers(const char *const *headers, size_t count,
                          acct_outcome_e expected)
{
    const char *token = NULL;
    size_t i;

    for (i = 0; i < count; i++) {
        if (parse(headers[i], &token) != expected) {
            fail_msg("'%s' should be outcome %d", headers[i], expected);
        }
        assert_null(token);
    }
}

static int is_lower_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") == strlen(text);
}

/* A file of the test's folder with this content; the caller unlinks it. */
static const char *make_file(const void *content, size_t length, mode_t mode)
{
    const char *path = apr_pstrcat(pool, folder, "/key", NULL);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static const acct_key_t *make_key(unsigned char first)
{
    unsigned char bytes[ACCT_KEY_BYTES] = { first };
    const char *path = make_file(bytes, sizeof(bytes), 0600), *error = NULL;
    const acct_key_t *key = NULL;

    assert_int_equal(acct_key_read(path, &key, pool, &error), APR_SUCCESS);
    assert_int_equal(unlink(path), 0);
    return key;
}

/* ---------------------------------------------------------- the header */

static void a_token_after_the_scheme_is_read(void **state)
{
    const char *token = NULL;

    (void)state;
    assert_int_equal(parse("Token " HEX40, &token), ACCT_OK);
    assert_string_equal(token, HEX40);
}

static void the_scheme_is_compared_without_case(void **state)
{
    const char *token;

    (void)state;
    assert_int_equal(parse("token abc", &token), ACCT_OK);
    assert_int_equal(parse("TOKEN abc", &token), ACCT_OK);
    assert_int_equal(parse("tOkEn abc", &token), ACCT_OK);
    assert_int_equal(acct_token_parse_header("bearer abc", "Bearer", &token,
                                             pool), ACCT_OK);
}

static void blanks_around_and_between_are_tolerated(void **state)
{
    static const char *const headers[] = {
        "Token  aB", " Token aB", "\tToken\taB", "Token \t aB \t",
        "  Token aB  "
    };
    const char *token = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(headers); i++) {
        assert_int_equal(parse(headers[i], &token), ACCT_OK);
        assert_string_equal(token, "aB");
    }
}

static void the_token_is_taken_exactly(void **state)
{
    const char *token = NULL;

    (void)state;
    assert_int_equal(parse("Token \"ABCdef=~!\"", &token), ACCT_OK);
    assert_string_equal(token, "\"ABCdef=~!\"");
}

static void no_header_and_other_schemes_are_no_credentials(void **state)
{
    static const char *const headers[] = {
        NULL, "", " ", "\t ", "Basic abc", "Bearer abc", "Tokenx abc",
        "Toke abc", "Token=abc", "Token,abc", "Token\x0b" "abc", "Tok en",
        "abc Token", "Basic x, Token abc", ", Token abc", "Token, Token abc",
        "T\xc3\xb6ken abc"
    };

    (void)state;
    check_headers(headers, COUNT(headers), ACCT_NOT_AUTHENTICATED);
}

static void the_scheme_alone_is_an_absent_token(void **state)
{
    static const char *const headers[] = {
        "Token", "token", "Token ", " Token\t", "\t Token \t "
    };

    (void)state;
    check_headers(headers, COUNT(headers), ACCT_TOKEN_ABSENT);
}

static void more_words_are_spaces_in_the_token(void **state)
{
    static const char *const headers[] = {
        "Token a b", "Token a\tb", "Token a b c d", "Token Token abc",
        "Token \xff b",         /* words are counted before characters */
        "Token a , b"
    };

    (void)state;
    check_headers(headers, COUNT(headers), ACCT_TOKEN_SPACES);
}

static void two_header_lines_are_refused(void **state)
{
    static const char *const with_spaces[] = {
        "Token a, Token b", "Token a,Token b", "Token a, Token a",
        "Token a, Basic b", "Token a, b"
    };
    const char *token = NULL;

    (void)state;
    check_headers(with_spaces, COUNT(with_spaces), ACCT_TOKEN_SPACES);
    /* one of them empty: the comma stays, so it is another token */
    assert_int_equal(parse("Token a, ", &token), ACCT_OK);
    assert_string_equal(token, "a,");
}

static void only_printable_ascii_is_a_token(void **state)
{
    char header[] = "Token a?b";
    const char *token = NULL;
    int c;

    (void)state;
    for (c = 1; c < 256; c++) {
        if (c == ' ' || c == '\t') {
            continue;
        }
        header[7] = (char)c;
        assert_int_equal(parse(header, &token),
                         c > 0x20 && c < 0x7f
                         ? ACCT_OK : ACCT_TOKEN_CHARACTERS);
    }
}

static void a_long_token_is_read_whole(void **state)
{
    char *header = apr_palloc(pool, 8191);
    const char *token = NULL;

    (void)state;
    memset(header, 'a', 8190);
    memcpy(header, "Token ", 6);
    header[8190] = '\0';
    assert_int_equal(parse(header, &token), ACCT_OK);
    assert_int_equal(strlen(token), 8184);
}

/* ----------------------------------------------------- mint and digest */

static void a_minted_token_is_fresh_lower_case_hex(void **state)
{
    static const int sizes[] = { 16, 20, 32, 64 };
    const char *one, *other;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(acct_token_mint(sizes[i], &one, pool), APR_SUCCESS);
        assert_int_equal(acct_token_mint(sizes[i], &other, pool),
                         APR_SUCCESS);
        assert_int_equal(strlen(one), (size_t)sizes[i] * 2);
        assert_true(is_lower_hex(one));
        assert_string_not_equal(one, other);
    }
}

static void tokens_of_a_wrong_size_are_not_minted(void **state)
{
    static const int sizes[] = { -1, 0, 15, 65, 1 << 30 };
    const char *text = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(acct_token_mint(sizes[i], &text, pool), APR_EINVAL);
        assert_null(text);
    }
}

static void a_public_id_is_32_hex_digits(void **state)
{
    const char *one, *other;

    (void)state;
    assert_int_equal(acct_token_mint_id(&one, pool), APR_SUCCESS);
    assert_int_equal(acct_token_mint_id(&other, pool), APR_SUCCESS);
    assert_int_equal(strlen(one), ACCT_TOKEN_ID_HEX);
    assert_true(is_lower_hex(one));
    assert_string_not_equal(one, other);
}

static void the_digest_is_sha256_in_hex(void **state)
{
    char hex[ACCT_DIGEST_HEX + 1];

    (void)state;
    assert_int_equal(acct_token_digest("abc", hex), APR_SUCCESS);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(acct_token_digest("", hex), APR_SUCCESS);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
                             "27ae41e4649b934ca495991b7852b855");
}

static void digests_are_equal_only_whole(void **state)
{
    char other[] = HEX64;
    int i;

    (void)state;
    assert_int_equal(acct_token_digest_equal(HEX64, other), 1);
    for (i = 0; i < ACCT_DIGEST_HEX; i++) {
        other[i] = (char)(other[i] ^ 1);
        assert_int_equal(acct_token_digest_equal(HEX64, other), 0);
        other[i] = (char)(other[i] ^ 1);
    }
    assert_int_equal(acct_token_digest_equal(HEX64, HEX64 "0"), 0);
    assert_int_equal(acct_token_digest_equal(HEX64, HEX40), 0);
    assert_int_equal(acct_token_digest_equal("", ""), 0);
    assert_int_equal(acct_token_digest_equal(NULL, NULL), 0);
}

/* --------------------------------------------------------- the key file */

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

static void a_key_is_wiped_with_its_pool(void **state)
{
    const char *path = make_file(HEX64, 64, 0600), *error = NULL;
    unsigned char nothing[ACCT_KEY_BYTES] = { 0 };
    const acct_key_t *key = NULL;
    apr_pool_t *inner;

    (void)state;
    assert_int_equal(apr_pool_create(&inner, pool), APR_SUCCESS);
    assert_int_equal(acct_key_read(path, &key, inner, &error), APR_SUCCESS);
    assert_int_equal(unlink(path), 0);
    assert_memory_not_equal(key->bytes, nothing, sizeof(nothing));
    apr_pool_clear(inner);
    /* The pool keeps the memory, so it can be looked at. */
    assert_memory_equal(key->bytes, nothing, sizeof(nothing));
    apr_pool_destroy(inner);
}

static void a_made_key_can_be_read_by_its_owner_alone(void **state)
{
    const char *path = apr_pstrcat(pool, folder, "/made", NULL);
    const acct_key_t *key = NULL;
    const char *error = NULL;
    struct stat is;
    mode_t mask = umask(0);

    (void)state;
    assert_int_equal(acct_key_create(path, pool, &error), APR_SUCCESS);
    umask(mask);
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(is.st_mode & 07777, 0600);
    assert_int_equal(is.st_size, 2 * ACCT_KEY_BYTES + 1);
    assert_int_equal(acct_key_read(path, &key, pool, &error), APR_SUCCESS);
    assert_int_equal(unlink(path), 0);
}

static void a_key_file_that_is_there_is_left_alone(void **state)
{
    const char *path = make_file(HEX64, 64, 0600), *error = NULL;
    struct stat is;

    (void)state;
    assert_true(APR_STATUS_IS_EEXIST(acct_key_create(path, pool, &error)));
    assert_non_null(strstr(error, path));
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(is.st_size, 64);
    assert_int_equal(unlink(path), 0);
    path = apr_pstrcat(pool, folder, "/none/key", NULL);
    assert_true(APR_STATUS_IS_ENOENT(acct_key_create(path, pool, &error)));
}

static void a_key_that_cannot_be_written_leaves_no_file(void **state)
{
    const char *path = apr_pstrcat(pool, folder, "/full", NULL);
    const char *error = NULL;
    struct rlimit old, none;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    none = old;
    none.rlim_cur = 10;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_not_equal(acct_key_create(path, pool, &error), APR_SUCCESS);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_non_null(strstr(error, path));
    assert_int_not_equal(access(path, F_OK), 0);
}

/* ---------------------------------------------------------------- seal */

static void a_sealed_token_opens_again(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *sealed = NULL, *text = NULL;

    (void)state;
    assert_int_equal(acct_token_seal(key, 42, HEX40, &sealed, pool),
                     APR_SUCCESS);
    assert_int_equal(strncmp(sealed, "1:", 2), 0);
    assert_int_equal(strncmp(sealed + 2, key->id, ACCT_KEY_ID_HEX), 0);
    assert_null(strstr(sealed, HEX40));
    assert_int_equal(acct_token_unseal(key, 42, sealed, &text, pool),
                     APR_SUCCESS);
    assert_string_equal(text, HEX40);
}

static void tokens_of_any_length_can_be_sealed(void **state)
{
    const acct_key_t *key = make_key(1);
    char long_text[1026];
    const char *sealed = NULL, *text = NULL;
    size_t length;

    (void)state;
    for (length = 1; length <= 1024; length += length < 70 ? 1 : 53) {
        memset(long_text, 'a', length);
        long_text[length] = '\0';
        assert_int_equal(acct_token_seal(key, 1, long_text, &sealed, pool),
                         APR_SUCCESS);
        assert_int_equal(acct_token_unseal(key, 1, sealed, &text, pool),
                         APR_SUCCESS);
        assert_string_equal(text, long_text);
    }
    memset(long_text, 'a', 1025);
    long_text[1025] = '\0';
    assert_int_equal(acct_token_seal(key, 1, long_text, &sealed, pool),
                     APR_EINVAL);
    assert_int_equal(acct_token_seal(key, 1, "", &sealed, pool), APR_EINVAL);
}

static void a_token_is_never_sealed_twice_alike(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *one, *other;

    (void)state;
    assert_int_equal(acct_token_seal(key, 1, HEX40, &one, pool),
                     APR_SUCCESS);
    assert_int_equal(acct_token_seal(key, 1, HEX40, &other, pool),
                     APR_SUCCESS);
    assert_string_not_equal(one, other);
}

static void a_sealed_token_opens_for_its_account_alone(void **state)
{
    static const apr_int64_t others[] = { 1, 4, 421, -42, 0, APR_INT64_MAX };
    const acct_key_t *key = make_key(1);
    const char *sealed, *text = NULL;
    size_t i;

    (void)state;
    assert_int_equal(acct_token_seal(key, 42, HEX40, &sealed, pool),
                     APR_SUCCESS);
    for (i = 0; i < COUNT(others); i++) {
        assert_int_equal(acct_token_unseal(key, others[i], sealed, &text,
                                           pool), APR_EGENERAL);
        assert_null(text);
    }
}

static void a_sealed_token_opens_under_its_key_alone(void **state)
{
    const acct_key_t *key = make_key(1), *other = make_key(2);
    const char *sealed, *text = NULL;
    acct_key_t same_id = *other;

    (void)state;
    assert_string_not_equal(key->id, other->id);
    assert_int_equal(acct_token_seal(key, 1, HEX40, &sealed, pool),
                     APR_SUCCESS);
    assert_int_equal(acct_token_unseal(other, 1, sealed, &text, pool),
                     APR_EMISMATCH);
    memcpy(same_id.id, key->id, sizeof(same_id.id));
    assert_int_equal(acct_token_unseal(&same_id, 1, sealed, &text, pool),
                     APR_EGENERAL);
    assert_null(text);
}

static void any_change_of_a_sealed_token_is_seen(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *sealed, *text = NULL;
    char *copy;
    size_t i;

    (void)state;
    assert_int_equal(acct_token_seal(key, 1, HEX64, &sealed, pool),
                     APR_SUCCESS);
    for (i = 0; sealed[i] != '\0'; i++) {
        copy = apr_pstrdup(pool, sealed);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        assert_int_not_equal(acct_token_unseal(key, 1, copy, &text, pool),
                             APR_SUCCESS);
        copy[i] = '\0';
        assert_int_not_equal(acct_token_unseal(key, 1, copy, &text, pool),
                             APR_SUCCESS);
    }
    assert_null(text);
}

static void what_is_no_sealed_token_does_not_open(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *const rows[] = {
        NULL, "", "1", "1:", HEX40, "1::", "2:0123456789abcdef:QUJD",
        apr_pstrcat(pool, "1:", key->id, NULL),
        apr_pstrcat(pool, "1:", key->id, ":", NULL),
        apr_pstrcat(pool, "1:", key->id, ":====", NULL),
        apr_pstrcat(pool, "1:", key->id, ":QUJD", NULL),
        apr_pstrcat(pool, "1:", key->id, ":QUJ", NULL),
        apr_pstrcat(pool, "1:", key->id, ": QUJD", NULL),
        apr_pstrcat(pool, "2:", key->id, ":" HEX64, NULL),
        apr_pstrcat(pool, "1:", key->id, ":", apr_psprintf(pool, "%04000d",
                                                           0), NULL)
    };
    const char *text = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(acct_token_unseal(key, 1, rows[i], &text, pool),
                         APR_EGENERAL);
        assert_null(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_after_the_scheme_is_read),
        cmocka_unit_test(the_scheme_is_compared_without_case),
        cmocka_unit_test(blanks_around_and_between_are_tolerated),
        cmocka_unit_test(the_token_is_taken_exactly),
        cmocka_unit_test(no_header_and_other_schemes_are_no_credentials),
        cmocka_unit_test(the_scheme_alone_is_an_absent_token),
        cmocka_unit_test(more_words_are_spaces_in_the_token),
        cmocka_unit_test(two_header_lines_are_refused),
        cmocka_unit_test(only_printable_ascii_is_a_token),
        cmocka_unit_test(a_long_token_is_read_whole),
        cmocka_unit_test(a_minted_token_is_fresh_lower_case_hex),
        cmocka_unit_test(tokens_of_a_wrong_size_are_not_minted),
        cmocka_unit_test(a_public_id_is_32_hex_digits),
        cmocka_unit_test(the_digest_is_sha256_in_hex),
        cmocka_unit_test(digests_are_equal_only_whole),
        cmocka_unit_test(a_key_is_read_from_hex_or_raw_bytes),
        cmocka_unit_test(a_file_of_another_form_is_no_key),
        cmocka_unit_test(
            a_key_that_others_can_use_is_refused_with_the_remedy),
        cmocka_unit_test(a_key_is_a_regular_file_or_a_link_to_one),
        cmocka_unit_test(a_missing_key_file_says_how_to_make_one),
        cmocka_unit_test(a_key_is_wiped_with_its_pool),
        cmocka_unit_test(a_made_key_can_be_read_by_its_owner_alone),
        cmocka_unit_test(a_key_file_that_is_there_is_left_alone),
        cmocka_unit_test(a_key_that_cannot_be_written_leaves_no_file),
        cmocka_unit_test(a_sealed_token_opens_again),
        cmocka_unit_test(tokens_of_any_length_can_be_sealed),
        cmocka_unit_test(a_token_is_never_sealed_twice_alike),
        cmocka_unit_test(a_sealed_token_opens_for_its_account_alone),
        cmocka_unit_test(a_sealed_token_opens_under_its_key_alone),
        cmocka_unit_test(any_change_of_a_sealed_token_is_seen),
        cmocka_unit_test(what_is_no_sealed_token_does_not_open)
    };

    return cmocka_run_group_tests_name("token", tests, start, stop);
}
