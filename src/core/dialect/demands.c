/* SPDX-License-Identifier: Apache-2.0 */
/* "register" and "login" of a file: what is demanded of accounts before they
 * can be signed in to; "revoke": which tokens end where the server would
 * leave one; and of an answer, which has to show what is shown once. */
#include <string.h>
#include "dialect/draft.h"

/* An object of one flag. What a nearer file has said stands. */
static void read_demand(acct_load_t *load, const acct_source_t *source,
                        const char *name, const char *const *members,
                        int *seen, int *flag)
{
    acct_path_t top = { source->file, "" };
    acct_path_t at = acct_place_member(load, &top, name);
    const json_t *object = json_object_get(source->root, name);
    int said;

    if (object == NULL || !acct_check_type(load, &at, object, JSON_OBJECT)) {
        return;
    }
    acct_check_members(load, &at, object, members);
    said = acct_boolean_member(load, &at, object, members[0]);
    if (said >= 0 && !*seen) {
        *flag = said;
        *seen = 1;
    }
}

static void read_revoke(acct_load_t *load, const acct_source_t *source)
{
    static const char *const members[] = { "password_change", NULL };
    acct_path_t top = { source->file, "" };
    acct_path_t at = acct_place_member(load, &top, "revoke");
    acct_path_t place = acct_place_member(load, &at, members[0]);
    const json_t *object = json_object_get(source->root, "revoke");
    const char *word;

    if (object == NULL || !acct_check_type(load, &at, object, JSON_OBJECT)) {
        return;
    }
    acct_check_members(load, &at, object, members);
    word = acct_text_member(load, &at, object, members[0]);
    if (word == NULL) {
        return;
    }
    if (strcmp(word, "all") != 0 && strcmp(word, "others") != 0) {
        acct_report(load, &place, "\"%s\" cannot be what a change of the "
                    "password ends; write \"others\", all tokens but the "
                    "presented one, or \"all\"",
                    acct_shown(word, load->tmp));
    }
    else if (!load->revoke_seen) {
        load->dialect->change_ends_all = strcmp(word, "all") == 0;
        load->revoke_seen = 1;
    }
}

void acct_read_demands(acct_load_t *load, const acct_source_t *source)
{
    static const char *const of_register[] = { "pending", NULL };
    static const char *const of_login[] = { "verified", NULL };
    acct_path_t top = { source->file, "" };
    int zeros = acct_boolean_member(load, &top, source->root,
                                    "leading_zeros");

    read_demand(load, source, "register", of_register, &load->pending_seen,
                &load->dialect->registers_pending);
    read_demand(load, source, "login", of_login, &load->verified_seen,
                &load->dialect->demands_verified);
    read_revoke(load, source);
    if (zeros >= 0 && !load->zeros_seen) {
        load->dialect->takes_zeros = zeros;
        load->zeros_seen = 1;
    }
}

void acct_check_demands(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route)
{
    const acct_dialect_t *dialect = load->dialect;
    const char *what = dialect->registers_pending
        ? "\"register\": {\"pending\": true}"
        : "\"login\": {\"verified\": true}";

    if (route->mints_token
        && route->fields.operation->shows == ACCT_SHOWS_NEW_TOKEN
        && (dialect->registers_pending || dialect->demands_verified)) {
        acct_report(load, at, "shows a token, which an account that was made "
                    "a moment ago may not have yet by %s; remove one of the "
                    "two", what);
    }
}

/* What is made and never shown is lost. */
void acct_check_codes(acct_load_t *load, const acct_path_t *at,
                      acct_route_t *route, uint64_t uses)
{
    acct_shows_e shows = route->fields.operation->shows;

    route->shows_codes =
        (uses & ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES)) != 0;
    route->shows_codes_left =
        (uses & ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES_LEFT)) != 0;
    if (shows == ACCT_SHOWS_TOTP && (uses & ACCT_VALUES_TOTP) == 0) {
        acct_report(load, at, "nobody learns the secret; write "
                    "\"{totp.secret}\" or \"{totp.uri}\" where the client "
                    "looks for it");
    }
    if (shows == ACCT_SHOWS_RECOVERY_CODES_ALWAYS && !route->shows_codes) {
        acct_report(load, at, "nobody learns the recovery codes; write "
                    "\"{recovery_codes}\" where the client looks for them");
    }
}
