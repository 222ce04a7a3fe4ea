/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include "dialect/overlay.h"

/* --------------------------------------------------------- what is known */

/* "in "ok" of register, login and current": the operations that know a
 * value. */
static const char *of_operations(acct_load_t *load, acct_value_e value)
{
    const acct_operations_t *all = load->operations;
    const char *list = NULL, *last = NULL;
    int i;

    for (i = 0; i < all->count; i++) {
        if ((acct_values_known(all->row[i], ACCT_OK)
             & ACCT_VALUE_BIT(value)) == 0) {
            continue;
        }
        if (last != NULL) {
            list = list == NULL ? last
                : apr_pstrcat(load->tmp, list, ", ", last, NULL);
        }
        last = all->row[i]->name;
    }
    return apr_pstrcat(load->tmp, "in \"ok\" of ", list != NULL ? list : "",
                       list != NULL ? " and " : "",
                       last != NULL ? last : "no operation", NULL);
}

static const char *where_known(acct_load_t *load, acct_value_e value)
{
    uint64_t bit = ACCT_VALUE_BIT(value);

    if ((bit & ACCT_VALUES_ACCOUNT) != 0) {
        return "in \"ok\"";
    }
    if ((bit & (ACCT_VALUES_TOKEN | ACCT_VALUES_TOKEN_READ
                | ACCT_VALUE_BIT(ACCT_VALUE_TOKENS)
                | ACCT_VALUES_STORED | ACCT_VALUES_SECOND_FACTOR)) != 0) {
        return of_operations(load, value);
    }
    if ((bit & ACCT_VALUES_ERRORS) != 0) {
        return "in \"invalid\"";
    }
    switch (value) {
    case ACCT_VALUE_PROBLEM_FIELD:
    case ACCT_VALUE_PROBLEM_CODE:
        return "in {\"each\": \"problems\"} and in the response to a "
               "problem";
    case ACCT_VALUE_METHOD:
        return "in \"method_not_allowed\"";
    case ACCT_VALUE_MEDIA_TYPE:
        return "in \"unsupported_media_type\"";
    case ACCT_VALUE_ENCODING:
        return "in \"unsupported_encoding\"";
    case ACCT_VALUE_FORMAT:
    case ACCT_VALUE_REASON:
        return "in \"parse_error\"";
    case ACCT_VALUE_TYPE:
        return "in \"not_an_object\"";
    case ACCT_VALUE_LIMIT:
        return "with the problems \"too_long\" and \"too_short\"";
    case ACCT_VALUE_ATTRIBUTE:
        return "with the problem \"too_similar\"";
    case ACCT_VALUE_RETRY_AFTER:
        return "in \"throttled\" and \"unavailable\"";
    default:
        return "where there is a message";
    }
}

/* Everything a response shows must be known when it is used for @a key. */
static void check_uses(acct_load_t *load, const acct_entry_t *entry,
                       const char *key, uint64_t known,
                       const acct_message_t *message)
{
    int i;

    for (i = 0; i < entry->uses->nelts; i++) {
        const acct_use_t *use = &APR_ARRAY_IDX(entry->uses, i, acct_use_t);
        acct_path_t at = { entry->at.file, use->path };

        if ((known & ACCT_VALUE_BIT(use->value)) == 0) {
            acct_report(load, &at, "%s is not known when \"%s\" is answered; "
                        "use it %s", acct_value_shown(use->value, load->tmp),
                        key, where_known(load, use->value));
        }
        else if (use->value == ACCT_VALUE_MESSAGE && message == NULL) {
            acct_report(load, &at, "\"{message}\" stands for nothing when "
                        "\"%s\" is answered; add \"%s\": \"...\" to "
                        "\"messages\"", key, key);
        }
        else if (use->value == ACCT_VALUE_MESSAGE && message->text != NULL
                 && (message->text->uses & ~known) != 0) {
            acct_report(load, &message->at, "the message is shared by "
                        "\"%s\", where not all it shows is known; add "
                        "\"%s\": \"...\" to \"messages\"", key, key);
        }
    }
}

/* ------------------------------------------------------ the whole dialect */

