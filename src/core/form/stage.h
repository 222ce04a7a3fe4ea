/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages of a route's problems: which are told together, and which only when
 * no earlier one is there. An operation adds all that it finds; the problems
 * of the first stage that has any are answered.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_STAGE_H
#define ACCT_STAGE_H

#include "form/field.h"
#include "form/result.h"

typedef enum {
    ACCT_STAGE_FIELDS,          /* absent, null, blank, type, length, form */
    ACCT_STAGE_TAKEN,           /* a name that another account has */
    ACCT_STAGE_CURRENT_PASSWORD,    /* it is wrong */
    ACCT_STAGE_UID,             /* of a link: it is no account's */
    ACCT_STAGE_TOKEN,           /* a link's secret or a code is wrong */
    ACCT_STAGE_RULES,           /* for new passwords */
    ACCT_STAGE_SIMILARITY,      /* the one that needs to know the account */
    ACCT_STAGE_MISMATCH,        /* what is sent twice differs */
    ACCT_STAGE__COUNT
} acct_stage_e;

/* When each stage has its turn, from 1; several may have the same. */
typedef struct acct_stages_t {
    unsigned char turn[ACCT_STAGE__COUNT];
} acct_stages_t;

/** The name of a stage in dialect files, e.g. "current_password". */
const char *acct_stage_name(acct_stage_e stage);

/** The stage called @a name, or -1. */
int acct_stage_find(const char *name);

/** The stage that a problem with a field belongs to. */
acct_stage_e acct_stage_of(const acct_field_t *field, acct_problem_e problem);

/** Whether a stage has its turn after another. */
int acct_stage_follows(const acct_fields_t *fields, acct_stage_e stage,
                       acct_stage_e other);

/**
 * Whether what a stage finds can be told: no problem of an earlier one is
 * there. An operation asks before work that costs something (a hash, a
 * look-up). Without stages always.
 */
int acct_stage_open(const acct_fields_t *fields, const acct_result_t *result,
                    acct_stage_e stage);

/** Of the problems that were found, leave those of the first stage that has
 *  any, in their order. Once, before the answer is rendered. */
void acct_stage_cut(const acct_fields_t *fields, acct_result_t *result);

#endif
