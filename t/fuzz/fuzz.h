/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target is a file fuzz_NAME.c with one
 * acct_fuzz_target, a dictionary NAME.dict and seeds in seeds/NAME/. It is
 * linked with fuzz.c and, for make fuzz, with libFuzzer, or with replay.c
 * for make test.
 *
 * While an input is tried each apr_palloc() is a block of its own size, so
 * that a sanitizer sees what is read or written past it, which in a pool's
 * memory it would not; and what an input takes is counted.
 */
#ifndef ACCT_FUZZ_H
#define ACCT_FUZZ_H

#include <apr_pools.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_LONGEST 16384      /* bytes of an input; more is cut off. What a
                                 * body may have by default, and headers */

typedef struct acct_fuzz_target_t {
    const char *name;

    /** Once, before the first input; the pool lives as long as the process.
     *  May be NULL. */
    void (*begin)(apr_pool_t *pool);

    /** Try one input. @param text @a length bytes in a block of that size,
     *  no NUL behind it. @param pool gone afterwards */
    void (*one)(const char *text, size_t length, apr_pool_t *pool);

    /* One input may take memory_base + memory_each * its length bytes. */
    size_t memory_base;
    size_t memory_each;
} acct_fuzz_target_t;

extern const acct_fuzz_target_t acct_fuzz_target;

/* What must hold for any input: else the process ends, saying what did
 * not. */
#define HOLDS(condition) \
    ((condition) ? (void)0 : acct_fuzz_fail(#condition, __FILE__, __LINE__))

void acct_fuzz_fail(const char *condition, const char *file, int line)
    __attribute__((noreturn));

/** As a string of its own size; what is behind a NUL is left out. */
const char *acct_fuzz_string(const char *text, size_t length,
                             apr_pool_t *pool);

/** Take the next line off a text, without its end: a string; NULL where
 *  nothing is left. */
const char *acct_fuzz_line(const char **text, size_t *length,
                           apr_pool_t *pool);

/** Whether so many bytes are UTF-8 without NUL. */
int acct_fuzz_is_utf8(const char *text);

/** Whether there is a control character of ASCII's in it. */
int acct_fuzz_has_control(const char *text);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where a target changes inputs by their structure. libFuzzer's, or of
 * replay.c, which never calls it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed);

#endif
