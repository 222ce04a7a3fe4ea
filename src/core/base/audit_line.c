/* SPDX-License-Identifier: Apache-2.0 */
#include "base/audit_line.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The most bytes of a value, escapes counted as they are written. */
#define MOST_IP 64
#define MOST_VHOST 255
#define MOST_NAME 64
#define MOST_ROUTE 128
#define MOST_METHOD 32
#define MOST_PATH 640
#define MOST_USER_AGENT 320
#define MOST_DATABASE 255
#define MOST_DETAIL 128

/* What all of a line but its texts can come to; t/unit/test_audit_line.c
 * holds the longest line against it. */
#define AROUND 544

/* 9999-12-31T23:59:59.999999Z. */
#define LAST_MOMENT APR_INT64_C(253402300799999999)

typedef struct line_t {
    char *at;
    char *end;
    size_t left;                /* what texts may still take */
    int cut;
} line_t;

/* ---- texts ---- */

static int is_rest(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The character at @a text, which has one byte at least; how many bytes it
 * has. RFC 3629: none twice as long as need be, no surrogates. */
static size_t decode(const unsigned char *text, uint32_t *code)
{
    unsigned char c = text[0];

    *code = c;
    if (c < 0x80) {
        return 1;
    }
    if (c >= 0xc2 && c < 0xe0 && is_rest(text[1])) {
        *code = (c & 0x1fU) << 6 | (text[1] & 0x3fU);
        return 2;
    }
    if (c >= 0xe0 && c < 0xf0 && is_rest(text[1]) && is_rest(text[2])) {
        *code = (c & 0x0fU) << 12 | (text[1] & 0x3fU) << 6
            | (text[2] & 0x3fU);
        if (*code >= 0x800 && (*code < 0xd800 || *code > 0xdfff)) {
            return 3;
        }
    }
    if (c >= 0xf0 && c < 0xf5 && is_rest(text[1]) && is_rest(text[2])
        && is_rest(text[3])) {
        *code = (c & 0x07U) << 18 | (text[1] & 0x3fU) << 12
            | (text[2] & 0x3fU) << 6 | (text[3] & 0x3fU);
        if (*code >= 0x10000 && *code <= 0x10ffff) {
            return 4;
        }
    }
    *code = 0xfffd;
    return 1;
}

/* Controls (C0, DEL, C1), line and paragraph separators, marks, embeddings,
 * overrides and isolates of direction, and what stands for no character. */
static int must_escape(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c
        || code == 0x200e || code == 0x200f
        || (code >= 0x2028 && code <= 0x202e)
        || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff
        || code == 0xfffd;
}

/* A character of @a length bytes as it stands in a string.
 * @return how many bytes that takes */
static size_t spell(const unsigned char *text, size_t length, uint32_t code,
                    char out[8])
{
    if (code == '"' || code == '\\') {
        out[0] = '\\';
        out[1] = (char)code;
        return 2;
    }
    if (must_escape(code)) {
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned int)code);
    }
    memcpy(out, text, length);
    return length;
}

static void put(line_t *line, const char *bytes, size_t length)
{
    if (length <= (size_t)(line->end - line->at)) {
        memcpy(line->at, bytes, length);
        line->at += length;
    }
}

/* As much of a text as there is place for, in whole characters. */
static void put_text(line_t *line, const char *text, size_t most)
{
    const unsigned char *at = (const unsigned char *)text;
    char out[8];

    if (most > line->left) {
        most = line->left;
    }
    while (*at != '\0') {
        uint32_t code;
        size_t length = decode(at, &code);
        size_t spelt = spell(at, length, code, out);

        if (spelt > most) {
            line->cut = 1;
            return;
        }
        put(line, out, spelt);
        most -= spelt;
        line->left -= spelt;
        at += length;
    }
}

/* ---- members ---- */

/* The name of a member, from which its value follows. */
static void put_name(line_t *line, const char *name)
{
    put(line, name, strlen(name));
}

static void text(line_t *line, const char *name, const char *value,
                 size_t most)
{
    put_name(line, name);
    if (value == NULL) {
        put(line, "null", 4);
        return;
    }
    put(line, "\"", 1);
    put_text(line, value, most);
    put(line, "\"", 1);
}

