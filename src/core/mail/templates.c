/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/templates.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "base/plain_file.h"
#include "mail/language.h"
#include "mail/mime_message.h"
#include "mail/template_files.h"
#include "text/identifier.h"

#define FILE_MAX_BYTES 262144
#define SUBJECT "Subject:"

acct_mail_templates_t *acct_mail_templates_make(const char *language,
                                                apr_pool_t *pool)
{
    acct_mail_templates_t *made = apr_palloc(pool, sizeof(*made));

    made->language = apr_pstrdup(pool, language);
    made->all = apr_hash_make(pool);
    made->languages = apr_hash_make(pool);
    made->wanted = apr_hash_make(pool);
    made->pool = pool;
    for (int i = 0; i < ACCT_MAIL__COUNT; i++) {
        acct_mail_templates_want(made, acct_mail_kind_name(
                                           (acct_mail_kind_e)i),
                                 (acct_mail_kind_e)i);
    }
    return made;
}

/* ------------------------------------------------------------- reading */

/* The bytes of a file as text, with line ends of LF; NULL after
 * reporting. */
static char *read_file(const acct_mail_templates_t *templates,
                       const char *path, apr_array_header_t *errors)
{
    apr_pool_t *pool = templates->pool;
    apr_file_t *file;
    apr_finfo_t info;
    apr_size_t length = 0;
    char *bytes = NULL, *to;
    char why[120];
    apr_status_t status = acct_plain_file_open(&file, path, 0, pool);

    if (status == APR_SUCCESS) {
        status = apr_file_info_get(&info, APR_FINFO_SIZE, file);
        if (status == APR_SUCCESS && info.size > FILE_MAX_BYTES) {
            status = APR_ENOSPC;
        }
        if (status == APR_SUCCESS) {
            length = (apr_size_t)info.size;
            bytes = apr_palloc(pool, length + 1);
            status = apr_file_read_full(file, bytes, length, &length);
        }
        apr_file_close(file);
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        mistake(templates, errors, path, APR_STATUS_IS_ENOSPC(status)
                ? "is larger than 256 kB, which no mail's text is"
                : apr_pstrcat(pool, "cannot be read: ",
                              apr_strerror(status, why, sizeof(why)), NULL));
        return NULL;
    }
    bytes[length] = '\0';
    if (strlen(bytes) != length || acct_utf8_length(bytes) < 0) {
        mistake(templates, errors, path, "is not UTF-8; save it so");
        return NULL;
    }
    for (char *from = to = bytes; *from != '\0'; from++) {
        if (*from != '\r' || from[1] != '\n') {
            *to++ = *from;
        }
    }
    *to = '\0';
    return bytes;
}

static const acct_mail_text_t *parse(const acct_mail_templates_t *templates,
                                     const char *path, const char *text,
                                     uint32_t allowed,
                                     apr_array_header_t *errors)
{
    const acct_mail_text_t *parsed;
    const char *error;

    if (acct_mail_text_parse(&parsed, text, allowed, &error, templates->pool)
        != APR_SUCCESS) {
        mistake(templates, errors, path, error);
        return NULL;
    }
    return parsed;
}

/* "Subject: ...", and behind it, perhaps after an empty line, the text. */
static void read_text(const acct_mail_templates_t *templates,
                      acct_template_t *template, apr_array_header_t *errors)
{
    char *bytes = read_file(templates, template->path, errors);
    char *end;

    template->is_wrong = 1;
    if (bytes == NULL) {
        return;
    }
    end = strchr(bytes, '\n');
    if (end == NULL || strncmp(bytes, SUBJECT, strlen(SUBJECT)) != 0) {
        mistake(templates, errors, template->path, "the first line is no "
                "subject; write \"" SUBJECT " ...\", then the text");
        return;
    }
    *end++ = '\0';
    bytes += strlen(SUBJECT);
    bytes += strspn(bytes, " ");
    if (*bytes == '\0' || !acct_mail_is_header_text(bytes)) {
        mistake(templates, errors, template->path, "the subject is empty or "
                "holds a control character; write some words");
        return;
    }
    template->subject = parse(templates, template->path, bytes,
                              ACCT_MAIL_VALUES_SITE, errors);
    template->text = parse(templates, template->path,
                           end + (*end == '\n'), ACCT_MAIL_VALUES_ALL,
                           errors);
    template->is_wrong = template->subject == NULL || template->text == NULL;
}

static void read_html(const acct_mail_templates_t *templates,
                      acct_template_t *template, apr_array_header_t *errors)
{
    char *bytes = read_file(templates, template->html_path, errors);

    if (bytes == NULL) {
        template->is_wrong = 1;
    }
    else if (strncmp(bytes, SUBJECT, strlen(SUBJECT)) == 0) {
        mistake(templates, errors, template->html_path, "begins with a "
                "subject, which the .txt file has; remove the line");
        template->is_wrong = 1;
    }
    else {
        template->html = parse(templates, template->html_path, bytes,
                               ACCT_MAIL_VALUES_ALL, errors);
        template->is_wrong |= template->html == NULL;
    }
}

/* The template that a file is of, one of this folder's. NULL: the name is
 * none of a template; reported. */
