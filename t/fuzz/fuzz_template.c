/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template: the first line as plain text, the rest, where it is JSON, as
 * a body. Filled in with values that hold what must be escaped.
 */
#include "fuzz.h"

#include <apr_strings.h>
#include <jansson.h>

#include "template/template.h"

typedef struct heard_t {
    int count;
} heard_t;

static void hear(void *baton, const char *path, const char *what)
{
    heard_t *heard = baton;

    heard->count++;
    HOLDS(path != NULL && *what != '\0');
    HOLDS(!acct_fuzz_has_control(what) && acct_fuzz_is_utf8(what));
}

static acct_values_t some_values(apr_pool_t *pool)
{
    static const acct_told_t told[] = {
        { "email", "a.b", "taken", "a \"b\"" },
        { "email", "a.b", "invalid", "\xff" },
        { "name\n", "~/\x01", "blank", "" }
    };
    acct_result_t *result = acct_result_make(ACCT_OK, pool);
    acct_account_t *account = apr_pcalloc(pool, sizeof(*account));
    acct_values_t values = {
        .result = result, .status = 200, .limit = 7,
        .message = "It\tis \"so\"", .told = told, .ntold = 3,
        .problem = &told[2], .attribute = "e\"mail",
        .now = APR_INT64_C(1629497355829531)
    };
    acct_token_t token = {
        .id = "0123456789abcdef0123456789abcdef", .label = "\"\\\x02",
        .network = "192.0.2.0/24", .created_at = 1, .expires_at = -1
    };
    apr_array_header_t *tokens = apr_array_make(pool, 2, sizeof(token));

    account->id = APR_INT64_C(9223372036854775807);
    account->username = "\xe2\x82\xac\"\\\x01";
    account->email = "\xc3(broken";
    account->created_at = APR_INT64_C(1629497355829531);
    account->last_login = -1;
    account->is_active = 1;
    result->account = account;
    result->token = "0123456789abcdef0123456789abcdef01234567";
    result->method = "</script>";
    APR_ARRAY_PUSH(tokens, acct_token_t) = token;
    token.id = "fedcba9876543210fedcba9876543210";
    APR_ARRAY_PUSH(tokens, acct_token_t) = token;
    result->tokens = tokens;
    result->token_read = &APR_ARRAY_IDX(tokens, 1, acct_token_t);
    return values;
}

/* Filling is one function of template and values: twice the same, as long
 * as it says, and within what the values can come to. */
static const char *filled(const acct_template_t *template, size_t *length,
                          apr_pool_t *pool)
{
    acct_values_t values = some_values(pool);
    const char *text = acct_template_fill(template, &values, length, pool);
    size_t again;

    HOLDS(strlen(text) == *length);
    HOLDS(strcmp(acct_template_fill(template, &values, &again, pool), text)
          == 0 && again == *length);
    return text;
}

/* The values of a template but those that the items of a list have. */
static uint64_t uses_of(const acct_template_t *template, acct_value_e list)
{
    uint64_t uses = 0;

    for (int i = 0; i < template->npieces; i++) {
        const acct_piece_t *piece = &template->pieces[i];

        HOLDS((piece->bytes != NULL) == (piece->nvalues == 0));
        for (int k = 0; k < piece->nvalues; k++) {
            HOLDS(piece->values[k] < ACCT_VALUE__COUNT);
            if (list == ACCT_VALUE__COUNT
                || acct_value_list(piece->values[k]) != list) {
                HOLDS(piece->values[k] < ACCT_VALUE__SETS);
                uses |= ACCT_VALUE_BIT(piece->values[k]);
            }
        }
        if (piece->each != NULL) {
            HOLDS(list == ACCT_VALUE__COUNT);
            uses |= uses_of(piece->each, piece->values[0]);
        }
    }
    return uses;
}

static void check_uses(const acct_template_t *template)
{
    HOLDS(uses_of(template, ACCT_VALUE__COUNT) == template->uses);
}

/* Text with each brace doubled stands for itself. */
static const char *doubled(const char *text, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 2 * strlen(text) + 1);
    char *to = made;

    for (; *text != '\0'; text++) {
        if (*text == '{' || *text == '}') {
            *to++ = *text;
        }
        *to++ = *text;
    }
    *to = '\0';
    return made;
}

static void check_text(const char *text, apr_pool_t *pool)
{
    heard_t heard = { 0 };
    const acct_template_t *template = acct_template_text(text, hear, &heard,
                                                         pool);
    size_t length;

    HOLDS((template == NULL) == (heard.count > 0));
    if (template != NULL) {
        check_uses(template);
        (void)filled(template, &length, pool);
    }
    template = acct_template_text(doubled(text, pool), hear, &heard, pool);
    HOLDS(template != NULL && template->uses == 0
          && strcmp(filled(template, &length, pool), text) == 0);
}

static void check_json(const char *text, size_t length, apr_pool_t *pool)
{
    json_t *json = json_loadb(text, length, JSON_DECODE_ANY, NULL);
    const acct_template_t *template;
    heard_t heard = { 0 };
    json_t *made;

    if (json == NULL) {
        return;
    }
    template = acct_template_json(json, hear, &heard, pool);
    HOLDS((template == NULL) == (heard.count > 0));
    if (template != NULL) {
        check_uses(template);
        text = filled(template, &length, pool);
        made = json_loadb(text, length, JSON_DECODE_ANY, NULL);
        HOLDS(made != NULL);
        HOLDS(template->uses != 0 || strpbrk(text, "{}") != NULL
              || json_typeof(made) == json_typeof(json));
        json_decref(made);
    }
    json_decref(json);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *line = acct_fuzz_line(&text, &length, pool);

    if (line != NULL && acct_fuzz_is_utf8(line)) {
        check_text(line, pool);
    }
    check_json(text, length, pool);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "template", NULL, one, 65536, 2000
};
