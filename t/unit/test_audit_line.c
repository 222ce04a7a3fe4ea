/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <jansson.h>
#include "cmocka_header.h"

#include "base/audit_line.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(*(list))))

static const acct_event_t login = {
    .kind = ACCT_EVENT_LOGIN, .account = 12, .token = "0123abcd"
};

static const acct_audit_place_t from_a_client = {
    .when = APR_INT64_C(1769903999000001), .ip = "192.0.2.7", .port = 51034,
    .vhost = "example.org", .dialect = "accounts", .route = "login/",
    .method = "POST", .path = "/accounts/login/", .status = 200,
    .user_agent = "curl/8", .request = "Zx1", .by = "http"
};

/* The line as a string that lives until the next call. */
static const char *line_of(const acct_event_t *event,
                           const acct_audit_place_t *place)
{
    static char text[ACCT_AUDIT_LINE_MAX + 1];
    size_t length = acct_audit_line(event, place, text);

    assert_in_range(length, 1, ACCT_AUDIT_LINE_MAX);
    text[length] = '\0';
    assert_int_equal(strlen(text), length);
    assert_ptr_equal(strchr(text, '\n'), text + length - 1);
    return text;
}

static json_t *read_back(const char *line)
{
    json_error_t error;
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (json == NULL) {
        fail_msg("%s in %s", error.text, line);
    }
    return json;
}

/* What a path comes back as. */
static void assert_path(const char *path, const char *expected)
{
    acct_audit_place_t place = from_a_client;
    json_t *json;

    place.path = path;
    json = read_back(line_of(&login, &place));
    assert_string_equal(json_string_value(json_object_get(json, "path")),
                        expected);
    json_decref(json);
}

static void a_line_has_its_members_in_their_order(void **state)
{
    (void)state;
    assert_string_equal(line_of(&login, &from_a_client),
        "{\"ts\":\"2026-01-31T23:59:59.000001Z\",\"v\":1,\"event\":\"login\","
        "\"outcome\":\"ok\",\"ip\":\"192.0.2.7\",\"port\":51034,"
        "\"vhost\":\"example.org\",\"dialect\":\"accounts\","
        "\"route\":\"login/\",\"account\":12,\"token\":\"0123abcd\","
        "\"method\":\"POST\",\"path\":\"/accounts/login/\",\"status\":200,"
        "\"ua\":\"curl/8\",\"req\":\"Zx1\",\"by\":\"http\"}\n");
}

static void what_is_not_known_is_null(void **state)
{
    const acct_event_t event = { .kind = ACCT_EVENT_ACCOUNT_BLOCKED };
    const acct_audit_place_t place = { .by = "cli:root" };

    (void)state;
    assert_string_equal(line_of(&event, &place),
        "{\"ts\":\"1970-01-01T00:00:00.000000Z\",\"v\":1,"
        "\"event\":\"account_blocked\",\"outcome\":\"ok\",\"ip\":null,"
        "\"port\":null,\"vhost\":null,\"dialect\":null,\"route\":null,"
        "\"account\":null,\"token\":null,\"method\":null,\"path\":null,"
        "\"status\":null,\"ua\":null,\"req\":null,\"by\":\"cli:root\"}\n");
}

static void what_only_some_events_have_stands_behind(void **state)
{
    const acct_event_t event = {
        .kind = ACCT_EVENT_LIMIT_REACHED, .outcome = ACCT_THROTTLED,
        .tokens = 3, .limit = "failures", .network = "192.0.2.7/32",
        .name = "00ff", .until = APR_INT64_C(1769904000000000),
        .detail = "a word"
    };
    const acct_audit_place_t place = { .database = "/x.db" };
    const char *line;

    (void)state;
    line = strstr(line_of(&event, &place), ",\"by\":null");
    assert_string_equal(line, ",\"by\":null,\"database\":\"/x.db\","
        "\"tokens\":3,\"limit\":\"failures\",\"network\":\"192.0.2.7/32\","
        "\"name\":\"00ff\",\"until\":\"2026-02-01T00:00:00.000000Z\","
        "\"detail\":\"a word\"}\n");
}

