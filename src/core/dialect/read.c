/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include "base/plain_file.h"
#include "dialect/draft.h"

#define FILE_MAX_BYTES 1048576
#define EXTENDS_MAX 8           /* files that extend one another */

static apr_status_t free_json(void *root)
{
    json_decref(root);
    return APR_SUCCESS;
}

/* The file's bytes; reports what is in the way. */
static apr_status_t read_bytes(acct_load_t *load, const char *path,
                               const acct_path_t *at, char **bytes,
                               apr_size_t *length)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t status;
    char why[120];

    *bytes = NULL;
    *length = 0;
    status = acct_plain_file_open(&file, path, 0, load->tmp);
    if (status == APR_EINVAL) {
        acct_report(load, at, "\"%s\" is no file; name a dialect file", path);
        return status;
    }
    if (status != APR_SUCCESS) {
        acct_report(load, at, "cannot open the file%s%s: %s; check its name "
                    "and that the server's user may read it",
                    at->file == path ? "" : " ", at->file == path ? "" : path,
                    apr_strerror(status, why, sizeof(why)));
        return status;
    }
    status = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    if (status == APR_SUCCESS && info.size > FILE_MAX_BYTES) {
        acct_report(load, at, "the file is larger than %d bytes; a dialect "
                    "is a few thousand bytes, is this another file?",
                    FILE_MAX_BYTES);
        status = APR_EINVAL;
    }
    else if (status == APR_SUCCESS) {
        *length = (apr_size_t)info.size;
        *bytes = apr_palloc(load->tmp, *length + 1);
        status = apr_file_read_full(file, *bytes, *length, length);
        if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
            acct_report(load, at, "cannot read the file: %s; try again",
                        apr_strerror(status, why, sizeof(why)));
        }
        else {
            status = APR_SUCCESS;
        }
    }
    apr_file_close(file);
    return status;
}

/* What the parser waited for, and what stood there instead as far as it
 * matters ("" is anything), with what to do about it. The first that fits
 * counts. */
static const struct {
    const char *awaited;
    const char *instead;
    const char *remedy;
} grammar[] = {
    { "':' expected near '", "",
      "write a colon between a member's name and its value" },
    { "string or '}' expected near '", "}",
      "remove the comma in front of the closing brace" },
    { "string or '}' expected near '", "",
      "write a member's name in double quotation marks" },
    { "unexpected token near '", "]",
      "remove the comma in front of the closing bracket" },
    { "'}' expected near '", "]",
      "this closes a list, but the last that was opened is an object; write "
      "its brace first" },
    { "']' expected near '", "}",
      "this closes an object, but the last that was opened is a list; write "
      "its bracket first" },
    { "'}' expected near '", "",
      "a comma is missing in front of this, or a quotation mark inside a "
      "text is not written as \\\"" },
    { "']' expected near '", "",
      "a comma is missing in front of this, or a quotation mark inside a "
      "text is not written as \\\"" },
    { "end of file expected near '", "",
      "the file's object is closed before this; remove a bracket too many, "
      "or what stands behind the end" }
};

static const char *grammar_remedy(const char *text)
{
    apr_size_t i;

    for (i = 0; i < sizeof(grammar) / sizeof(*grammar); i++) {
        apr_size_t length = strlen(grammar[i].awaited);

        if (strncmp(text, grammar[i].awaited, length) == 0
            && strncmp(text + length, grammar[i].instead,
                       strlen(grammar[i].instead)) == 0) {
            return grammar[i].remedy;
        }
    }
    return "write JSON: double quotation marks, no comments, no comma "
           "before a closing bracket";
}

/* What to do about a mistake in the JSON itself. */
static const char *syntax_remedy(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return "each member may stand once; remove or rename one of the two";
    case json_error_invalid_utf8:
        return "save the file as UTF-8";
    case json_error_premature_end_of_input:
        return "a bracket, brace or quotation mark is not closed";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "remove the NUL character";
    case json_error_numeric_overflow:
        return "write a smaller number";
    default:
        return grammar_remedy(error->text);
    }
}

