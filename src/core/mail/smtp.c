/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/secret_text.h"
#include "mail/mime_message.h"

#define FILE_MAX 1024           /* bytes of user and password */
#define PORT_MOST 65535

/* ---- the address of a mail server ---- */

static apr_size_t scheme_of(const char *text)
{
    return strncasecmp(text, "smtp://", 7) == 0 ? 7
         : strncasecmp(text, "smtps://", 8) == 0 ? 8 : 0;
}

int acct_smtp_is_url(const char *text)
{
    return scheme_of(text) > 0;
}

/* The length of a host's name or address; 0: it is none. */
static apr_size_t host_length(const char *host)
{
    apr_size_t length;

    if (host[0] == '[') {
        length = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
        return length > 1 && host[length] == ']' ? length + 1 : 0;
    }
    length = strspn(host, "abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
    return apr_isalnum(host[0]) ? length : 0;
}

static int is_port(const char *text)
{
    apr_size_t length = strspn(text, "0123456789");

    return length >= 1 && length <= 5 && text[length] == '\0'
        && apr_atoi64(text) >= 1 && apr_atoi64(text) <= PORT_MOST;
}

static int is_this_machine(const char *host, apr_size_t length)
{
    return (length == 9 && strncasecmp(host, "localhost", 9) == 0)
        || (length == 5 && strncmp(host, "[::1]", 5) == 0)
        || (strncmp(host, "127.", 4) == 0
            && strspn(host, "0123456789.") >= length);
}

apr_status_t acct_smtp_parse(acct_smtp_t *smtp, const char *text,
                             const char **error, apr_pool_t *pool)
{
    const char *host = text + scheme_of(text);
    apr_size_t length = host_length(host);
    const char *after = host + length;

    memset(smtp, 0, sizeof(*smtp));
    if (host == text || length == 0
        || (*after != '\0' && (*after != ':' || !is_port(after + 1)))) {
        *error = "that is no address of a mail server; write "
                 "smtp://mail.example.com:587 or smtps://mail.example.com "
                 "(user and password stand in the file of "
                 "AcctAuthMailPassword)";
        return APR_EINVAL;
    }
    smtp->url = apr_pstrdup(pool, text);
    smtp->is_local = is_this_machine(host, length);
    smtp->is_plain = smtp->is_local && host - text == 7;
    return APR_SUCCESS;
}

/* ---- user and password ---- */

/* A line of a text, cut off it; NULL: there is none. */
static char *cut_line(char **text)
{
    char *line = *text;
    apr_size_t length = strcspn(line, "\n");

    if (*line == '\0') {
        return NULL;
    }
    *text = line + length + (line[length] == '\n');
    line[length] = '\0';
    if (length > 0 && line[length - 1] == '\r') {
        line[length - 1] = '\0';
    }
    return line;
}

apr_status_t acct_smtp_read_password(acct_smtp_t *smtp, const char *path,
                                     apr_pool_t *pool)
{
    char *text, *user, *password;
    apr_status_t status = acct_secret_text_read(path, FILE_MAX, &text,
                                                &smtp->away, pool);

    smtp->user = smtp->password = NULL;
    if (status != APR_SUCCESS) {
        return status;
    }
    user = cut_line(&text);
    password = user != NULL ? cut_line(&text) : NULL;
    if (password == NULL || *user == '\0' || *password == '\0'
        || cut_line(&text) != NULL || !acct_mail_is_header_text(user)
        || !acct_mail_is_header_text(password)) {
        smtp->away = apr_pstrcat(pool, path, ": is not two lines, of which "
                                 "the first is the user of the mail server "
                                 "and the second the password", NULL);
        return APR_EINVAL;
    }
    smtp->user = user;
    smtp->password = password;
    smtp->away = NULL;
    return APR_SUCCESS;
}

/* ---- settings ---- */

const char *acct_smtp_settings(const acct_smtp_t *smtp, apr_pool_t *pool)
{
    const char *text = apr_pstrcat(pool, "url ", smtp->url, "\n",
                                   smtp->is_plain ? "" : "tls\n", NULL);

    if (smtp->ca != NULL) {
        text = apr_pstrcat(pool, text, "ca ", smtp->ca, "\n", NULL);
    }
    return smtp->user == NULL ? text
        : apr_pstrcat(pool, text, "user ", smtp->user, "\npassword ",
                      smtp->password, "\n", NULL);
}

static int take(const char **value, const char *line, const char *name)
{
    apr_size_t length = strlen(name);

    if (strncmp(line, name, length) != 0 || line[length] != ' ') {
        return 0;
    }
    *value = line + length + 1;
    return 1;
}

apr_status_t acct_smtp_settings_read(acct_smtp_t *smtp, char *text)
{
    char *line;

    memset(smtp, 0, sizeof(*smtp));
    smtp->is_plain = 1;
    while ((line = cut_line(&text)) != NULL) {
        if (strcmp(line, "tls") == 0) {
            smtp->is_plain = 0;
        }
        else if (!take(&smtp->url, line, "url")
                 && !take(&smtp->ca, line, "ca")
                 && !take(&smtp->user, line, "user")
                 && !take(&smtp->password, line, "password")) {
            return APR_EINVAL;
        }
    }
    return smtp->url != NULL && acct_smtp_is_url(smtp->url)
        && (smtp->user == NULL) == (smtp->password == NULL)
        ? APR_SUCCESS : APR_EINVAL;
}
