/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mail_text.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#define SHOWN_MAX 40            /* bytes of a foreign word in a message */

static const struct {
    const char *name;
    int links;
} kinds[ACCT_MAIL__COUNT] = {
    [ACCT_MAIL_PASSWORD_RESET] = { "password-reset", 1 },
    [ACCT_MAIL_USERNAME_RESET] = { "username-reset", 1 },
    [ACCT_MAIL_ACTIVATION] = { "activation", 1 },
    [ACCT_MAIL_ACTIVATION_DONE] = { "activation-done", 0 },
    [ACCT_MAIL_VERIFY_EMAIL] = { "verify-email", 1 },
    [ACCT_MAIL_PASSWORD_CHANGED] = { "password-changed", 0 },
    [ACCT_MAIL_USERNAME_CHANGED] = { "username-changed", 0 },
    [ACCT_MAIL_EMAIL_CHANGED] = { "email-changed", 0 },
    [ACCT_MAIL_ACCOUNT_EXISTS] = { "account-exists", 0 },
    [ACCT_MAIL_RECOVERY_CODE_USED] = { "recovery-code-used", 0 },
};

static const char *const value_names[ACCT_MAIL_VALUE__COUNT] = {
    [ACCT_MAIL_VALUE_LINK] = "link",
    [ACCT_MAIL_VALUE_LINK_BASE] = "link.base",
    [ACCT_MAIL_VALUE_LINK_UID] = "link.uid",
    [ACCT_MAIL_VALUE_LINK_TOKEN] = "link.token",
    [ACCT_MAIL_VALUE_LINK_KEY] = "link.key",
    [ACCT_MAIL_VALUE_LINK_EXPIRES] = "link.expires",
    [ACCT_MAIL_VALUE_SITE_NAME] = "site.name",
    [ACCT_MAIL_VALUE_USERNAME] = "account.username",
    [ACCT_MAIL_VALUE_EMAIL] = "account.email",
};

/* Bytes, or a value where there are none. */
typedef struct part_t {
    const char *bytes;
    acct_mail_value_e value;
} part_t;

struct acct_mail_text_t {
    const part_t *parts;
    int count;
    uint32_t uses;
};

const char *acct_mail_kind_name(acct_mail_kind_e kind)
{
    return kinds[kind].name;
}

int acct_mail_kind_links(acct_mail_kind_e kind)
{
    return kinds[kind].links;
}

