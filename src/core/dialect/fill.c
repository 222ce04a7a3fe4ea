/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <utf8proc.h>
#include "dialect/template.h"

/* ------------------------------------------------------------- writing */

/* Counts when there is nowhere to write to, so that one pass measures and
 * a second one fills exactly what was measured. */
typedef struct writer_t {
    char *out;
    apr_size_t length;
} writer_t;

static void put(writer_t *w, const char *bytes, apr_size_t length)
{
    if (w->out != NULL) {
        memcpy(w->out + w->length, bytes, length);
    }
    w->length += length;
}

static void puts_(writer_t *w, const char *text)
{
    put(w, text, strlen(text));
}

/* The length of the UTF-8 sequence at @a s, which ends with NUL, or 0 when
 * there is none. */
static apr_size_t utf8_length(const unsigned char *s)
{
    utf8proc_int32_t code;
    utf8proc_ssize_t length = utf8proc_iterate(s, -1, &code);

    return length > 0 ? (apr_size_t)length : 0;
}

/* The short forms where there are any; else lower-case digits. */
apr_size_t acct_json_escape(char c, char escaped[ACCT_JSON_ESCAPE_MAX])
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *special = c != '\0' ? strchr(from, c) : NULL;
    unsigned int byte = (unsigned char)c;

    if (special != NULL) {
        escaped[0] = '\\';
        escaped[1] = to[special - from];
        return 2;
    }
    if (byte < 0x20) {
        escaped[0] = '\\';
        escaped[1] = 'u';
        escaped[2] = '0';
        escaped[3] = '0';
        escaped[4] = hex[byte >> 4];
        escaped[5] = hex[byte & 15];
        return 6;
    }
    escaped[0] = c;
    return 1;
}

/* Text as it stands inside of a JSON string (RFC 8259, 7). */
static void put_escaped(writer_t *w, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    char escaped[ACCT_JSON_ESCAPE_MAX];
    apr_size_t length;

    while (*s != '\0') {
        length = utf8_length(s);
        if (length == 1) {
            put(w, escaped, acct_json_escape((char)*s, escaped));
        }
        else if (length == 0) {
            puts_(w, "\xef\xbf\xbd");
            length = 1;
        }
        else {
            put(w, (const char *)s, length);
        }
        s += length;
    }
}

static void put_time(writer_t *w, apr_time_t when, const char *format)
{
    apr_time_exp_t t;
    char number[16];
    const char *s;

    if (apr_time_exp_gmt(&t, when) != APR_SUCCESS) {
        return;
    }
    for (s = format; *s != '\0'; s++) {
        if (*s != '%') {
            put(w, s, 1);
            continue;
        }
        number[0] = '\0';
        switch (*++s) {
        case 'Y':
            apr_snprintf(number, sizeof(number), "%04d", t.tm_year + 1900);
            break;
        case 'm':
            apr_snprintf(number, sizeof(number), "%02d", t.tm_mon + 1);
            break;
        case 'd':
            apr_snprintf(number, sizeof(number), "%02d", t.tm_mday);
            break;
        case 'H':
            apr_snprintf(number, sizeof(number), "%02d", t.tm_hour);
            break;
        case 'M':
            apr_snprintf(number, sizeof(number), "%02d", t.tm_min);
            break;
        case 'S':
            apr_snprintf(number, sizeof(number), "%02d", t.tm_sec);
            break;
        case 'f':
            apr_snprintf(number, sizeof(number), "%06d", t.tm_usec);
            break;
        default:
            put(w, s, 1);
            break;
        }
        puts_(w, number);
    }
}

/* --------------------------------------------------------- filling in */

static const char *text_of(acct_value_e value, const acct_values_t *v)
{
    const acct_account_t *account = v->result->account;
    const char *text = NULL;

    switch (value) {
    case ACCT_VALUE_ACCOUNT_USERNAME:
        text = account != NULL ? account->username : NULL;
        break;
    case ACCT_VALUE_ACCOUNT_EMAIL:
        text = account != NULL ? account->email : NULL;
        break;
    case ACCT_VALUE_ACCOUNT_FIRST_NAME:
        text = account != NULL ? account->first_name : NULL;
        break;
    case ACCT_VALUE_ACCOUNT_LAST_NAME:
        text = account != NULL ? account->last_name : NULL;
        break;
    case ACCT_VALUE_TOKEN:
        text = v->result->token;
        break;
    case ACCT_VALUE_TOKEN_ID:
        text = v->result->token_id;
        break;
    case ACCT_VALUE_MESSAGE:
        text = v->message;
        break;
    case ACCT_VALUE_METHOD:
        text = v->result->method;
        break;
    case ACCT_VALUE_MEDIA_TYPE:
        text = v->result->media_type;
        break;
    case ACCT_VALUE_ENCODING:
        text = v->result->encoding;
        break;
    case ACCT_VALUE_FORMAT:
        text = v->result->format;
        break;
    case ACCT_VALUE_REASON:
        text = v->result->reason;
        break;
    case ACCT_VALUE_TYPE:
        text = v->result->type;
        break;
    default:
        break;
    }
    return text != NULL ? text : "";
}

