/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect/mailing.h"

#include <string.h>

#include <apr_strings.h>

#include "dialect/draft.h"

#define LIFETIME_LEAST 60       /* seconds */

/* What can stand in a link: its parts, and its secret once at least. */
#define LINK_SECRET (ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_TOKEN) \
                     | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_KEY))
#define LINK_PARTS \
    (LINK_SECRET | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_UID))

apr_interval_time_t acct_link_lifetime(const acct_dialect_mails_t *mails,
                                       acct_mail_kind_e kind)
{
    if (mails != NULL && mails->kind[kind].lifetime != 0) {
        return mails->kind[kind].lifetime;
    }
    return kind == ACCT_MAIL_PASSWORD_RESET || kind == ACCT_MAIL_USERNAME_RESET
        ? ACCT_LINK_LIFETIME_RESET : ACCT_LINK_LIFETIME_VERIFY;
}

/* A member's text, parsed; NULL: it is absent, or wrong and reported. */
static const acct_mail_text_t *read_text(acct_load_t *load,
                                         const acct_path_t *at,
                                         const json_t *mail,
                                         const char *name, uint32_t allowed)
{
    acct_path_t place = acct_place_member(load, at, name);
    const char *text = acct_text_member(load, at, mail, name);
    const acct_mail_text_t *parsed;
    const char *error;

    if (text == NULL) {
        return NULL;
    }
    if (*text == '\0' || text[strcspn(text, "\r\n\t")] != '\0') {
        acct_report(load, &place, "is empty, or has more than one line; write "
                    "some words");
        return NULL;
    }
    if (acct_mail_text_parse(&parsed, text, allowed, &error, load->pool)
        != APR_SUCCESS) {
        acct_report(load, &place, "%s", error);
        return NULL;
    }
    return parsed;
}

static void read_link(acct_load_t *load, const acct_path_t *at,
                      const json_t *json, acct_mail_kind_e kind,
                      acct_dialect_mail_t *mail)
{
    acct_path_t place = acct_place_member(load, at, "link");
    const char *text = json_string_value(json_object_get(json, "link"));

    mail->link = read_text(load, at, json, "link", LINK_PARTS);
    if (mail->link == NULL) {
        return;
    }
    if (!acct_mail_kind_links(kind)) {
        acct_report(load, &place, "a mail of this kind has no link; remove "
                    "this member");
    }
    else if ((acct_mail_text_uses(mail->link) & LINK_SECRET) == 0) {
        acct_report(load, &place, "holds neither {link.token} nor {link.key}, "
                    "without which nothing can be done by it; write one");
    }
    if (*text == '/' || strstr(text, "://") != NULL) {
        acct_report(load, &place, "is added to AcctAuthMailLinkBase, which "
                    "ends in a slash; write what follows it, e.g. "
                    "\"#/reset/{link.uid}/{link.token}\"");
    }
}

static void read_name(acct_load_t *load, const acct_path_t *at,
                      const json_t *json, acct_dialect_mail_t *mail)
{
    acct_path_t place = acct_place_member(load, at, "template");
    const char *name = acct_text_member(load, at, json, "template");

    if (name == NULL) {
        return;
    }
    if (*name == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                           "0123456789-")] != '\0') {
        acct_report(load, &place, "\"%s\" names no template; write the part "
                    "of its file's name before the language: a-z, 0-9 and -",
                    acct_shown(name, load->tmp));
        return;
    }
    mail->name = apr_pstrdup(load->pool, name);
}

static void read_lifetime(acct_load_t *load, const acct_path_t *at,
                          const json_t *json, acct_dialect_mail_t *mail)
{
    acct_path_t place = acct_place_member(load, at, "lifetime");
    const char *lifetime = acct_text_member(load, at, json, "lifetime");

    if (lifetime == NULL) {
        return;
    }
    mail->lifetime = acct_lifetime_of(lifetime, LIFETIME_LEAST);
    if (mail->lifetime == 0) {
        acct_report(load, &place, "\"%s\" is no lifetime; write a whole "
                    "number and a unit, s, m, h or d, from \"60s\" to "
                    "\"366d\"", acct_shown(lifetime, load->tmp));
    }
}

/* Whether the mail has the template's HTML; it has unless it is said. */
static void read_html(acct_load_t *load, const acct_path_t *at,
                      const json_t *json, acct_dialect_mail_t *mail)
{
    int html = acct_boolean_member(load, at, json, "html");

    mail->says_html = html >= 0;
    mail->is_plain = html == 0;
}

