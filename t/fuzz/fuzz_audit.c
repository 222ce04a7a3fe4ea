/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of the audit log. Each line of the input is a text of the event:
 * path, user agent, host, method, request's id, detail, name, network, limit,
 * token, in this order; the first byte chooses the kind and the outcome.
 */
#include "fuzz.h"

#include <apr_strings.h>
#include <jansson.h>

#include "base/audit_line.h"

static const char *const first[] = {
    "ts", "v", "event", "outcome", "ip", "port", "vhost", "dialect", "route",
    "account", "token", "method", "path", "status", "ua", "req", "by"
};

/* What a log's reader relies on. */
static void check_line(const char *line, size_t length, const char *path)
{
    json_t *json;
    void *member;

    HOLDS(length > 2 && length <= ACCT_AUDIT_LINE_MAX);
    HOLDS(line[length - 1] == '\n'
          && memchr(line, '\n', length) == line + length - 1);
    for (size_t i = 0; i + 1 < length; i++) {
        HOLDS((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
    }
    json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    HOLDS(json_is_object(json));
    member = json_object_iter(json);
    for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
        HOLDS(member != NULL
              && strcmp(json_object_iter_key(member), first[i]) == 0);
        member = json_object_iter_next(json, member);
    }
    /* what was not too long is there as it came */
    if (path != NULL && acct_fuzz_is_utf8(path)
        && json_object_get(json, "cut") == NULL) {
        HOLDS(strcmp(json_string_value(json_object_get(json, "path")), path)
              == 0);
    }
    json_decref(json);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    char *line = malloc(ACCT_AUDIT_LINE_MAX);
    acct_event_t event = { 0 };
    acct_audit_place_t place = { 0 };
    unsigned char choice = length > 0 ? (unsigned char)*text : 0;
    size_t made;

    HOLDS(line != NULL);
    text += length > 0;
    length -= length > 0;
    event.kind = (acct_event_e)(1 + choice % (ACCT_EVENT__COUNT - 1));
    event.outcome = (acct_outcome_e)(choice % ACCT_OUTCOME__COUNT);
    event.account = choice;
    event.until = choice & 1 ? apr_time_from_sec(choice) : 0;
    place.when = apr_time_from_sec(1769903999) + choice;
    place.ip = choice & 2 ? "192.0.2.7" : NULL;
    place.port = choice & 2 ? 51034 : 0;
    place.status = choice & 4 ? 200 : 0;
    place.by = "http";
    place.path = acct_fuzz_line(&text, &length, pool);
    place.user_agent = acct_fuzz_line(&text, &length, pool);
    place.vhost = acct_fuzz_line(&text, &length, pool);
    place.method = acct_fuzz_line(&text, &length, pool);
    place.request = acct_fuzz_line(&text, &length, pool);
    event.detail = acct_fuzz_line(&text, &length, pool);
    event.name = acct_fuzz_line(&text, &length, pool);
    event.network = acct_fuzz_line(&text, &length, pool);
    event.limit = acct_fuzz_line(&text, &length, pool);
    event.token = acct_fuzz_line(&text, &length, pool);
    made = acct_audit_line(&event, &place, line);
    check_line(line, made, place.path);
    free(line);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "audit", NULL, one, 16384, 16
};