/* Outcomes that come before any route is known. */
static int comes_without_route(acct_outcome_e outcome)
{
    return outcome == ACCT_NOT_FOUND || outcome == ACCT_TLS_REQUIRED
        || outcome == ACCT_UNAVAILABLE || outcome == ACCT_ERROR;
}

static void check_general(acct_load_t *load)
{
    struct acct_dialect_private_t *p = load->dialect->p;
    acct_path_t top = { load->dialect->file, "" };
    acct_path_t at = acct_place_member(load, &top, "responses");
    const char *missing = NULL;
    int i;

    for (i = 0; i < ACCT_OUTCOME__COUNT; i++) {
        acct_outcome_e outcome = (acct_outcome_e)i;
        const char *key = acct_outcome_name(outcome);
        const acct_entry_t *entry = acct_overlay_answer(load, NULL, outcome);
        const acct_entry_t *first = entry;
        const acct_message_t *message;

        if (entry == NULL && outcome != ACCT_OK
            && (load->drafts->nelts == 0 || comes_without_route(outcome))) {
            missing = acct_listed(load, missing, key);
        }
        entry = entry != NULL ? acct_overlay_resolve(load, NULL, entry) : NULL;
        if (entry != NULL) {
            message = acct_overlay_message(load, NULL, first, outcome);
            check_uses(load, entry, key, acct_values_known(NULL, outcome),
                       message);
            p->response[i] = entry->response;
            p->message[i] = message != NULL ? message->text : NULL;
        }
    }
    if (missing != NULL) {
        acct_report(load, &at, "there is no response for %s; write one, or "
                    "\"extends\": \"base\"", missing);
    }
}

/* -------------------------------------------------------------- a route */

/* @return whether there is a response at all */
static int check_outcome(acct_load_t *load, acct_draft_t *draft,
                         acct_outcome_e outcome)
{
    struct acct_route_private_t *p = draft->route.p;
    const char *key = acct_outcome_name(outcome);
    const acct_message_t *message;
    const acct_entry_t *first;
    const acct_entry_t *entry;

    if (!acct_route_can(&draft->route, outcome)
        || (outcome == ACCT_TOO_MANY_TOKENS
            && load->dialect->policy.limit == 0)) {
        p->response[outcome] = load->dialect->p->response[outcome];
        p->message[outcome] = load->dialect->p->message[outcome];
        return 1;
    }
    first = acct_overlay_answer(load, draft, outcome);
    entry = first != NULL ? acct_overlay_resolve(load, draft, first) : NULL;
    if (entry != NULL) {
        message = acct_overlay_message(load, draft, first, outcome);
        check_uses(load, entry, key,
                   acct_values_known(draft->route.fields.operation, outcome),
                   message);
        p->response[outcome] = entry->response;
        p->message[outcome] = message != NULL ? message->text : NULL;
    }
    return first != NULL;
}

static void check_outcomes(acct_load_t *load, acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "responses");
    const char *missing = NULL;
    int i;

    for (i = 0; i < ACCT_OUTCOME__COUNT; i++) {
        if (check_outcome(load, draft, (acct_outcome_e)i)) {
            continue;
        }
        if (i == ACCT_OK) {
            acct_report(load, &at, "there is no response for \"ok\"; write "
                        "what the route answers when all went well");
        }
        else {
            missing = acct_listed(load, missing,
                                  acct_outcome_name((acct_outcome_e)i));
        }
    }
    if (missing != NULL) {
        acct_report(load, &at, "there is no response for %s; write one here "
                    "or in the \"responses\" of the dialect, or "
                    "\"extends\": \"base\"", missing);
    }
}

/* The response of a route to a problem of a field: its own, else that to
 * any of the field; NULL: it is gathered with others. */
static const acct_entry_t *entry_of(acct_load_t *load,
                                    const acct_draft_t *draft,
                                    const acct_field_t *field,
                                    const char *code, int *turn)
{
    const char *codes[2] = { code, "*" };
    const acct_entry_t *entry = NULL;
    int i;

    for (i = 0; i < 2; i++) {
        const char *const *key = acct_problem_keys(load, field, codes[i]);

        for (; entry == NULL && *key != NULL; key++) {
            entry = acct_overlay_entry(draft->entries, *key, turn);
        }
    }
    return entry;
}