int acct_mail_kind_find(const char *name)
{
    for (int i = 0; i < ACCT_MAIL__COUNT; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *acct_mail_value_name(acct_mail_value_e value)
{
    return value_names[value];
}

/* ------------------------------------------------------------- parsing */

typedef struct parser_t {
    apr_array_header_t *parts;      /* part_t */
    apr_array_header_t *bytes;      /* char: not yet a part */
    uint32_t allowed;
    uint32_t uses;
    const char *error;              /* the first one, or NULL */
    apr_pool_t *pool;
} parser_t;

static void flush(parser_t *p)
{
    part_t *part;

    if (p->bytes->nelts > 0) {
        part = apr_array_push(p->parts);
        part->bytes = apr_pstrmemdup(p->pool, p->bytes->elts,
                                     (apr_size_t)p->bytes->nelts);
        part->value = ACCT_MAIL_VALUE__COUNT;
        p->bytes->nelts = 0;
    }
}

/* "{link}, {link.uid} or {site.name}" */
static const char *list_allowed(const parser_t *p)
{
    const char *list = "";

    for (int i = 0; i < ACCT_MAIL_VALUE__COUNT; i++) {
        if (p->allowed & ACCT_MAIL_VALUE_BIT(i)) {
            list = apr_pstrcat(p->pool, list, *list != '\0' ? ", " : "",
                               "{", value_names[i], "}", NULL);
        }
    }
    return list;
}

/* A word of the file that is shown in a message: nothing in it acts on a
 * terminal. */
static const char *shown(const char *word, apr_size_t length,
                         apr_pool_t *pool)
{
    char *copy = apr_pstrmemdup(pool, word, length < SHOWN_MAX ? length
                                                               : SHOWN_MAX);

    for (char *at = copy; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
    return copy;
}

static void add_value(parser_t *p, const char *name, apr_size_t length)
{
    part_t *part;
    int i = 0;

    while (i < ACCT_MAIL_VALUE__COUNT
           && (strlen(value_names[i]) != length
               || memcmp(value_names[i], name, length) != 0)) {
        i++;
    }
    if (i == ACCT_MAIL_VALUE__COUNT
        || !(p->allowed & ACCT_MAIL_VALUE_BIT(i))) {
        p->error = apr_psprintf(p->pool, "%s placeholder \"{%s}\"; what can "
                                "stand here is %s",
                                i == ACCT_MAIL_VALUE__COUNT ? "unknown"
                                : "a mail of this kind has no value for the",
                                shown(name, length, p->pool),
                                list_allowed(p));
        return;
    }
    flush(p);
    p->uses |= ACCT_MAIL_VALUE_BIT(i);
    part = apr_array_push(p->parts);
    part->bytes = NULL;
    part->value = (acct_mail_value_e)i;
}

/* @return behind what was read */
static const char *read_brace(parser_t *p, const char *at)
{
    const char *end;

    if (at[1] == at[0]) {
        APR_ARRAY_PUSH(p->bytes, char) = *at;
        return at + 2;
    }
    if (*at == '}') {
        p->error = "\"}\" closes nothing; write \"}}\" for a brace";
        return at;
    }
    end = at + 1 + strcspn(at + 1, "{}\r\n");
    if (*end != '}') {
        p->error = "\"{\" is not closed; write \"}\" behind the "
                   "placeholder's name, or \"{{\" for a brace";
        return at;
    }
    add_value(p, at + 1, (apr_size_t)(end - at - 1));
    return end + 1;
}

apr_status_t acct_mail_text_parse(const acct_mail_text_t **parsed,
                                  const char *text, uint32_t allowed,
                                  const char **error, apr_pool_t *pool)
{
    parser_t p = { apr_array_make(pool, 8, sizeof(part_t)),
                   apr_array_make(pool, 256, sizeof(char)),
                   allowed, 0, NULL, pool };
    acct_mail_text_t *made;

    while (*text != '\0' && p.error == NULL) {
        if (*text == '{' || *text == '}') {
            text = read_brace(&p, text);
        }
        else {
            APR_ARRAY_PUSH(p.bytes, char) = *text++;
        }
    }
    if (p.error != NULL) {
        *error = p.error;
        return APR_EINVAL;
    }
    flush(&p);
    made = apr_palloc(pool, sizeof(*made));
    made->parts = (const part_t *)p.parts->elts;
    made->count = p.parts->nelts;
    made->uses = p.uses;
    *parsed = made;
    return APR_SUCCESS;
}

uint32_t acct_mail_text_uses(const acct_mail_text_t *parsed)
{
    return parsed->uses;
}

/* ---------------------------------------------------------- filling in */

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static const char *escape_html(const char *text, apr_pool_t *pool)
{
    char *made, *to;

    if (strpbrk(text, "&<>\"'") == NULL) {
        return text;
    }
    made = to = apr_palloc(pool, 6 * strlen(text) + 1);
    for (; *text != '\0'; text++) {
        const char *entity = entity_of(*text);

        if (entity != NULL) {
            to = apr_cpystrn(to, entity, 7);
        }
        else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return made;
}

const char *acct_mail_text_fill(const acct_mail_text_t *parsed,
                                const acct_mail_values_t *values,
                                acct_mail_escape_e how, apr_pool_t *pool)
{
    apr_array_header_t *strings = apr_array_make(pool, parsed->count + 1,
                                                 sizeof(const char *));

    for (int i = 0; i < parsed->count; i++) {
        const part_t *part = &parsed->parts[i];
        const char *text = part->bytes;

        if (text == NULL) {
            text = values->text[part->value];
            text = text == NULL ? ""
                 : how == ACCT_MAIL_HTML ? escape_html(text, pool) : text;
        }
        APR_ARRAY_PUSH(strings, const char *) = text;
    }
    return apr_array_pstrcat(pool, strings, 0);
}
