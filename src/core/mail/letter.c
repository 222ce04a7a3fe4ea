/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/letter.h"

#include <string.h>

#include <apr_strings.h>

#include "dialect/dialect.h"
#include "dialect/mailing.h"
#include "mail/link_text.h"
#include "store/store.h"
#include "tables/links.h"

#define HOUR(time) ACCT_MAIL_HOUR(time)
#define COUNT_KEY_HEX 32        /* of the address's digest */

/* What is passed around while a letter is made. */
typedef struct work_t {
    acct_db_t *db;
    const acct_mail_t *row;
    const acct_mail_site_t *site;
    const acct_dialect_mails_t *mails;  /* NULL: of no dialect */
    acct_letter_t *letter;
    acct_account_t account;
    const char *to;             /* as the account has it */
    const char *key;            /* of the same */
    apr_time_t now;
    apr_pool_t *pool;
} work_t;

/* --------------------------------------------------------- the account */

static apr_status_t find_account(work_t *work)
{
    const acct_mail_t *row = work->row;
    acct_account_t *account = &work->account;
    apr_int64_t id = row->account_id;
    apr_status_t status;

    if (id == 0) {
        status = row->address_key[0] == '\0' ? APR_NOTFOUND
            : acct_store_account_by_email(work->db, row->address_key, account,
                                          work->pool);
        if (status != APR_SUCCESS) {
            return status;
        }
        id = account->id;
    }
    /* again, and no other transaction changes it now */
    status = acct_store_account_lock(work->db, id, account, work->pool);
    work->letter->account_id = status == APR_SUCCESS ? id : 0;
    if (status == APR_SUCCESS && row->account_id == 0
        && (account->email_key == NULL
            || strcmp(account->email_key, row->address_key) != 0)) {
        return APR_NOTFOUND;
    }
    return status;
}

/* The address that is to be proved: the account's own, or the one it is to
 * have. */
static int find_unproved(work_t *work)
{
    const acct_account_t *account = &work->account;
    const char *key = work->row->address_key;

    if (account->email_pending_key != NULL
        && (key[0] == '\0' || strcmp(key, account->email_pending_key) == 0)) {
        work->to = account->email_pending;
        work->key = account->email_pending_key;
        return 1;
    }
    return work->to != NULL && account->email_verified_at == 0
        && (key[0] == '\0' || strcmp(key, work->key) == 0);
}

/* Whether what the mail is about is so still, and to whom it goes. Who is
 * known by an address gets the mail where the account says, not where it was
 * typed: two spellings can have one key, and two mailboxes. */
static int is_wanted(work_t *work)
{
    const acct_account_t *account = &work->account;
    acct_state_e state = acct_account_state(account);

    work->to = account->email;
    work->key = account->email_key;
    switch (work->letter->kind) {
    case ACCT_MAIL_PASSWORD_RESET:
    case ACCT_MAIL_USERNAME_RESET:
    case ACCT_MAIL_ACCOUNT_EXISTS:
        return state == ACCT_STATE_ACTIVE && work->to != NULL;
    case ACCT_MAIL_ACTIVATION:
        return state == ACCT_STATE_PENDING && work->to != NULL
            && account->pending_until > work->now;
    case ACCT_MAIL_VERIFY_EMAIL:
        return state != ACCT_STATE_BLOCKED && find_unproved(work);
    case ACCT_MAIL_EMAIL_CHANGED:
        if (work->row->address[0] != '\0') {
            work->to = work->row->address;
            work->key = work->row->address_key;
        }
        return work->to != NULL;
    default:
        return work->to != NULL;
    }
}

/* -------------------------------------------------------------- bounds */

/* Whether anybody who knows an address can have such mails sent there. Those
 * that tell the owner of a change are counted apart: a thief who has an
 * account cannot use up what would tell of it. */
static int is_askable(acct_mail_kind_e kind)
{
    return acct_mail_kind_links(kind) || kind == ACCT_MAIL_ACCOUNT_EXISTS;
}

