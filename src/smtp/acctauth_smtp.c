/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth-smtp -i -f FROM -- ADDRESS: a message on standard input goes to a
 * mail server by SMTP. Called like sendmail by the server's thread or by the
 * command (mail/sendmail.h), with its settings on descriptor 3
 * (mail/smtp.h), and ends as sendmail does (sysexits.h). A program of its own,
 * so that libcurl, its threads and its signals are in no process of httpd's.
 *
 * It never speaks to anybody but its caller: one line on standard error says
 * why a message was not taken. It uses src/core.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <curl/curl.h>

#include "mail/mime_message.h"
#include "mail/program.h"
#include "mail/smtp.h"

#define MESSAGE_MAX 1048576     /* bytes */
#define SETTINGS_MAX 4096

/* Less than the caller has patience for (ACCT_SENDMAIL_PATIENCE): so it is
 * told what it waited for. */
#define CONNECT_MS 5000
#define ALL_MS 9000

/* How far the conversation got, by the last command that was sent. */
typedef enum { BEFORE, SENDER, RECIPIENT, MESSAGE } stage_e;

typedef struct work_t {
    acct_smtp_t smtp;
    const char *from;
    const char *address;
    const char *message;        /* lines that end in CR LF */
    size_t length;
    size_t sent;
    stage_e stage;
    char reply[256];            /* the last line in which the server said
                                 * no */
    char error[CURL_ERROR_SIZE];
    apr_pool_t *pool;
} work_t;

/* ----------------------------------------------------------- what comes in */

/* @return the bytes that were read, at most @a most; -1 */
static ssize_t read_all(int fd, char *bytes, size_t most)
{
    size_t length = 0;
    ssize_t n;

    do {
        n = read(fd, bytes + length, most - length);
        length += n > 0 ? (size_t)n : 0;
    } while (n > 0 && length < most);
    return n < 0 ? -1 : (ssize_t)length;
}

static int read_settings(work_t *work)
{
    char *text = apr_palloc(work->pool, SETTINGS_MAX + 1);
    ssize_t length = read_all(ACCT_PROGRAM_SETTINGS, text, SETTINGS_MAX);

    if (length < 0) {
        return 0;
    }
    text[length] = '\0';
    return acct_smtp_settings_read(&work->smtp, text) == APR_SUCCESS;
}

/* SMTP's lines end in CR LF. */
static void take_message(work_t *work, const char *bytes, size_t length)
{
    char *message = apr_palloc(work->pool, 2 * length);
    char *to = message;

    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) {
            *to++ = '\r';
        }
        *to++ = bytes[i];
    }
    work->message = message;
    work->length = (size_t)(to - message);
}

static int read_message(work_t *work)
{
    char *bytes = apr_palloc(work->pool, MESSAGE_MAX + 1);
    ssize_t length = read_all(STDIN_FILENO, bytes, MESSAGE_MAX + 1);

    if (length <= 0 || length > MESSAGE_MAX) {
        return 0;
    }
    take_message(work, bytes, (size_t)length);
    return 1;
}

/* An address is part of a command of SMTP. It was judged where it was taken
 * and is judged again: a line end in it would be another command. */
static int is_address(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    if (strchr(text, '@') == NULL || strlen(text) > 320) {
        return 0;
    }
    while (*at > ' ' && *at != 0x7f && *at != '<' && *at != '>') {
        at++;
    }
    return *at == '\0' && acct_mail_is_header_text(text);
}

static int read_words(work_t *work, int argc, const char *const *argv)
{
    if (argc != 6 || strcmp(argv[1], "-i") != 0 || strcmp(argv[2], "-f") != 0
        || strcmp(argv[4], "--") != 0) {
        return 0;
    }
    work->from = argv[3];
    work->address = argv[5];
    return is_address(work->from) && is_address(work->address);
}

/* ----------------------------------------------------------- what goes out */

static size_t give(char *to, size_t size, size_t count, void *baton)
{
    work_t *work = baton;
    size_t left = work->length - work->sent;
    size_t n = size * count < left ? size * count : left;

    memcpy(to, work->message + work->sent, n);
    work->sent += n;
    return n;
}

static size_t drop(char *bytes, size_t size, size_t count, void *baton)
{
    (void)bytes;
    (void)baton;
    return size * count;
}

static int begins(const char *bytes, size_t length, const char *word)
{
    size_t n = strlen(word);

    return length >= n && memcmp(bytes, word, n) == 0;
}

static void keep_refusal(work_t *work, const char *bytes, size_t length)
{
    size_t n = length < sizeof(work->reply) - 1 ? length
                                                : sizeof(work->reply) - 1;

    if (length == 0 || (bytes[0] != '4' && bytes[0] != '5')) {
        return;
    }
    memcpy(work->reply, bytes, n);
    work->reply[n] = '\0';
    work->reply[strcspn(work->reply, "\r\n")] = '\0';
}

/* libcurl says which code came last and not what it was an answer to. Of what
 * is sent only the first word is looked at: others are a password. */
