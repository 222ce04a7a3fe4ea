/* SPDX-License-Identifier: Apache-2.0 */
#include "token_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

static acct_outcome_e parse_as(const char *scheme, const char *header,
                               const char **token)
{
    return acct_token_parse(acct_token_after_scheme(header, scheme), token,
                            pool);
}

static acct_outcome_e parse(const char *header, const char **token)
{
    return parse_as("Token", header, token);
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
    assert_int_equal(parse_as("Bearer", "bearer abc", &token), ACCT_OK);
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

/* As httpd makes its children: from a parent whose generator was used. */
#define CHILDREN 4
#define MINTED 500
#define LENGTH 40

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void mint_many(int fd)
{
    const char *text;

    for (int i = 0; i < MINTED; i++) {
        if (acct_token_mint(LENGTH / 2, &text, pool) != APR_SUCCESS
            || write(fd, text, LENGTH + 1) != LENGTH + 1) {
            _exit(1);
        }
    }
    _exit(0);
}

static void children_of_one_parent_mint_different_tokens(void **state)
{
    static char all[CHILDREN * MINTED][LENGTH + 1];
    size_t room = sizeof(all), have = 0;
    const char *text;
    ssize_t got;
    int ends[2];

    (void)state;
    assert_int_equal(acct_token_mint(LENGTH / 2, &text, pool), APR_SUCCESS);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            mint_many(ends[1]);
        }
    }
    close(ends[1]);
    while ((got = read(ends[0], (char *)all + have, room - have)) > 0) {
        have += (size_t)got;
    }
    close(ends[0]);
    for (int i = 0; i < CHILDREN; i++) {
        wait(NULL);
    }
    assert_int_equal(have, room);
    qsort(all, CHILDREN * MINTED, LENGTH + 1, by_text);
    for (int i = 1; i < CHILDREN * MINTED; i++) {
        assert_string_not_equal(all[i - 1], all[i]);
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
        cmocka_unit_test(children_of_one_parent_mint_different_tokens),
        cmocka_unit_test(tokens_of_a_wrong_size_are_not_minted),
        cmocka_unit_test(a_public_id_is_32_hex_digits),
        cmocka_unit_test(the_digest_is_sha256_in_hex),
        cmocka_unit_test(digests_are_equal_only_whole)
    };

    return cmocka_run_group_tests_name("token", tests, start, stop);
}
