/* SPDX-License-Identifier: Apache-2.0 */
/* What a dialect calls that which a password can be too similar to; see
 * dialect/draft.h. */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

const acct_role_e acct_attribute_roles[] = {
    ACCT_ROLE_USERNAME, ACCT_ROLE_EMAIL, ACCT_ROLE_FIRST_NAME,
    ACCT_ROLE_LAST_NAME, ACCT_ROLE__COUNT
};

/* @return the role, or -1 after reporting */
static int attribute_role(acct_load_t *load, const acct_path_t *at,
                          const json_t *value)
{
    const char *names[5] = { NULL };
    int i;

    if (!acct_check_type(load, at, value, JSON_STRING)) {
        return -1;
    }
    for (i = 0; acct_attribute_roles[i] != ACCT_ROLE__COUNT; i++) {
        names[i] = acct_role_name(acct_attribute_roles[i]);
        if (strcmp(names[i], json_string_value(value)) == 0) {
            return (int)acct_attribute_roles[i];
        }
    }
    acct_report(load, at, "no password is like \"%s\"; %s",
                acct_shown(json_string_value(value), load->tmp),
                acct_suggest(json_string_value(value), names, load->tmp));
    return -1;
}

void acct_read_attributes(acct_load_t *load, const acct_path_t *at,
                          const json_t *words)
{
    json_t *object = (json_t *)words;       /* only read */
    const char *said[ACCT_ROLE__COUNT] = { NULL };
    const char **known = load->dialect->p->attribute;
    void *member;
    int role;

    if (!acct_check_type(load, at, words, JSON_OBJECT)) {
        return;
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const char *word = json_object_iter_key(member);
        acct_path_t place = acct_place_member(load, at, word);

        role = attribute_role(load, &place, json_object_iter_value(member));
        if (role >= 0 && said[role] != NULL) {
            acct_report(load, &place, "\"%s\" is \"%s\" already; remove one "
                        "of the two", acct_role_name((acct_role_e)role),
                        acct_shown(said[role], load->tmp));
        }
        else if (role >= 0) {
            said[role] = word;
        }
    }
    for (role = 0; role < ACCT_ROLE__COUNT; role++) {
        if (known[role] == NULL && said[role] != NULL) {
            known[role] = apr_pstrdup(load->pool, said[role]);
        }
    }
}