static int follow(CURL *curl, curl_infotype what, char *bytes, size_t length,
                  void *baton)
{
    work_t *work = baton;

    (void)curl;
    if (what == CURLINFO_HEADER_IN) {
        keep_refusal(work, bytes, length);
    }
    else if (what == CURLINFO_HEADER_OUT) {
        work->stage = begins(bytes, length, "MAIL FROM:") ? SENDER
                    : begins(bytes, length, "RCPT TO:") ? RECIPIENT
                    : begins(bytes, length, "DATA\r") ? MESSAGE
                    : work->stage;
    }
    return 0;
}

static CURLcode set_protocols(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
                            (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
}

#define SET(option, value) \
    if (rv == CURLE_OK) { \
        rv = curl_easy_setopt(curl, (option), (value)); \
    }

static CURLcode set_server(CURL *curl, const acct_smtp_t *smtp)
{
    CURLcode rv = set_protocols(curl);

    SET(CURLOPT_URL, smtp->url);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(CURLOPT_TIMEOUT_MS, (long)ALL_MS);
    SET(CURLOPT_USE_SSL, (long)(smtp->is_plain ? CURLUSESSL_NONE
                                               : CURLUSESSL_ALL));
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (smtp->ca != NULL) {
        SET(CURLOPT_CAINFO, smtp->ca);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (smtp->user != NULL) {
        SET(CURLOPT_USERNAME, smtp->user);
        SET(CURLOPT_PASSWORD, smtp->password);
    }
    return rv;
}

static CURLcode set_mail(CURL *curl, work_t *work,
                         const struct curl_slist *recipient)
{
    CURLcode rv = curl_easy_setopt(curl, CURLOPT_MAIL_FROM,
                                   apr_pstrcat(work->pool, "<", work->from,
                                               ">", NULL));

    SET(CURLOPT_MAIL_RCPT, recipient);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, give);
    SET(CURLOPT_READDATA, work);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)work->length);
    SET(CURLOPT_WRITEFUNCTION, drop);
    SET(CURLOPT_VERBOSE, 1L);
    SET(CURLOPT_DEBUGFUNCTION, follow);
    SET(CURLOPT_DEBUGDATA, work);
    SET(CURLOPT_ERRORBUFFER, work->error);
    return rv;
}

/* ----------------------------------------------------------------- the end */

/* What is refused for good is what the recipient, or the message, is. What is
 * refused before is about this program's settings, and somebody may mend
 * them. */
static int judge(const work_t *work, CURLcode rv, long code)
{
    if (rv == CURLE_OK) {
        return EX_OK;
    }
    if (rv == CURLE_LOGIN_DENIED) {
        return EX_NOPERM;
    }
    if (code >= 500 && code <= 599) {
        return work->stage == RECIPIENT ? EX_NOUSER
             : work->stage == MESSAGE ? EX_DATAERR : EX_CONFIG;
    }
    return EX_TEMPFAIL;
}

static void tell(const work_t *work, CURLcode rv)
{
    fprintf(stderr, "%s%s%s\n", work->error[0] != '\0' ? work->error
            : curl_easy_strerror(rv), work->reply[0] != '\0' ? ": " : "",
            work->reply);
}

static int send_mail(work_t *work)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *recipient = curl_slist_append(
        NULL, apr_pstrcat(work->pool, "<", work->address, ">", NULL));
    CURLcode rv = CURLE_OUT_OF_MEMORY;
    long code = 0;

    if (curl != NULL && recipient != NULL) {
        rv = set_server(curl, &work->smtp);
        if (rv == CURLE_OK) {
            rv = set_mail(curl, work, recipient);
        }
        if (rv == CURLE_OK) {
            rv = curl_easy_perform(curl);
            (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
        }
    }
    if (rv != CURLE_OK) {
        tell(work, rv);
    }
    curl_slist_free_all(recipient);
    curl_easy_cleanup(curl);
    return judge(work, rv, code);
}

static int complain(int code, const char *what)
{
    fprintf(stderr, "%s\n", what);
    return code;
}

static int run(work_t *work, int argc, const char *const *argv)
{
    int code;

    if (!read_words(work, argc, argv)) {
        return complain(EX_USAGE, "usage: acctauth-smtp -i -f FROM -- "
                        "ADDRESS; or one of them is no address");
    }
    if (!read_settings(work)) {
        return complain(EX_CONFIG, "no settings on descriptor 3: it is "
                        "called by httpd and by acctauth");
    }
    if (!read_message(work)) {
        return complain(EX_NOINPUT, "no message, or too long a one");
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return complain(EX_OSERR, "libcurl does not begin");
    }
    code = send_mail(work);
    curl_global_cleanup();
    return code;
}

int main(int argc, const char *const *argv)
{
    const struct rlimit none = { 0, 0 };
    work_t work;
    int code;

    /* A core would have the password in it. */
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGPIPE, SIG_IGN);
    memset(&work, 0, sizeof(work));
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&work.pool, NULL) != APR_SUCCESS) {
        return EX_OSERR;
    }
    code = run(&work, argc, argv);
    apr_terminate();
    return code;
}
