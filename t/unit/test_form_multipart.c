/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data, where a dialect takes it. */
#include "form_fixture.h"

#include "form/multipart.h"
#include "form/urlencoded.h"

#define TYPE "multipart/form-data; boundary=B"
#define PART(name, value) "--B\r\nContent-Disposition: form-data; name=\"" \
    name "\"\r\n\r\n" value "\r\n"
#define HEAD(lines) "--B\r\n" lines "\r\n\r\nx\r\n--B--\r\n"
#define END "--B--\r\n"

static const acct_fields_t parts_route = {
    .operation = &storing, .field = register_fields, .count = 6,
    .takes_multipart = 1
};

static void a_form_in_parts_gives_its_fields(void **state)
{
    (void)state;
    assert_string_equal(told(&parts_route, TYPE,
        PART("username", "\xc3\x85sa ") PART("email", "a@x.io")
        PART("password", " p\r\nw\r\n-\r\n--") PART("x", "") END), "ok");
    assert_string_equal(VALUE(USERNAME), "\xc3\x85sa");
    assert_string_equal(VALUE(EMAIL), "a@x.io");
    assert_string_equal(VALUE(PASSWORD), " p\r\nw\r\n-\r\n--");
    assert_string_equal(result->format, "Multipart form");
    assert_string_equal(told(&parts_route, TYPE,
        PART("username", "") PART("password", "a") END),
        "invalid username.blank");
    assert_string_equal(told(&parts_route, TYPE, END),
        "invalid username.required password.required");
    assert_string_equal(told(&parts_route, TYPE, ""),
        "invalid username.required password.required");
}

static void a_header_may_be_spelled_as_clients_do(void **state)
{
    static const char *const headers[] = {
        "content-disposition:form-data;name=username",
        "Content-Disposition: Form-Data ; NAME=\"username\"; x=y;",
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Disposition: form-data; name=\"user\\name\"",
        "Content-Disposition: form-data; name=\"username\"\r\n"
        "Content-Transfer-Encoding: 8bit\r\nX-Other: \xc3\xa4",
    };
    static const char *const types[] = {
        TYPE, "Multipart/Form-Data;boundary=\"B\"",
        " multipart/form-data ; charset=utf-8 ; Boundary=B ;",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        assert_string_equal(told(&parts_route, TYPE, apr_pstrcat(pool,
            "--B\r\n", headers[i], "\r\n\r\nann\r\n",
            PART("password", "p") END, NULL)), "ok");
        assert_string_equal(VALUE(USERNAME), "ann");
    }
    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        assert_string_equal(told(&parts_route, types[i],
            PART("username", "ann") PART("password", "p") END), "ok");
    }
}

static void a_file_is_no_text(void **state)
{
    static const char *const files[] = {
        "filename=\"a.txt\"", "filename=\"\"", "FileName=a",
        "filename*=UTF-8''a"
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
        assert_string_equal(told(&parts_route, TYPE, apr_psprintf(pool,
            PART("username", "ann") "--B\r\nContent-Disposition: form-data; "
            "name=\"password\"; %s\r\nContent-Type: text/plain\r\n\r\nsecret"
            "\r\n" END, files[i])), "invalid password.not_a_string");
    }
}

