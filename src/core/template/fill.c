/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include <utf8proc.h>
#include "template/template.h"

/* ------------------------------------------------------------- writing */

/* Counts when there is nowhere to write to, so that one pass measures and
 * a second one fills exactly what was measured. */
typedef struct writer_t {
    char *out;
    apr_size_t length;
    const acct_values_t *values;
    const acct_item_t *item;    /* of the list that is filled in, or NULL */
    apr_pool_t *pool;
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

/* --------------------------------------------------------- filling in */

/* {"field":["message",…],…} */
static void put_told(writer_t *w)
{
    const acct_values_t *v = w->values;
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

/* ["text",…] */
static void put_texts(writer_t *w, const char *const *texts)
{
    const char *const *text;

    put(w, "[", 1);
    for (text = texts; text != NULL && *text != NULL; text++) {
        puts_(w, text > texts ? ",\"" : "\"");
        put_escaped(w, *text);
        put(w, "\"", 1);
    }
    put(w, "]", 1);
}

static void put_text(writer_t *w, const acct_piece_t *piece, int json)
{
    const char *text = "";
    int i;

    for (i = 0; i < piece->nvalues && *text == '\0'; i++) {
        text = acct_value_text(piece->values[i], w->values, w->item);
    }
    if (piece->format == ACCT_FORMAT_POINTER) {
        text = acct_format_pointer(acct_value_member(w->values, w->item),
                                   w->pool);
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

static void put_int(writer_t *w, const acct_piece_t *piece, apr_int64_t n)
{
    int quoted = piece->whole && piece->format != ACCT_FORMAT_PLAIN;

    puts_(w, quoted ? "\"" : "");
    puts_(w, acct_format_number(piece->format, n, w->pool));
    puts_(w, quoted ? "\"" : "");
}

/* A pattern is escaped as what it makes. */
static void put_time(writer_t *w, const acct_piece_t *piece, apr_time_t when,
                     int json)
{
    int quoted = piece->whole && !acct_format_is_number(piece->format);
    const char *text;

    if (when == 0) {
        puts_(w, piece->whole ? "null" : "");
        return;
    }
    text = acct_format_time(piece->format, piece->pattern, when,
                            w->values->now, w->pool);
    puts_(w, quoted ? "\"" : "");
    if (json) {
        put_escaped(w, text);
    }
    else {
        puts_(w, text);
    }
    puts_(w, quoted ? "\"" : "");
}

static void put_pieces(writer_t *w, const acct_template_t *template);

/* [item,…] */
static void put_list(writer_t *w, const acct_piece_t *piece)
{
    acct_item_t item = { piece->values[0], 0 };
    int count = acct_value_count(item.list, w->values);

    put(w, "[", 1);
    w->item = &item;
    for (; item.index < count; item.index++) {
        puts_(w, item.index > 0 ? "," : "");
        put_pieces(w, piece->each);
    }
    w->item = NULL;
    put(w, "]", 1);
}

static void put_value(writer_t *w, const acct_piece_t *piece, int json)
{
    acct_value_e value = piece->values[0];

    switch (acct_value_kind(value)) {
    case ACCT_KIND_TEXT:
        put_text(w, piece, json);
        break;
    case ACCT_KIND_INT:
        put_int(w, piece, acct_value_number(value, w->values, w->item));
        break;
    case ACCT_KIND_BOOL:
        puts_(w, acct_value_number(value, w->values, w->item) ? "true"
                                                              : "false");
        break;
    case ACCT_KIND_TIME:
        put_time(w, piece, acct_value_number(value, w->values, w->item),
                 json);
        break;
    case ACCT_KIND_OBJECT:
        put_told(w);
        break;
    case ACCT_KIND_TEXTS:
        put_texts(w, w->values->result->recovery_codes);
        break;
    case ACCT_KIND_LIST:
        put_list(w, piece);
        break;
    }
}

/* Recurses once, for a list: none stands inside of another. */
static void put_pieces(writer_t *w, const acct_template_t *template)
{
    const acct_piece_t *piece = template->pieces;
    const acct_piece_t *end = piece + template->npieces;

    for (; piece < end; piece++) {
        if (piece->bytes != NULL) {
            put(w, piece->bytes, piece->length);
        }
        else {
            put_value(w, piece, template->json);
        }
    }
}

const char *acct_template_fill(const acct_template_t *template,
                               const acct_values_t *values,
                               apr_size_t *length, apr_pool_t *pool)
{
    writer_t w = { .values = values, .pool = pool };

    put_pieces(&w, template);
    *length = w.length;
    w.out = apr_palloc(pool, w.length + 1);
    w.length = 0;
    put_pieces(&w, template);
    w.out[w.length] = '\0';
    return w.out;
}