/* What stands for {attribute} has to be said, once for all routes. */
static void check_attributes(acct_load_t *load, uint64_t uses)
{
    const char *const *word = load->dialect->p->attribute;
    acct_path_t at = { load->dialect->file, "attributes" };
    int i;

    if ((uses & ACCT_VALUE_BIT(ACCT_VALUE_ATTRIBUTE)) == 0) {
        return;
    }
    for (i = 0; acct_attribute_roles[i] != ACCT_ROLE__COUNT; i++) {
        if (word[acct_attribute_roles[i]] == NULL) {
            const char *name = acct_role_name(acct_attribute_roles[i]);

            acct_report(load, &at, "does not say what \"{attribute}\" is of "
                        "the \"%s\"; add \"...\": \"%s\"", name, name);
        }
    }
}

static void check_problem(acct_load_t *load, acct_draft_t *draft,
                          const acct_field_t *field, acct_problem_e problem)
{
    acct_problem_answer_t *answer =
        &draft->route.p->problem[field->index][problem];
    const char *code = acct_problem_name(problem);
    const char *key = *acct_problem_keys(load, field, code);
    const acct_message_t *message = acct_overlay_problem(load, draft, field,
                                                         problem);
    uint64_t known = ACCT_VALUE_BIT(ACCT_VALUE_STATUS)
                         | ACCT_VALUE_BIT(ACCT_VALUE_SITE_NAME)
                         | ACCT_VALUE_BIT(ACCT_VALUE_MESSAGE)
                         | ACCT_VALUES_PROBLEM;
    const acct_entry_t *entry;
    acct_path_t at;

    answer->message = message != NULL ? message->text : NULL;
    check_attributes(load, answer->message != NULL ? answer->message->uses
                                                   : 0);
    entry = entry_of(load, draft, field, code, &answer->turn);
    if (entry == NULL && message == NULL) {
        at = acct_place_member(load, &draft->at, "fields");
        at = acct_place_member(load, &at, field->name);
        acct_report(load, &at, "there is no message for \"%s\"; add \"%s\": "
                    "\"...\" or \"%s\": \"...\" to \"messages\"", key, key,
                    code);
    }
    entry = entry != NULL ? acct_overlay_resolve(load, draft, entry) : NULL;
    if (entry != NULL) {
        known |= acct_values_of_problem((int)problem);
        check_uses(load, entry, key, known, message);
        check_attributes(load, entry->response->uses);
        answer->response = entry->response;
    }
}

static void check_problems(acct_load_t *load, acct_draft_t *draft)
{
    acct_route_t *route = &draft->route;
    int i, j;

    route->p->problem = apr_pcalloc(load->pool,
                                    ((apr_size_t)route->fields.count + 1)
                                    * sizeof(*route->p->problem));
    for (i = 0; i < route->fields.count; i++) {
        for (j = 0; j < ACCT_PROBLEM__COUNT; j++) {
            if (acct_field_can(route, &route->fields.field[i],
                               (acct_problem_e)j)) {
                check_problem(load, draft, &route->fields.field[i],
                              (acct_problem_e)j);
            }
        }
    }
}

/* A route with a place for the account takes every number that stands
 * there; a literal number would be some account's. */
static void check_shadow(acct_load_t *load, const acct_draft_t *draft)
{
    const char *key = draft->route.p->key;
    const char *id;
    apr_size_t length, i;
    int j;

    for (j = 0; j < load->drafts->nelts; j++) {
        const acct_draft_t *other = &APR_ARRAY_IDX(load->drafts, j,
                                                   acct_draft_t);

        if (draft->nowhere || draft->route.names_account || other->nowhere
            || !other->route.names_account
            || !acct_route_matches(&other->route, key, strlen(key), &id,
                                   &length)) {
            continue;
        }
        for (i = 0; i < length && apr_isdigit(id[i]); i++) {
        }
        if (i == length) {
            acct_path_t at = acct_place_member(load, &draft->at, "path");

            acct_report(load, &at, "\"%s\" stands where \"%s\" has an "
                        "account's number and hides that account; write "
                        "another path", draft->route.path,
                        other->route.path);
        }
    }
}