static void what_is_not_in_parts_is_a_parse_error(void **state)
{
    static const struct {
        const char *type, *body, *reason;
    } cases[] = {
        { "multipart/form-data", END, "no boundary that parts" },
        { "multipart/form-data; boundary=", END, "no boundary" },
        { "multipart/form-data; boundary=\"B \"", END, "no boundary" },
        { "multipart/form-data; boundary=\"B", END, "no boundary" },
        { "multipart/form-data; boundary=\"B\x01\"", END, "no boundary" },
        { "multipart/form-data; boundary=B; boundary=C", END,
          "no boundary" },
        { "multipart/form-data; boundary=B x", END, "no boundary" },
        { TYPE, "x", "it does not begin with its boundary: byte 1" },
        { TYPE, "\r\n" END, "it does not begin with its boundary: byte 1" },
        { TYPE, "--C--\r\n", "it does not begin with its boundary: byte 1" },
        { TYPE, "--B", "a boundary is followed by something else: byte 4" },
        { TYPE, "--Bx", "a boundary is followed by something else: byte 4" },
        { TYPE, "--B\n", "a boundary is followed by something else" },
        { TYPE, PART("a", "1\r\n--Bx") END, "a boundary is followed by" },
        { TYPE, PART("a", "1"), "the document ends too early" },
        { TYPE, "--B\r\n", "the document ends too early" },
        { TYPE, "--B\r\nContent-Dis", "the document ends too early" },
        { TYPE, END "x", "something follows the document" },
        { TYPE, END "\r\n", "something follows the document" },
        { TYPE, "--B\r\n\r\nx\r\n" END, "a part without a name" },
        { TYPE, HEAD("Content-Disposition: form-data"),
          "a part without a name" },
        { TYPE, HEAD("Content-Disposition: form-data; filename=a"),
          "a part without a name" },
        { TYPE, HEAD("Content-Disposition: attachment; name=a"),
          "a part that is no form-data" },
        { TYPE, HEAD("Content-Disposition: form-datax; name=a"),
          "a malformed header" },
        { TYPE, HEAD("Content-Disposition: form-data; name=a\r\n"
                     "Content-Disposition: form-data; name=b"),
          "a part that is no form-data" },
        { TYPE, HEAD("Content-Disposition: form-data; name=a; name=b"),
          "a part with two names" },
        { TYPE, HEAD("Content-Disposition: form-data; name=\"a"),
          "a malformed header" },
        { TYPE, HEAD("Content-Disposition: form-data; name"),
          "a malformed header" },
        { TYPE, HEAD("Content-Disposition: form-data name=a"),
          "a malformed header" },
        { TYPE, HEAD("Content-Disposition: form-data;\r\n name=a"),
          "a malformed header" },
        { TYPE, HEAD("Content-Disposition : form-data; name=a"),
          "a malformed header" },
        { TYPE, HEAD("x"), "a malformed header" },
        { TYPE, HEAD("Content-Disposition: form-data; name=a\r\n"
                     "Content-Transfer-Encoding: base64"),
          "a part that is encoded" },
        { TYPE, PART("a", "\xff") END, "not UTF-8" },
        { TYPE, PART("\xff", "a") END, "not UTF-8" },
        { TYPE, PART("a", "1") PART("a", "2") END,
          "a member is named twice" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(told(&parts_route, cases[i].type, cases[i].body),
                   "parse_error") != 0
            || strncmp(result->reason, cases[i].reason,
                       strlen(cases[i].reason)) != 0) {
            fail_msg("%s\n%s\n%s", cases[i].type, cases[i].body,
                     result->reason);
        }
    }
}

static void a_part_has_at_most_16_headers(void **state)
{
    (void)state;
    assert_string_equal(told(&parts_route, TYPE, apr_pstrcat(pool,
        PART("username", "ann") "--B\r\nContent-Disposition: form-data; "
        "name=password\r\n", repeat("X: y\r\n", 15), "\r\np\r\n" END, NULL)),
        "ok");
    assert_string_equal(told(&parts_route, TYPE, apr_pstrcat(pool,
        PART("username", "ann") "--B\r\nContent-Disposition: form-data; "
        "name=password\r\n", repeat("X: y\r\n", 16), "\r\np\r\n" END, NULL)),
        "parse_error");
    assert_non_null(strstr(result->reason, "too many headers of a part"));
}

static void a_form_in_parts_has_at_most_64_members(void **state)
{
    const char *body = PART("username", "a") PART("password", "p");
    int i;

    (void)state;
    for (i = 0; i < 62; i++) {
        body = apr_psprintf(pool, "%s--B\r\nContent-Disposition: form-data; "
                            "name=\"x%d\"\r\n\r\n\r\n", body, i);
    }
    assert_string_equal(told(&parts_route, TYPE, apr_pstrcat(pool, body, END,
                             NULL)), "ok");
    assert_string_equal(told(&parts_route, TYPE, apr_pstrcat(pool, body,
                             PART("y", "") END, NULL)), "parse_error");
    assert_non_null(strstr(result->reason, "too many members"));
}

