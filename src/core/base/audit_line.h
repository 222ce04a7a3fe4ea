/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as a line of an audit log: one JSON object (RFC 8259), UTF-8, its
 * members always in the same order, the line at most ACCT_AUDIT_LINE_MAX bytes
 * so that one write() puts it into a file or a pipe whole.
 *
 *   {"ts":"2026-01-31T23:59:59.000000Z","v":1,"event":"login",
 *    "outcome":"ok","ip":"192.0.2.7","port":51034,"vhost":"example.org",
 *    "dialect":"accounts","route":"login/","account":12,"token":"7c…",
 *    "method":"POST","path":"/accounts/login/","status":200,"ua":"curl/8",
 *    "req":"Zx…","by":"http"}
 *
 * These are always there, null where a thing is not known. Behind them come,
 * where they are known, "database", "tokens", "limit", "network", "name",
 * "until", "detail", and last "cut" (true), when a value was too long.
 *
 * A byte that is no UTF-8 is U+FFFD. Controls, and what changes the direction
 * of writing, are escapes: a terminal shows them and does not obey them.
 *
 * Pure: no pool, no state, any thread.
 */
#ifndef ACCT_AUDIT_LINE_H
#define ACCT_AUDIT_LINE_H

#include <stddef.h>
#include "base/event.h"

/* Of the line with its end: no more than a pipe takes at once (PIPE_BUF is
 * 4096 on Linux). */
#define ACCT_AUDIT_LINE_MAX 2048

/* Where and for whom it happened. Texts are any bytes up to NUL; NULL, and 0
 * of a number: not known. */
typedef struct acct_audit_place_t {
    apr_time_t when;
    const char *ip;             /* the client's address alone, or its
                                 * network */
    int port;
    const char *vhost;
    const char *dialect;
    const char *route;          /* as in the dialect: "login/" */
    const char *method;
    const char *path;           /* without its query */
    int status;                 /* of the answer */
    const char *user_agent;
    const char *request;        /* id of the request (mod_unique_id) */
    const char *by;             /* "http", "cli:root" */
    const char *database;       /* the command's */
} acct_audit_place_t;

/**
 * Write the line.
 * @param line not ended by NUL
 * @return its length, with the line feed at its end
 */
size_t acct_audit_line(const acct_event_t *event,
                       const acct_audit_place_t *place,
                       char line[ACCT_AUDIT_LINE_MAX]);

#endif