static void read_mail(acct_load_t *load, const acct_path_t *at,
                      const json_t *json, acct_mail_kind_e kind,
                      acct_dialect_mails_t *mails)
{
    static const char *const members[] = {
        "subject", "link", "template", "lifetime", "html", NULL
    };
    acct_dialect_mail_t *mail = &mails->kind[kind];

    if (!acct_check_type(load, at, json, JSON_OBJECT)) {
        return;
    }
    acct_check_members(load, at, json, members);
    mail->is_named = 1;
    read_html(load, at, json, mail);
    mail->subject = read_text(load, at, json, "subject",
                              ACCT_MAIL_VALUES_SITE);
    read_link(load, at, json, kind, mail);
    read_name(load, at, json, mail);
    read_lifetime(load, at, json, mail);
}

static void read_mails(acct_load_t *load, const acct_path_t *at,
                       const json_t *json, acct_dialect_mails_t *mails)
{
    const char *names[ACCT_MAIL__COUNT + 1] = { NULL };

    if (!acct_check_type(load, at, json, JSON_OBJECT)) {
        return;
    }
    for (int i = 0; i < ACCT_MAIL__COUNT; i++) {
        names[i] = acct_mail_kind_name((acct_mail_kind_e)i);
    }
    acct_check_members(load, at, json, names);
    for (int i = 0; i < ACCT_MAIL__COUNT; i++) {
        const json_t *mail = json_object_get(json, names[i]);
        acct_path_t place = acct_place_member(load, at, names[i]);

        if (mail != NULL) {
            read_mail(load, &place, mail, (acct_mail_kind_e)i, mails);
        }
    }
}

/* How links spell an id; -1: it is not said, or wrong and reported. */
static int read_uid(acct_load_t *load, const acct_path_t *at,
                    const json_t *json)
{
    static const char *const members[] = { "uid", NULL };
    const char *names[ACCT_UID__COUNT + 1] = { NULL };
    acct_path_t place = acct_place_member(load, at, "uid");
    const char *uid;
    int spelling;

    if (!acct_check_type(load, at, json, JSON_OBJECT)) {
        return -1;
    }
    acct_check_members(load, at, json, members);
    uid = acct_text_member(load, at, json, "uid");
    if (uid == NULL) {
        return -1;
    }
    spelling = acct_uid_find(uid);
    if (spelling < 0) {
        for (int i = 0; i < ACCT_UID__COUNT; i++) {
            names[i] = acct_uid_name((acct_uid_e)i);
        }
        acct_report(load, &place, "no spelling of an id is called \"%s\"; %s",
                    acct_shown(uid, load->tmp),
                    acct_suggest(uid, names, load->tmp));
    }
    return spelling;
}

/* What no nearer file has said. */
static void merge(acct_dialect_mails_t *all, const acct_dialect_mails_t *more)
{
    for (int i = 0; i < ACCT_MAIL__COUNT; i++) {
        const acct_dialect_mail_t *from = &more->kind[i];
        acct_dialect_mail_t *to = &all->kind[i];

        to->subject = to->subject != NULL ? to->subject : from->subject;
        to->link = to->link != NULL ? to->link : from->link;
        to->name = to->name != NULL ? to->name : from->name;
        to->is_plain = to->says_html ? to->is_plain : from->is_plain;
        to->says_html |= from->says_html;
        to->is_named |= from->is_named;
        to->lifetime = to->lifetime != 0 ? to->lifetime : from->lifetime;
    }
}

void acct_read_mails(acct_load_t *load, const acct_source_t *source)
{
    acct_path_t top = { source->file, "" };
    acct_path_t at = acct_place_member(load, &top, "mails");
    const json_t *json = json_object_get(source->root, "mails");
    acct_dialect_mails_t *mails = load->dialect->mails, more;
    int uid;

    memset(&more, 0, sizeof(more));
    if (json != NULL) {
        read_mails(load, &at, json, &more);
        merge(mails, &more);
    }
    json = json_object_get(source->root, "link");
    if (json == NULL) {
        return;
    }
    at = acct_place_member(load, &top, "link");
    uid = read_uid(load, &at, json);
    if (uid >= 0 && !load->uid_seen) {
        mails->uid = (acct_uid_e)uid;
        load->uid_seen = 1;
    }
}