static void a_null_character_is_a_problem_of_its_field(void **state)
{
    static const char body[] = PART("username", "a\0b") PART("password", "p")
        END;
    static const char named[] = PART("a\0b", "x") END;

    (void)state;
    assert_int_equal(read_bytes(&parts_route, TYPE, body, sizeof(body) - 1),
                     ACCT_INVALID);
    assert_int_equal(APR_ARRAY_IDX(result->problems, 0,
                                   acct_field_problem_t).problem,
                     ACCT_PROBLEM_NULL_CHARACTERS);
    assert_int_equal(read_bytes(&parts_route, TYPE, named,
                                sizeof(named) - 1), ACCT_PARSE_ERROR);
    assert_non_null(strstr(result->reason, "a null character"));
}

/* Whatever was read of a body is overwritten, refused or not. */
static void check_wiped(apr_array_header_t *pairs, size_t name_length)
{
    const acct_pair_t *pair = &APR_ARRAY_IDX(pairs, 0, acct_pair_t);

    assert_int_equal(pairs->nelts, 1);
    assert_memory_equal(pair->name + name_length - 6, "secret", 6);
    acct_pairs_wipe(pairs);
    assert_memory_equal(pair->name + name_length - 6, "\0\0\0\0\0\0", 6);
}

static void a_name_is_wiped_behind_its_null_character(void **state)
{
    static const char form_body[] = "a%00secret=x";
    static const char parts[] = PART("a\0secret", "x") END;
    apr_array_header_t *pairs;

    (void)state;
    assert_non_null(acct_urlencoded_decode(form_body, sizeof(form_body) - 1,
                                           &pairs, pool));
    check_wiped(pairs, 8);
    assert_non_null(acct_multipart_decode(TYPE, parts, sizeof(parts) - 1,
                                          &pairs, pool));
    check_wiped(pairs, 8);
}

static void a_dialect_has_to_say_that_it_takes_it(void **state)
{
    (void)state;
    result = acct_result_make(ACCT_ERROR, pool);
    assert_int_equal(acct_form_accepts(&register_route, TYPE, NULL, result,
                                       pool), ACCT_UNSUPPORTED_MEDIA_TYPE);
    assert_int_equal(acct_form_accepts(&parts_route, TYPE, NULL, result,
                                       pool), ACCT_OK);
    assert_int_equal(acct_form_accepts(&parts_route, "multipart/mixed", NULL,
                                       result, pool),
                     ACCT_UNSUPPORTED_MEDIA_TYPE);
    assert_int_equal(acct_form_accepts(&parts_route, TYPE, "gzip", result,
                                       pool), ACCT_UNSUPPORTED_ENCODING);
}

/* Any damage to a good body gives an outcome, and no more. */
static void every_cut_and_every_changed_byte_is_survived(void **state)
{
    static const char body[] = PART("username", "ann")
        "--B\r\nContent-Disposition: form-data; name=\"a\\\"b\"; "
        "filename=x\r\n\r\ny\r\n" PART("password", "p") END;
    size_t i;
    int byte;

    (void)state;
    for (i = 0; i < sizeof(body) - 1; i++) {
        char *copy = apr_pmemdup(pool, body, sizeof(body));
        apr_pool_t *outer = pool;

        for (byte = 0; byte < 256; byte++) {
            apr_pool_create(&pool, outer);
            copy[i] = (char)byte;
            read_bytes(&parts_route, TYPE, copy, sizeof(body) - 1);
            apr_pool_destroy(pool);
        }
        pool = outer;
        read_bytes(&parts_route, TYPE, body, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_form_in_parts_gives_its_fields),
        TEST(a_header_may_be_spelled_as_clients_do),
        TEST(a_file_is_no_text),
        TEST(what_is_not_in_parts_is_a_parse_error),
        TEST(a_part_has_at_most_16_headers),
        TEST(a_form_in_parts_has_at_most_64_members),
        TEST(a_null_character_is_a_problem_of_its_field),
        TEST(a_name_is_wiped_behind_its_null_character),
        TEST(a_dialect_has_to_say_that_it_takes_it),
        TEST(every_cut_and_every_changed_byte_is_survived)
    };

    return cmocka_run_group_tests_name("form_multipart", tests, begin_apr,
                                       end_apr);
}