/* What a route shows and what it needs of the dialect. */
static void check_token(acct_load_t *load, acct_draft_t *draft)
{
    acct_route_t *route = &draft->route;
    const acct_entry_t *entry = acct_overlay_find(load, draft, "ok");
    const acct_response_t *ok = route->p->response[ACCT_OK];
    uint64_t uses = ok != NULL ? ok->uses : 0;
    acct_path_t at = acct_place_member(load, &draft->at, "responses");

    at = acct_place_member(load, &at, "ok");
    entry = entry != NULL ? acct_overlay_resolve(load, draft, entry) : NULL;
    if (route->token == ACCT_TOKEN_OPTIONAL
        && (uses & (ACCT_VALUES_ACCOUNT | ACCT_VALUES_TOKEN)) != 0) {
        acct_report(load, &at, "shows something of the account or its "
                    "token, and the route does without a token; remove what "
                    "it shows of them, or \"token\": \"optional\"");
    }
    if (ok == NULL || entry == NULL || entry->is_broken) {
        return;
    }
    acct_check_codes(load, &at, route, uses);
    if (route->fields.operation->shows < ACCT_SHOWS_NEW_TOKEN) {
        return;
    }
    route->mints_token = (uses & ACCT_VALUE_BIT(ACCT_VALUE_TOKEN)) != 0;
    if (!route->mints_token
        && route->fields.operation->shows == ACCT_SHOWS_NEW_TOKEN_ALWAYS) {
        acct_report(load, &at, "nobody learns the token; write \"{token}\" "
                    "where the client looks for it");
    }
    else if (!route->mints_token && (uses & ACCT_VALUES_TOKEN) != 0) {
        acct_report(load, &at, "shows something of a token but not the "
                    "token; add \"{token}\", or remove \"{token.id}\" and "
                    "\"{token.expires}\"");
    }
    acct_check_demands(load, &at, route);
    if (route->mints_token && !load->token_seen) {
        acct_path_t top = { load->dialect->file, "token" };

        acct_report(load, &top, "is missing; write how tokens are made, "
                    "{\"policy\": \"reuse\"}");
    }
}

static void check_identifier(acct_load_t *load, const acct_draft_t *draft)
{
    const acct_dialect_t *dialect = load->dialect;
    acct_path_t at = { dialect->file, "identifier" };
    int i;

    if ((draft->route.fields.operation->roles
         & ACCT_ROLE_BIT(ACCT_ROLE_IDENTIFIER)) == 0) {
        return;
    }
    if (!load->identifier_seen) {
        acct_report(load, &at, "is missing; write what people sign in with, "
                    "[\"username\"], [\"email\"] or both");
        return;
    }
    for (i = 0; i < draft->route.fields.count; i++) {
        if (draft->route.fields.field[i].role == ACCT_ROLE_EMAIL
            && !dialect->by_email) {
            acct_report(load, &at, "does not hold \"email\", but %s signs "
                        "in by it; add it", draft->at.path);
        }
    }
}

static void check_route(acct_load_t *load, acct_draft_t *draft)
{
    if (draft->broken) {
        return;
    }
    check_outcomes(load, draft);
    check_problems(load, draft);
    check_shadow(load, draft);
    check_token(load, draft);
    check_identifier(load, draft);
}

void acct_check_dialect(acct_load_t *load)
{
    const acct_source_t *top = &APR_ARRAY_IDX(load->sources, 0,
                                              acct_source_t);
    acct_path_t at = { top->file, "routes" };
    acct_route_t *routes;
    int i, count = load->drafts->nelts;

    if (count == 0 && load->sources->nelts > 1) {
        acct_report(load, &at, "there are no routes, here or in what is "
                    "extended; write what the dialect answers to");
    }
    check_general(load);
    routes = apr_pcalloc(load->pool, ((apr_size_t)count + 1)
                                     * sizeof(*routes));
    for (i = 0; i < count; i++) {
        acct_draft_t *draft = &APR_ARRAY_IDX(load->drafts, i, acct_draft_t);

        check_route(load, draft);
        routes[i] = draft->route;
    }
    acct_builtin_warn(load);
    load->dialect->routes = routes;
    load->dialect->nroutes = count;
}