json_t *acct_parse_source(acct_load_t *load, const acct_path_t *at,
                          const char *bytes, apr_size_t length)
{
    json_error_t error;
    acct_path_t where = *at;
    json_t *root;

    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        where.path = "1:1";
        acct_report(load, &where, "begins with a byte order mark; save the "
                    "file as UTF-8 without one");
        return NULL;
    }
    if (length == 0) {
        where.path = "1:1";
        acct_report(load, &where, "the file is empty; write at least "
                    "{ \"extends\": \"base\", \"routes\": [ ... ] }");
        return NULL;
    }
    root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        where.path = apr_psprintf(load->tmp, "%d:%d", error.line,
                                  error.column > 0 ? error.column : 1);
        acct_report(load, &where, "%s; %s",
                    acct_shown(error.text, load->tmp),
                    syntax_remedy(&error));
        return NULL;
    }
    apr_pool_cleanup_register(load->tmp, root, free_json,
                              apr_pool_cleanup_null);
    where.path = "1:1";
    return acct_check_type(load, &where, root, JSON_OBJECT) ? root : NULL;
}

const char *acct_base_name(apr_pool_t *pool, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    apr_size_t length = strlen(name);

    if (length > 5 && strcmp(name + length - 5, ".json") == 0) {
        length -= 5;
    }
    return apr_pstrmemdup(pool, name, length);
}

/* Read one file. @a at is where it is named: itself, or "extends". */
static apr_status_t read_source(acct_load_t *load, const char *path,
                                const acct_path_t *at)
{
    acct_path_t itself = { path, "" };
    acct_source_t source;
    apr_status_t status;
    apr_size_t length;
    char *bytes;

    memset(&source, 0, sizeof(source));
    status = read_bytes(load, path, at, &bytes, &length);
    if (status != APR_SUCCESS) {
        return status;
    }
    source.name = acct_base_name(load->pool, path);
    source.file = path;
    source.root = acct_parse_source(load, &itself, bytes, length);
    if (source.root == NULL) {
        return APR_EINVAL;
    }
    APR_ARRAY_PUSH(load->sources, acct_source_t) = source;
    return APR_SUCCESS;
}

/* The path of what a file extends; NULL when there is none.
 * @return a failure when it cannot be used; reported */
static apr_status_t extended(acct_load_t *load, const acct_source_t *source,
                             const char **path)
{
    acct_path_t top = { source->file, "" };
    acct_path_t at = acct_place_member(load, &top, "extends");
    const char *name = acct_text_member(load, &top, source->root, "extends");
    const char *slash = strrchr(source->file, '/');
    int i;

    *path = NULL;
    if (name == NULL) {
        return json_object_get(source->root, "extends") == NULL
            ? APR_SUCCESS : APR_EINVAL;
    }
    if (*name == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")]) {
        acct_report(load, &at, "\"%s\" is no name of a dialect; write the "
                    "name of a file beside this one, without folder and "
                    "without \".json\": \"base\"",
                    acct_shown(name, load->tmp));
        return APR_EINVAL;
    }
    for (i = 0; i < load->sources->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(load->sources, i, acct_source_t).name,
                   name) == 0) {
            acct_report(load, &at, "\"%s\" extends itself, by way of this "
                        "file; extend one that does not, or remove this "
                        "member", name);
            return APR_EINVAL;
        }
    }
    if (load->sources->nelts >= EXTENDS_MAX) {
        acct_report(load, &at, "more than %d files extend one another; put "
                    "some of them together", EXTENDS_MAX);
        return APR_EINVAL;
    }
    *path = apr_pstrcat(load->pool,
                        slash != NULL ? apr_pstrmemdup(load->tmp,
                            source->file, (apr_size_t)(slash - source->file)
                                          + 1) : "",
                        name, ".json", NULL);
    return APR_SUCCESS;
}

apr_status_t acct_read_sources(acct_load_t *load, const char *path)
{
    acct_path_t itself = { path, "" };
    acct_path_t at;
    acct_source_t *last;
    apr_status_t status = read_source(load, path, &itself);

    if (status != APR_SUCCESS) {
        return status;
    }
    for (;;) {
        last = &APR_ARRAY_IDX(load->sources, load->sources->nelts - 1,
                              acct_source_t);
        itself.file = last->file;
        status = extended(load, last, &path);
        if (status != APR_SUCCESS || path == NULL) {
            return status;
        }
        at = acct_place_member(load, &itself, "extends");
        if (read_source(load, path, &at) != APR_SUCCESS) {
            return APR_EINVAL;
        }
    }
}