static apr_int64_t number_of(acct_value_e value, const acct_values_t *v)
{
    const acct_account_t *account = v->result->account;

    switch (value) {
    case ACCT_VALUE_ACCOUNT_ID:
        return account != NULL ? account->id : 0;
    case ACCT_VALUE_ACCOUNT_IS_ACTIVE:
        return account != NULL && account->is_active;
    case ACCT_VALUE_ACCOUNT_IS_STAFF:
        return account != NULL && account->is_staff;
    case ACCT_VALUE_ACCOUNT_CREATED_AT:
        return account != NULL ? account->created_at : 0;
    case ACCT_VALUE_ACCOUNT_LAST_LOGIN:
        return account != NULL ? account->last_login : 0;
    case ACCT_VALUE_TOKEN_EXPIRES:
        return v->result->token_expires;
    case ACCT_VALUE_STATUS:
        return v->status;
    case ACCT_VALUE_LIMIT:
        return v->limit;
    case ACCT_VALUE_RETRY_AFTER:
        return v->result->retry_after;
    default:
        return 0;
    }
}

/* {"field":["message",…],…} */
static void put_told(writer_t *w, const acct_values_t *v)
{
    int i;

    put(w, "{", 1);
    for (i = 0; i < v->ntold; i++) {
        if (i > 0 && strcmp(v->told[i].field, v->told[i - 1].field) == 0) {
            put(w, ",", 1);
        }
        else {
            puts_(w, i > 0 ? "],\"" : "\"");
            put_escaped(w, v->told[i].field);
            puts_(w, "\":[");
        }
        put(w, "\"", 1);
        put_escaped(w, v->told[i].message);
        put(w, "\"", 1);
    }
    puts_(w, v->ntold > 0 ? "]}" : "}");
}

static void put_text(writer_t *w, const acct_piece_t *piece,
                     const acct_values_t *v, int json)
{
    const char *text = "";
    int i;

    for (i = 0; i < piece->nvalues && *text == '\0'; i++) {
        text = text_of(piece->values[i], v);
    }
    if (!json) {
        puts_(w, text);
        return;
    }
    if (piece->whole) {
        put(w, "\"", 1);
    }
    put_escaped(w, text);
    if (piece->whole) {
        put(w, "\"", 1);
    }
}

static void put_value(writer_t *w, const acct_piece_t *piece,
                      const acct_values_t *v, int json)
{
    acct_value_e value = piece->values[0];
    char number[24];
    apr_int64_t n;

    switch (acct_value_kind(value)) {
    case ACCT_KIND_TEXT:
        put_text(w, piece, v, json);
        break;
    case ACCT_KIND_INT:
        apr_snprintf(number, sizeof(number), "%" APR_INT64_T_FMT,
                     number_of(value, v));
        puts_(w, number);
        break;
    case ACCT_KIND_BOOL:
        puts_(w, number_of(value, v) ? "true" : "false");
        break;
    case ACCT_KIND_TIME:
        n = number_of(value, v);
        if (n == 0) {
            puts_(w, piece->whole ? "null" : "");
            break;
        }
        puts_(w, piece->whole ? "\"" : "");
        put_time(w, n, piece->format);
        puts_(w, piece->whole ? "\"" : "");
        break;
    case ACCT_KIND_OBJECT:
        put_told(w, v);
        break;
    }
}

static void fill(writer_t *w, const acct_template_t *template,
                 const acct_values_t *values)
{
    const acct_piece_t *piece = template->pieces;
    const acct_piece_t *end = piece + template->npieces;

    for (; piece < end; piece++) {
        if (piece->bytes != NULL) {
            put(w, piece->bytes, piece->length);
        }
        else {
            put_value(w, piece, values, template->json);
        }
    }
}

const char *acct_template_fill(const acct_template_t *template,
                               const acct_values_t *values,
                               apr_size_t *length, apr_pool_t *pool)
{
    writer_t w = { NULL, 0 };

    fill(&w, template, values);
    *length = w.length;
    w.out = apr_palloc(pool, w.length + 1);
    w.length = 0;
    fill(&w, template, values);
    w.out[w.length] = '\0';
    return w.out;
}