/* No address is kept longer than its mail: a digest of it is counted. */
static apr_status_t make_count_key(work_t *work)
{
    char digest[ACCT_DIGEST_HEX + 1];
    apr_status_t status = acct_token_digest(work->key, digest);

    digest[COUNT_KEY_HEX] = '\0';
    work->letter->count_key = apr_pstrcat(work->pool,
                                          is_askable(work->letter->kind)
                                          ? "address:" : "notice:", digest,
                                          NULL);
    return status;
}

/* How many there were in the hour that ends now. They are counted by the hours
 * of the clock; of the one before so much counts as is left of it, as if they
 * had come evenly. */
static apr_status_t count_hour(work_t *work, const char *key, apr_int64_t *n)
{
    apr_int64_t hour = HOUR(work->now);
    apr_time_t gone = work->now - hour * apr_time_from_sec(3600);
    apr_int64_t both;
    apr_status_t status = acct_store_mail_count_sum(work->db, key, hour, n,
                                                    work->pool);

    if (status == APR_SUCCESS) {
        status = acct_store_mail_count_sum(work->db, key, hour - 1, &both,
                                           work->pool);
    }
    if (status == APR_SUCCESS) {
        *n += (both - *n) * (3600 - apr_time_sec(gone)) / 3600;
    }
    return status;
}

static apr_status_t look_at_bounds(work_t *work)
{
    const acct_mail_limits_t *limits = &work->site->limits;
    const char *key = work->letter->count_key;
    apr_int64_t hour, day, server;
    apr_status_t status = count_hour(work, key, &hour);

    if (status == APR_SUCCESS) {
        status = acct_store_mail_count_sum(work->db, key,
                                           HOUR(work->now) - 23, &day,
                                           work->pool);
    }
    if (status == APR_SUCCESS) {
        status = count_hour(work, ACCT_LETTER_SERVER_KEY, &server);
    }
    if (status == APR_SUCCESS) {
        work->letter->what =
            hour >= limits->address_hour || day >= limits->address_day
            ? ACCT_LETTER_UNWANTED
            : server >= limits->server_hour ? ACCT_LETTER_FULL
                                            : ACCT_LETTER_READY;
    }
    return status;
}

/* ------------------------------------------------------------ the link */

static const acct_dialect_mail_t *said_of(const work_t *work)
{
    return work->mails != NULL ? &work->mails->kind[work->letter->kind]
                               : NULL;
}

/* "#password-reset/UID/TOKEN" where the dialect has none. Behind the '#',
 * which browsers keep to themselves. */
static const char *spell_link(const work_t *work,
                              const acct_mail_values_t *values)
{
    const acct_dialect_mail_t *said = said_of(work);

    if (said != NULL && said->link != NULL) {
        return acct_mail_text_fill(said->link, values, ACCT_MAIL_PLAIN,
                                   work->pool);
    }
    return apr_pstrcat(work->pool, "#",
                       acct_mail_kind_name(work->letter->kind), "/",
                       values->text[ACCT_MAIL_VALUE_LINK_UID], "/",
                       values->text[ACCT_MAIL_VALUE_LINK_TOKEN], NULL);
}

static const char *spell_time(apr_time_t when, apr_pool_t *pool)
{
    apr_time_exp_t t;

    if (apr_time_exp_gmt(&t, when) != APR_SUCCESS) {
        return "";
    }
    return apr_psprintf(pool, "%04d-%02d-%02d %02d:%02d UTC",
                        t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                        t.tm_min);
}

/* An account that is pending is gone when its time is over, and what opens it
 * with it. */
static apr_time_t end_of_link(const work_t *work)
{
    acct_mail_kind_e kind = work->letter->kind;
    apr_time_t end = work->now + acct_link_lifetime(work->mails, kind);

    return kind == ACCT_MAIL_ACTIVATION && end > work->account.pending_until
        ? work->account.pending_until : end;
}