static void number(line_t *line, const char *name, apr_int64_t value)
{
    char digits[24];

    put_name(line, name);
    if (value == 0) {
        put(line, "null", 4);
        return;
    }
    put(line, digits, (size_t)snprintf(digits, sizeof(digits),
                                       "%" APR_INT64_T_FMT, value));
}

/* RFC 3339; years before 1970 and after 9999 are none. */
static void moment(line_t *line, const char *name, apr_time_t when)
{
    apr_time_exp_t t;
    char digits[32] = "null";

    put_name(line, name);
    if (when >= 0 && when <= LAST_MOMENT
        && apr_time_exp_gmt(&t, when) == APR_SUCCESS) {
        snprintf(digits, sizeof(digits),
                 "\"%04u-%02u-%02uT%02u:%02u:%02u.%06uZ\"",
                 (unsigned int)(t.tm_year + 1900) % 10000,
                 (unsigned int)(t.tm_mon + 1) % 100,
                 (unsigned int)t.tm_mday % 100,
                 (unsigned int)t.tm_hour % 100, (unsigned int)t.tm_min % 100,
                 (unsigned int)t.tm_sec % 100,
                 (unsigned int)t.tm_usec % 1000000);
    }
    put(line, digits, strlen(digits));
}

/* The members that each line has. */
static void put_usual(line_t *line, const acct_event_t *event,
                      const acct_audit_place_t *place)
{
    moment(line, "{\"ts\":", place->when);
    put_name(line, ",\"v\":1");
    text(line, ",\"event\":", acct_event_name(event->kind), MOST_NAME);
    text(line, ",\"outcome\":", acct_outcome_name(event->outcome), MOST_NAME);
    text(line, ",\"ip\":", place->ip, MOST_IP);
    number(line, ",\"port\":", place->port);
    text(line, ",\"vhost\":", place->vhost, MOST_VHOST);
    text(line, ",\"dialect\":", place->dialect, MOST_NAME);
    text(line, ",\"route\":", place->route, MOST_ROUTE);
    number(line, ",\"account\":", event->account);
    text(line, ",\"token\":", event->token, MOST_NAME);
    text(line, ",\"method\":", place->method, MOST_METHOD);
    text(line, ",\"path\":", place->path, MOST_PATH);
    number(line, ",\"status\":", place->status);
    text(line, ",\"ua\":", place->user_agent, MOST_USER_AGENT);
    text(line, ",\"req\":", place->request, MOST_NAME);
    text(line, ",\"by\":", place->by, MOST_NAME);
}

static void text_if_any(line_t *line, const char *name, const char *value,
                        size_t most)
{
    if (value != NULL) {
        text(line, name, value, most);
    }
}

/* Those that a line has only where there is something to say. */
static void put_special(line_t *line, const acct_event_t *event,
                        const acct_audit_place_t *place)
{
    text_if_any(line, ",\"database\":", place->database, MOST_DATABASE);
    if (event->tokens != 0) {
        number(line, ",\"tokens\":", event->tokens);
    }
    text_if_any(line, ",\"limit\":", event->limit, MOST_NAME);
    text_if_any(line, ",\"network\":", event->network, MOST_NAME);
    text_if_any(line, ",\"name\":", event->name, MOST_NAME);
    if (event->until != 0) {
        moment(line, ",\"until\":", event->until);
    }
    text_if_any(line, ",\"detail\":", event->detail, MOST_DETAIL);
}

size_t acct_audit_line(const acct_event_t *event,
                       const acct_audit_place_t *place,
                       char line[ACCT_AUDIT_LINE_MAX])
{
    line_t made = { line, line + ACCT_AUDIT_LINE_MAX,
                    ACCT_AUDIT_LINE_MAX - AROUND, 0 };

    put_usual(&made, event, place);
    put_special(&made, event, place);
    if (made.cut) {
        put_name(&made, ",\"cut\":true");
    }
    put(&made, "}\n", 2);
    return (size_t)(made.at - line);
}
