/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/mime_message.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <utf8proc.h>

#include "text/domain.h"
#include "text/identifier.h"
#include "token/token.h"

#define WORD_BYTES 39           /* of an encoded word: with what is round it
                                 * and "Subject: " no longer than a line may
                                 * be that has one (RFC 2047, 2: 76) */
#define PLAIN_MAX 67            /* with "Subject: " a line of 76 */
#define LINE_BYTES 57           /* 76 characters of base64 */
#define HOST_MAX 255

int acct_mail_is_header_text(const char *text)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t c;

    while (*at != '\0') {
        utf8proc_ssize_t size = utf8proc_iterate(at, -1, &c);

        if (size <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            return 0;
        }
        at += size;
    }
    return 1;
}

static int is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0';
}

/* ----------------------------------------------------------- addresses */

apr_status_t acct_mail_address(const char *text, const char **address,
                               apr_pool_t *pool)
{
    const char *at, *domain;
    apr_status_t status;

    if (!acct_mail_is_header_text(text) || !acct_email_valid(text, pool)) {
        return APR_EINVAL;
    }
    at = strrchr(text, '@');
    if (at[1] == '[' && strchr(at, ':') != NULL) {
        domain = apr_pstrcat(pool, "[IPv6:", at + 2, NULL);
    }
    else {
        status = acct_domain_key(at + 1, &domain, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    if (!is_ascii(domain)) {
        return APR_EINVAL;
    }
    *address = apr_pstrcat(pool, apr_pstrmemdup(pool, text,
                                                (apr_size_t)(at + 1 - text)),
                           domain, NULL);
    return APR_SUCCESS;
}

/* The name before the '<' at @a open, without blanks and quotation marks;
 * NULL: there is none. */
static const char *name_before(const char *text, const char *open,
                               apr_pool_t *pool)
{
    const char *name = acct_trim(apr_pstrmemdup(pool, text, (apr_size_t)
                                                (open - text)), pool);
    apr_size_t length = strlen(name);

    if (length >= 2 && name[0] == '"' && name[length - 1] == '"') {
        name = apr_pstrmemdup(pool, name + 1, length - 2);
    }
    return *name != '\0' ? name : NULL;
}

apr_status_t acct_mail_from_parse(acct_mail_from_t *from, const char *text,
                                  const char **error, apr_pool_t *pool)
{
    const char *open = strrchr(text, '<');
    const char *address = acct_trim(text, pool);
    apr_size_t length = strlen(address);

    from->name = NULL;
    if (open != NULL) {
        from->name = name_before(text, open, pool);
        if (length == 0 || address[length - 1] != '>') {
            *error = "what begins with \"<\" does not end with \">\"; write "
                     "\"Example <accounts@example.com>\"";
            return APR_EINVAL;
        }
        address = strrchr(address, '<') + 1;
        address = apr_pstrmemdup(pool, address, strlen(address) - 1);
    }
    if (from->name != NULL && !acct_mail_is_header_text(from->name)) {
        *error = "the name holds a control character, or is not UTF-8; "
                 "write it without";
        return APR_EINVAL;
    }
    if (acct_mail_address(address, &from->address, pool) != APR_SUCCESS) {
        *error = "it holds no address that can be sent from; write "
                 "accounts@example.com or \"Example "
                 "<accounts@example.com>\"";
        return APR_EINVAL;
    }
    return APR_SUCCESS;
}

/* ------------------------------------------------------------- headers */

typedef struct writer_t {
    apr_array_header_t *parts;      /* const char * */
    apr_pool_t *pool;
} writer_t;

static void put(writer_t *w, const char *text)
{
    APR_ARRAY_PUSH(w->parts, const char *) = text;
}

static const char *base64_of(const char *bytes, apr_size_t length,
                             apr_pool_t *pool)
{
    char *text = apr_palloc(pool, (apr_size_t)apr_base64_encode_len(
                                      (int)length));

    apr_base64_encode(text, bytes, (int)length);
    return text;
}

/* How many bytes of a text make the next encoded word: whole characters. */
static apr_size_t word_length(const char *text)
{
    apr_size_t length = strlen(text);

    if (length > WORD_BYTES) {
        length = WORD_BYTES;
        while (((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return length;
}

/* A text as encoded words (RFC 2047, 4.1), a line each. */
static void put_encoded(writer_t *w, const char *text)
{
    const char *fold = "";

    while (*text != '\0') {
        apr_size_t length = word_length(text);

        put(w, apr_pstrcat(w->pool, fold, "=?UTF-8?B?",
                           base64_of(text, length, w->pool), "?=", NULL));
        text += length;
        fold = "\n ";
    }
}

/* Whether a text can stand as it is, of so many bytes by then: in ASCII, on
 * one line, and like no encoded word. */
static int is_plain(const char *text, apr_size_t length)
{
    return is_ascii(text) && length <= PLAIN_MAX
        && strstr(text, "=?") == NULL;
}

static void put_subject(writer_t *w, const char *subject)
{
    put(w, "Subject: ");
    if (is_plain(subject, strlen(subject))) {
        put(w, subject);
    }
    else {
        put_encoded(w, subject);
    }
    put(w, "\n");
}

/* A quoted string (RFC 5322, 3.2.4). */
static const char *quoted(const char *text, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 2 * strlen(text) + 3);
    char *to = made;

    *to++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return made;
}

static void put_from(writer_t *w, const acct_mail_from_t *from)
{
    const char *name;

    put(w, "From: ");
    if (from->name == NULL) {
        put(w, from->address);
        put(w, "\n");
        return;
    }
    name = quoted(from->name, w->pool);
    if (is_plain(from->name, strlen(name))) {
        put(w, name);
    }
    else {
        put_encoded(w, from->name);
    }
    put(w, apr_pstrcat(w->pool, "\n <", from->address, ">\n", NULL));
}

/* RFC 5322, 3.3. The zone that apr_rfc822_date() writes is an obsolete
 * one. */
static void put_date(writer_t *w, apr_time_t when)
{
    apr_time_exp_t t;

    if (apr_time_exp_gmt(&t, when) == APR_SUCCESS) {
        put(w, apr_psprintf(w->pool, "Date: %s, %d %s %04d %02d:%02d:%02d "
                            "+0000\n", apr_day_snames[t.tm_wday], t.tm_mday,
                            apr_month_snames[t.tm_mon], t.tm_year + 1900,
                            t.tm_hour, t.tm_min, t.tm_sec));
    }
}

/* The part of a Message-ID behind the '@': labels of a host's name. */
static int is_host(const char *host)
{
    apr_size_t length = host != NULL ? strlen(host) : 0;

    return length > 0 && length <= HOST_MAX && host[0] != '.'
        && host[length - 1] != '.' && strstr(host, "..") == NULL
        && host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")]
           == '\0';
}

static int is_tag(const char *language)
{
    return language[0] != '\0'
        && language[strspn(language, "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0';
}

static void put_message_id(writer_t *w, const acct_mail_message_t *message,
                           const char *random)
{
    const char *host = is_host(message->host) ? message->host
        : strrchr(message->from->address, '@') + 1;

    put(w, apr_pstrcat(w->pool, "Message-ID: <", random, "@", host, ">\n",
                       NULL));
}

/* -------------------------------------------------------------- bodies */

static void put_body(writer_t *w, const char *type, const char *text)
{
    apr_size_t length = strlen(text);

    put(w, apr_pstrcat(w->pool, "Content-Type: ", type, "; charset=utf-8\n"
                       "Content-Transfer-Encoding: base64\n\n", NULL));
    while (length > 0) {
        apr_size_t line = length < LINE_BYTES ? length : LINE_BYTES;

        put(w, base64_of(text, line, w->pool));
        put(w, "\n");
        text += line;
        length -= line;
    }
}

/* The text first: of several that a reader knows it shows the last. In
 * base64 there is no '_', so no line of a body is a boundary. */
static void put_bodies(writer_t *w, const acct_mail_message_t *message,
                       const char *random)
{
    const char *boundary = apr_pstrcat(w->pool, "=_", random, NULL);

    put(w, apr_pstrcat(w->pool, "Content-Type: multipart/alternative;\n "
                       "boundary=\"", boundary, "\"\n\n--", boundary, "\n",
                       NULL));
    put_body(w, "text/plain", message->text);
    put(w, apr_pstrcat(w->pool, "\n--", boundary, "\n", NULL));
    put_body(w, "text/html", message->html);
    put(w, apr_pstrcat(w->pool, "\n--", boundary, "--\n", NULL));
}

/* ---------------------------------------------------------- the message */

/* Line ends in texts are ours to choose: CRLF, since they are text that
 * leaves the machine (RFC 2046, 4.1.1). */
static const char *lines_of(const char *text, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 2 * strlen(text) + 1);
    char *to = made;

    for (; *text != '\0'; text++) {
        if (*text == '\n' && (to == made || to[-1] != '\r')) {
            *to++ = '\r';
        }
        *to++ = *text;
    }
    *to = '\0';
    return made;
}

/* The first value that is wrong; NULL: none is. */
static const char *what_is_wrong(const acct_mail_message_t *message)
{
    if (message->subject[0] == '\0'
        || !acct_mail_is_header_text(message->subject)) {
        return "the subject is empty, holds a control character, or is not "
               "UTF-8";
    }
    if (message->from->name != NULL
        && !acct_mail_is_header_text(message->from->name)) {
        return "the sender's name holds a control character, or is not UTF-8";
    }
    if (message->language != NULL && !is_tag(message->language)) {
        return "the language is no language tag";
    }
    if (acct_utf8_length(message->text) < 0
        || (message->html != NULL && acct_utf8_length(message->html) < 0)) {
        return "a body is not UTF-8";
    }
    return NULL;
}

static apr_status_t check(acct_mail_message_t *message, const char **error,
                          apr_pool_t *pool)
{
    *error = what_is_wrong(message);
    if (*error != NULL) {
        return APR_EINVAL;
    }
    *error = "the address is none that can be sent to";
    return acct_mail_address(message->to, &message->to, pool);
}

apr_status_t acct_mail_message(const acct_mail_message_t *message,
                               const char **bytes, const char **error,
                               apr_pool_t *pool)
{
    writer_t w = { apr_array_make(pool, 64, sizeof(const char *)), pool };
    acct_mail_message_t m = *message;
    const char *random;
    apr_status_t status = check(&m, error, pool);

    if (status == APR_SUCCESS) {
        *error = "no random numbers can be had";
        status = acct_token_mint_id(&random, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    m.text = lines_of(message->text, pool);
    m.html = message->html != NULL ? lines_of(message->html, pool) : NULL;
    put_date(&w, m.date);
    put_from(&w, m.from);
    put(&w, apr_pstrcat(pool, "To: ", m.to, "\n", NULL));
    put_subject(&w, m.subject);
    put_message_id(&w, &m, random);
    put(&w, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n");
    if (m.language != NULL) {
        put(&w, apr_pstrcat(pool, "Content-Language: ", m.language, "\n",
                            NULL));
    }
    if (m.html == NULL) {
        put_body(&w, "text/plain", m.text);
    }
    else {
        put_bodies(&w, &m, random);
    }
    *bytes = apr_array_pstrcat(pool, w.parts, 0);
    return APR_SUCCESS;
}