static void a_byte_that_is_no_utf8_is_a_replacement_character(void **state)
{
    static const struct { const char *path, *expected; } cases[] = {
        { "/\xc3\xbc", "/\xc3\xbc" },
        { "/\xe2\x82\xac/\xf0\x9f\x98\x80", "/\xe2\x82\xac/\xf0\x9f\x98\x80" },
        { "/\xff", "/\xef\xbf\xbd" },
        { "/\xc3", "/\xef\xbf\xbd" },
        { "/\xc3x", "/\xef\xbf\xbdx" },
        { "/\xe2\x82", "/\xef\xbf\xbd\xef\xbf\xbd" },
        { "/\xc0\xaf", "/\xef\xbf\xbd\xef\xbf\xbd" },       /* overlong */
        { "/\xe0\x80\xaf", "/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "/\xf0\x80\x80\xaf",
          "/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "/\xed\xa0\x80", "/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "/\xf4\x90\x80\x80",
          "/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "/\xf5\x80\x80\x80",
          "/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "/\x80", "/\xef\xbf\xbd" },
        { "/\xef\xbf\xbd", "/\xef\xbf\xbd" },
    };

    (void)state;
    for (int i = 0; i < COUNT(cases); i++) {
        assert_path(cases[i].path, cases[i].expected);
    }
}

static void every_ascii_byte_comes_back(void **state)
{
    char path[128];

    (void)state;
    for (int i = 1; i < 128; i++) {
        path[i - 1] = (char)i;
    }
    path[127] = '\0';
    assert_path(path, path);
}

static void a_terminal_obeys_nothing_of_a_line(void **state)
{
    static const char *const texts[] = {
        "\x1b[2J", "\x7f", ("\xc2\x9b" "31m"), "\xe2\x80\xae", "\xe2\x81\xa6",
        "\xe2\x80\xa8", "\xd8\x9c", "\xe2\x80\x8f", "\xef\xbb\xbf", "\n{"
    };

    (void)state;
    for (int i = 0; i < COUNT(texts); i++) {
        acct_audit_place_t place = from_a_client;

        place.user_agent = texts[i];
        assert_null(strstr(line_of(&login, &place), texts[i]));
        assert_path(texts[i], texts[i]);
    }
}

static void a_quote_ends_no_value(void **state)
{
    acct_audit_place_t place = from_a_client;
    json_t *json;

    (void)state;
    place.path = "/\",\"ip\":\"203.0.113.9\",\"x\":\"\\";
    json = read_back(line_of(&login, &place));
    assert_string_equal(json_string_value(json_object_get(json, "ip")),
                        "192.0.2.7");
    assert_string_equal(json_string_value(json_object_get(json, "path")),
                        place.path);
    json_decref(json);
}

static void fill(char *text, size_t size, const char *with)
{
    size_t length = strlen(with);

    for (size_t i = 0; i < size; i++) {
        text[i] = with[i % length];
    }
    text[size / length * length] = '\0';
}

/* Each text of a line as long as a client can make it. */
static void everything_long(const char *with, acct_event_t *event,
                            acct_audit_place_t *place)
{
    static char text[9001];

    fill(text, sizeof(text) - 1, with);
    *event = (acct_event_t){
        .kind = ACCT_EVENT_ACCOUNT_UNBLOCKED,
        .outcome = ACCT_UNSUPPORTED_MEDIA_TYPE, .account = INT64_MIN,
        .token = text, .tokens = INT64_MIN, .limit = text, .network = text,
        .name = text, .until = APR_INT64_C(253402300799999999),
        .detail = text
    };
    *place = (acct_audit_place_t){
        .when = APR_INT64_C(253402300799999999), .ip = text,
        .port = INT32_MIN, .vhost = text, .dialect = text, .route = text,
        .method = text, .path = text, .status = INT32_MIN,
        .user_agent = text, .request = text, .by = text, .database = text
    };
}

static void the_longest_line_is_2048_bytes_and_says_it_was_cut(void **state)
{
    static const char *const with[] = { "x", "\"", "\x01", "\xff", "\xc3\xbc",
                                        "\xf0\x9f\x98\x80", "ab\x1b" };
    acct_audit_place_t place;
    acct_event_t event;

    (void)state;
    for (int i = 0; i < COUNT(with); i++) {
        json_t *json;

        everything_long(with[i], &event, &place);
        json = read_back(line_of(&event, &place));
        assert_true(json_is_true(json_object_get(json, "cut")));
        assert_string_equal(json_string_value(json_object_get(json, "until")),
                            "9999-12-31T23:59:59.999999Z");
        json_decref(json);
    }
}

/* What all but texts comes to is reckoned in audit_line.c: were it more, the
 * end of a long line would be missing. */
static void there_is_place_for_the_end_of_each_line(void **state)
{
    acct_audit_place_t place;
    acct_event_t event;
    const char *line;

    (void)state;
    for (size_t length = 1; length < 400; length++) {
        static char text[401];

        everything_long("x", &event, &place);
        fill(text, length, "y");
        place.vhost = text;
        line = line_of(&event, &place);
        assert_string_equal(line + strlen(line) - 13, ",\"cut\":true}\n");
        json_decref(read_back(line));
    }
}

static void a_line_of_usual_length_is_not_cut(void **state)
{
    acct_audit_place_t place = from_a_client;
    char path[601], agent[301], vhost[254];
    const char *line;

    (void)state;
    fill(path, 600, "/abc");
    fill(agent, 300, "Mozilla/5.0 ");
    fill(vhost, 253, "host.");
    place.path = path;
    place.user_agent = agent;
    place.vhost = vhost;
    place.ip = "2001:db8:1111:2222:3333:4444:5555:6666";
    line = line_of(&login, &place);
    assert_null(strstr(line, "\"cut\""));
    assert_non_null(strstr(line, path));
    assert_non_null(strstr(line, agent));
}

static void no_character_is_cut_in_two(void **state)
{
    acct_audit_place_t place = from_a_client;
    char path[2001];

    (void)state;
    for (int before = 0; before < 8; before++) {
        json_t *json;

        fill(path, 2000, "\xf0\x9f\x98\x80");
        memset(path, 'x', (size_t)before * 4);
        path[1] = '\\';
        place.path = path + (before & 3);
        json = read_back(line_of(&login, &place));
        assert_true(json_is_true(json_object_get(json, "cut")));
        json_decref(json);
    }
}

static void a_time_that_is_none_is_null(void **state)
{
    static const apr_time_t times[] = { -1, INT64_MIN, INT64_MAX };
    acct_audit_place_t place = from_a_client;

    (void)state;
    for (int i = 0; i < COUNT(times); i++) {
        place.when = times[i];
        assert_memory_equal(line_of(&login, &place), "{\"ts\":null,", 11);
    }
}

static void kinds_and_outcomes_that_are_none_are_null(void **state)
{
    const acct_event_t event = { .kind = ACCT_EVENT__COUNT,
                                 .outcome = ACCT_OUTCOME__COUNT };

    (void)state;
    assert_non_null(strstr(line_of(&event, &from_a_client),
                           "\"event\":null,\"outcome\":null,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_its_members_in_their_order),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(what_only_some_events_have_stands_behind),
        cmocka_unit_test(a_byte_that_is_no_utf8_is_a_replacement_character),
        cmocka_unit_test(every_ascii_byte_comes_back),
        cmocka_unit_test(a_terminal_obeys_nothing_of_a_line),
        cmocka_unit_test(a_quote_ends_no_value),
        cmocka_unit_test(the_longest_line_is_2048_bytes_and_says_it_was_cut),
        cmocka_unit_test(there_is_place_for_the_end_of_each_line),
        cmocka_unit_test(a_line_of_usual_length_is_not_cut),
        cmocka_unit_test(no_character_is_cut_in_two),
        cmocka_unit_test(a_time_that_is_none_is_null),
        cmocka_unit_test(kinds_and_outcomes_that_are_none_are_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