static acct_template_t *template_of(const acct_mail_templates_t *templates,
                                    const char *path, const char *file,
                                    apr_hash_t *here,
                                    apr_array_header_t *errors)
{
    apr_pool_t *pool = templates->pool;
    const char *end = strrchr(file, '.');
    const char *key = apr_pstrmemdup(pool, file, (apr_size_t)(end - file));
    const char *dot = strchr(key, '.');
    acct_template_t *template = apr_hash_get(here, key, APR_HASH_KEY_STRING);

    if (template != NULL) {
        return template;
    }
    if (dot == NULL || dot == key || !acct_language_is_tag(dot + 1)) {
        mistake(templates, errors, path, "is named like no template; name it "
                "KIND.LANGUAGE.txt or .html, e.g. password-reset.en.txt, the "
                "language in lower case");
        return NULL;
    }
    template = apr_pcalloc(pool, sizeof(*template));
    template->name = apr_pstrmemdup(pool, key, (apr_size_t)(dot - key));
    template->language = dot + 1;
    apr_hash_set(here, key, APR_HASH_KEY_STRING, template);
    return template;
}

static void read_one(const acct_mail_templates_t *templates,
                     const char *folder, const char *file, apr_hash_t *here,
                     apr_array_header_t *errors)
{
    const char *path = apr_pstrcat(templates->pool, folder, "/", file, NULL);
    const char *end = strrchr(file, '.');
    int is_html = end != NULL && strcmp(end, ".html") == 0;
    acct_template_t *template;

    if (file[0] == '.' || end == NULL
        || (!is_html && strcmp(end, ".txt") != 0)) {
        return;
    }
    template = template_of(templates, path, file, here, errors);
    if (template == NULL) {
        return;
    }
    if (is_html) {
        template->html_path = path;
    }
    else {
        template->path = path;
    }
}

/* What was found in a folder goes before what is there already. */
static void take(acct_mail_templates_t *templates, apr_hash_t *here,
                 apr_array_header_t *errors)
{
    for (apr_hash_index_t *i = apr_hash_first(templates->pool, here);
         i != NULL; i = apr_hash_next(i)) {
        const void *key;
        void *value;
        acct_template_t *template;

        apr_hash_this(i, &key, NULL, &value);
        template = value;
        if (template->path == NULL) {
            mistake(templates, errors, template->html_path, "there is no "
                    ".txt file beside it, which has the subject, and the text "
                    "for readers without HTML; write it");
            continue;
        }
        read_text(templates, template, errors);
        if (template->html_path != NULL) {
            read_html(templates, template, errors);
        }
        apr_hash_set(templates->all, key, APR_HASH_KEY_STRING, template);
        apr_hash_set(templates->languages, template->language,
                     APR_HASH_KEY_STRING, template->language);
    }
}

apr_status_t acct_mail_templates_read(acct_mail_templates_t *templates,
                                      const char *folder,
                                      apr_array_header_t *errors)
{
    apr_hash_t *here = apr_hash_make(templates->pool);
    apr_dir_t *dir;
    apr_finfo_t info;
    apr_status_t status = apr_dir_open(&dir, folder, templates->pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    while ((status = apr_dir_read(&info, APR_FINFO_NAME, dir)) == APR_SUCCESS
           || status == APR_INCOMPLETE) {
        read_one(templates, folder, apr_pstrdup(templates->pool, info.name),
                 here, errors);
    }
    apr_dir_close(dir);
    take(templates, here, errors);
    return APR_STATUS_IS_ENOENT(status) ? APR_SUCCESS : status;
}

/* ----------------------------------------------------------- filling in */

const acct_template_t *acct_template_find(
    const acct_mail_templates_t *templates, const char *name,
    const char *language, apr_pool_t *pool)
{
    return apr_hash_get(templates->all,
                        apr_pstrcat(pool, name, ".", language, NULL),
                        APR_HASH_KEY_STRING);
}

const char *acct_mail_templates_language(
    const acct_mail_templates_t *templates, const char *accept)
{
    return acct_language_choose(accept, templates->languages,
                                templates->language);
}

static const acct_template_t *best_of(const acct_mail_templates_t *templates,
                                      const char *name, const char *language,
                                      apr_pool_t *pool)
{
    char *tag = apr_pstrdup(pool, language != NULL ? language
                                                   : templates->language);
    const acct_template_t *template;
    char *hyphen;

    while ((template = acct_template_find(templates, name, tag, pool)) == NULL
           && (hyphen = strrchr(tag, '-')) != NULL) {
        *hyphen = '\0';
    }
    return template != NULL ? template
        : acct_template_find(templates, name, templates->language, pool);
}

apr_status_t acct_mail_templates_fill(const acct_mail_templates_t *templates,
                                      const acct_mail_choice_t *choice,
                                      const acct_mail_values_t *values,
                                      acct_mail_content_t *content,
                                      apr_pool_t *pool)
{
    const char *name = choice->name != NULL
        ? choice->name : acct_mail_kind_name(choice->kind);
    const acct_template_t *template = best_of(templates, name,
                                              choice->language, pool);

    if (template == NULL || template->is_wrong) {
        return APR_NOTFOUND;
    }
    content->language = template->language;
    content->subject = acct_mail_text_fill(choice->subject != NULL
                                           ? choice->subject
                                           : template->subject, values,
                                           ACCT_MAIL_PLAIN, pool);
    content->text = acct_mail_text_fill(template->text, values,
                                        ACCT_MAIL_PLAIN, pool);
    content->html = template->html == NULL ? NULL
        : acct_mail_text_fill(template->html, values, ACCT_MAIL_HTML, pool);
    return APR_SUCCESS;
}