/* A newer mail ends the links of those before. One that is tried again has
 * another link than at first, since of a secret there is nothing that it
 * could be made of again; and that of before stays, for the mail may have
 * arrived. */
static apr_status_t end_others(const work_t *work, const acct_link_t *link)
{
    return work->row->tries > 0 ? APR_SUCCESS
        : acct_store_link_delete(work->db, link->account_id, link->purpose,
                                 NULL, work->pool);
}

static apr_status_t make_link(work_t *work, acct_mail_values_t *values)
{
    char digest[ACCT_DIGEST_HEX + 1];
    const char *secret;
    acct_link_t link = {
        .digest = digest, .account_id = work->account.id,
        .purpose = acct_mail_kind_name(work->letter->kind),
        .address_key = work->key, .created_at = work->now,
        .expires_at = end_of_link(work)
    };
    apr_status_t status = acct_link_text_make(&secret, digest, work->now,
                                              work->pool);

    if (status == APR_SUCCESS) {
        status = end_others(work, &link);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_link_insert(work->db, &link, work->pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    values->text[ACCT_MAIL_VALUE_LINK_UID] =
        acct_uid_write(work->mails != NULL ? work->mails->uid
                                           : ACCT_UID_BASE64URL,
                       link.account_id, work->pool);
    values->text[ACCT_MAIL_VALUE_LINK_TOKEN] = secret;
    values->text[ACCT_MAIL_VALUE_LINK_KEY] = secret;
    values->text[ACCT_MAIL_VALUE_LINK_EXPIRES] =
        spell_time(link.expires_at, work->pool);
    values->text[ACCT_MAIL_VALUE_LINK] =
        apr_pstrcat(work->pool, work->site->link_base,
                    spell_link(work, values), NULL);
    return APR_SUCCESS;
}

/* ------------------------------------------------------------ the texts */

/* A name that a reader of mail would take for a link, in a mail to an address
 * that nobody has proved to be the account's: whoever signed up could send
 * strangers their advertisement. Such an account is called by the address. */
static const char *shown_name(const work_t *work)
{
    const acct_account_t *account = &work->account;

    if (account->username == NULL
        || (account->email_verified_at == 0
            && strchr(account->username, '.') != NULL)) {
        return work->to;
    }
    return account->username;
}

static const char *write_message(work_t *work,
                                 const acct_mail_values_t *values)
{
    const acct_dialect_mail_t *said = said_of(work);
    const acct_mail_choice_t choice = {
        .kind = work->letter->kind, .language = work->row->language,
        .name = said != NULL ? said->name : NULL,
        .subject = said != NULL ? said->subject : NULL
    };
    acct_mail_content_t content;
    const char *bytes;

    if (acct_mail_templates_fill(work->site->templates, &choice, values,
                                 &content, work->pool) != APR_SUCCESS) {
        work->letter->why = "there is no template of its kind";
        return NULL;
    }

    const acct_mail_message_t message = {
        .from = &work->site->from, .to = work->to, .host = work->site->name,
        .language = content.language, .subject = content.subject,
        .text = content.text, .date = work->now,
        .html = said != NULL && said->is_plain ? NULL : content.html
    };

    return acct_mail_message(&message, &bytes, &work->letter->why, work->pool)
           == APR_SUCCESS ? bytes : NULL;
}

static apr_status_t write_letter(work_t *work)
{
    acct_letter_t *letter = work->letter;
    acct_mail_values_t values = { { NULL } };
    apr_status_t status = APR_SUCCESS;

    values.text[ACCT_MAIL_VALUE_LINK_BASE] = work->site->link_base;
    values.text[ACCT_MAIL_VALUE_SITE_NAME] = work->site->site_name;
    values.text[ACCT_MAIL_VALUE_USERNAME] = shown_name(work);
    values.text[ACCT_MAIL_VALUE_EMAIL] = work->to;
    letter->what = ACCT_LETTER_BAD;
    if (acct_mail_address(work->to, &letter->address, work->pool)
        != APR_SUCCESS) {
        letter->why = "its address is none that can be sent to";
        return APR_SUCCESS;
    }
    if (acct_mail_kind_links(letter->kind)) {
        status = make_link(work, &values);
    }
    if (status == APR_SUCCESS) {
        letter->message = write_message(work, &values);
        letter->what = letter->message != NULL ? ACCT_LETTER_READY
                                               : ACCT_LETTER_BAD;
    }
    return status;
}

static const acct_dialect_mails_t *mails_of(const acct_mail_site_t *site,
                                            const char *name)
{
    const acct_dialect_t *dialect = site->dialects == NULL ? NULL
        : apr_hash_get(site->dialects, name, APR_HASH_KEY_STRING);

    return dialect != NULL ? dialect->mails : NULL;
}

apr_status_t acct_letter_make(acct_db_t *db, const acct_mail_t *row,
                              const acct_mail_site_t *site, apr_time_t now,
                              acct_letter_t *letter, apr_pool_t *pool)
{
    work_t work = {
        .db = db, .row = row, .site = site, .letter = letter, .now = now,
        .mails = mails_of(site, row->dialect), .pool = pool
    };
    int kind = acct_mail_kind_find(row->kind);
    apr_status_t status;

    memset(letter, 0, sizeof(*letter));
    letter->what = ACCT_LETTER_UNWANTED;
    if (kind < 0) {
        letter->what = ACCT_LETTER_BAD;
        letter->why = "this version knows no mail of its kind";
        return APR_SUCCESS;
    }
    letter->kind = (acct_mail_kind_e)kind;
    if (now >= row->expires_at) {
        return APR_SUCCESS;
    }
    status = find_account(&work);
    if (status != APR_SUCCESS || !is_wanted(&work)) {
        return status == APR_NOTFOUND ? APR_SUCCESS : status;
    }
    status = make_count_key(&work);
    if (status == APR_SUCCESS) {
        status = look_at_bounds(&work);
    }
    if (status == APR_SUCCESS && letter->what == ACCT_LETTER_READY) {
        status = write_letter(&work);
    }
    return status;
}

/* A new password or name can be given to an account without an address. Nobody
 * knows where such a link was read, so it proves none, but where that is what
 * it is for: then the operator vouches for it. */
static int is_linked(work_t *work)
{
    const acct_account_t *account = &work->account;
    acct_mail_kind_e kind = work->letter->kind;
    int is_of_use = is_wanted(work)
        || (account->email_key == NULL
            && acct_account_state(account) == ACCT_STATE_ACTIVE
            && (kind == ACCT_MAIL_PASSWORD_RESET
                || kind == ACCT_MAIL_USERNAME_RESET));

    if (kind != ACCT_MAIL_VERIFY_EMAIL) {
        work->key = apr_pstrcat(work->pool, ACCT_LINK_HANDED,
                                account->email_key, NULL);
    }
    return is_of_use;
}

apr_status_t acct_letter_link(acct_db_t *db, const acct_mail_t *row,
                              const acct_mail_site_t *site,
                              acct_mail_kind_e kind, acct_letter_t *letter,
                              const char **link, apr_pool_t *pool)
{
    work_t work = {
        .db = db, .row = row, .site = site, .letter = letter,
        .now = apr_time_now(), .mails = mails_of(site, row->dialect),
        .pool = pool
    };
    acct_mail_values_t values = { { NULL } };
    apr_status_t status;

    memset(letter, 0, sizeof(*letter));
    letter->kind = kind;
    letter->what = ACCT_LETTER_UNWANTED;
    status = find_account(&work);
    if (status != APR_SUCCESS || !is_linked(&work)) {
        return status;
    }
    status = make_link(&work, &values);
    letter->what = ACCT_LETTER_READY;
    *link = values.text[ACCT_MAIL_VALUE_LINK];
    return status;
}
