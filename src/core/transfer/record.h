/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account and a token as a source has them, before they are looked at: the
 * texts are the source's. And what is read of them: times, truth, numbers.
 */
#ifndef ACCT_TRANSFER_RECORD_H
#define ACCT_TRANSFER_RECORD_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct acct_source_account_t {
    const char *key;            /* what the source tells it by: an id, a name;
                                 * NULL: its username or address */
    apr_int64_t id;             /* 0: it has none */
    const char *username;       /* NULL or "": none */
    const char *email;
    const char *first_name;     /* NULL: "" */
    const char *last_name;
    const char *password;       /* stored hash; secret */
    int is_active;
    int is_staff;
    int is_verified;            /* its address */
    int has_totp;
    apr_time_t created_at;      /* 0: not known; here and below -1: before
                                 * 1970 */
    apr_time_t last_login;
} acct_source_account_t;

typedef enum {
    ACCT_SOURCE_PLAIN,          /* the token itself */
    ACCT_SOURCE_SHA256,         /* SHA-256 of the text: our own */
    ACCT_SOURCE_KNOX41,
    ACCT_SOURCE_KNOX42,
    ACCT_SOURCE_KNOX50,
    ACCT_SOURCE_SANCTUM,
    ACCT_SOURCE__COUNT
} acct_source_form_e;

typedef struct acct_source_token_t {
    const char *account;        /* key of its account */
    const char *username;       /* its account's, where it has no key */
    acct_source_form_e form;
    const char *value;          /* secret */
    const char *salt;
    const char *key;
    const char *label;          /* NULL: "" */
    apr_time_t created_at;
    apr_time_t expires_at;      /* 0: never */
    apr_time_t ends_at;
    apr_time_t last_used;
    apr_interval_time_t sliding;
    const char *dead;           /* why the source does not take it any more, a
                                 * word; NULL: it does */
} acct_source_token_t;

/** "plain", "sha256", "knox41", …; and back, or -1. */
const char *acct_source_form_name(acct_source_form_e form);
int acct_source_form_find(const char *name);

/**
 * A time as databases and JSON write it: 2026-11-30 09:01:41.189055, with T
 * for the blank or without a fraction, and Z, +00, +00:00 or +0000 behind it;
 * one without a zone is local time of this process's zone (TZ).
 * @param when 0 for one before 1970
 * @param is_bare whether it has no zone; may be NULL
 * @return 0 when it is none
 */
int acct_source_time(const char *text, apr_time_t *when, int *is_bare);

/** Whether a cell says yes: 1, t, true (in any case). */
int acct_source_truth(const char *text);

/** A number of digits alone, more than 0; 0 when it is none. */
apr_int64_t acct_source_id(const char *text);

#endif
