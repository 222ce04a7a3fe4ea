/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <jansson.h>

#include "text/identifier.h"

void acct_fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* ------------------------------------------------------ what an input takes */

/* Blocks that stand for a pool's memory. A pool that is destroyed earlier
 * keeps them until the input is done with. */
static struct {
    int is_on;
    void **block;
    size_t count, room;
    size_t bytes;               /* of them, and of jansson's */
} taken;

static void keep(void *block)
{
    if (taken.count == taken.room) {
        taken.room = taken.room * 2 + 64;
        taken.block = realloc(taken.block,
                              taken.room * sizeof(*taken.block));
        if (taken.block == NULL) {
            abort();
        }
    }
    taken.block[taken.count++] = block;
}

/* In the place of libapr's own, for the program's calls and libapr's. */
__attribute__((visibility("default")))
void *apr_palloc(apr_pool_t *pool, apr_size_t size)
{
    static void *(*in_pool)(apr_pool_t *, apr_size_t);
    void *block;

    if (!taken.is_on) {
        if (in_pool == NULL) {
            *(void **)&in_pool = dlsym(RTLD_NEXT, "apr_palloc");
        }
        return in_pool(pool, size);
    }
    block = malloc(size > 0 ? size : 1);
    if (block == NULL) {
        abort();
    }
    taken.bytes += size;
    keep(block);
    return block;
}

static void *json_malloc(size_t size)
{
    taken.bytes += size;
    return malloc(size);
}

static void give_back(void)
{
    taken.is_on = 0;
    while (taken.count > 0) {
        free(taken.block[--taken.count]);
    }
}

/* ---------------------------------------------------------------- the driver */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static apr_pool_t *pool;

    (void)argc;
    (void)argv;
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        abort();
    }
    json_set_alloc_funcs(json_malloc, free);
    /* jansson's own; a constant one, so that an input does again what it
     * did */
    json_object_seed(1);
    if (acct_fuzz_target.begin != NULL) {
        acct_fuzz_target.begin(pool);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool;
    char *text;

    if (size > FUZZ_LONGEST) {
        size = FUZZ_LONGEST;
    }
    text = malloc(size > 0 ? size : 1);
    if (text == NULL || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    taken.bytes = 0;
    taken.is_on = 1;
    acct_fuzz_target.one(text, size, pool);
    if (taken.bytes > acct_fuzz_target.memory_base
                      + acct_fuzz_target.memory_each * size) {
        fprintf(stderr, "%zu bytes of input take %zu\n", size, taken.bytes);
        acct_fuzz_fail("memory in proportion", __FILE__, __LINE__);
    }
    HOLDS(getenv("ACCT_FUZZ_FAIL") == NULL);    /* t/fuzz.t's own check */
    apr_pool_destroy(pool);
    give_back();
    free(text);
    return 0;
}

/* ------------------------------------------------------------- for targets */

const char *acct_fuzz_string(const char *text, size_t length,
                             apr_pool_t *pool)
{
    return apr_pstrmemdup(pool, text, strnlen(text, length));
}

const char *acct_fuzz_line(const char **text, size_t *length,
                           apr_pool_t *pool)
{
    const char *line = *text;
    const char *end = *length > 0 ? memchr(line, '\n', *length) : NULL;
    size_t count = end != NULL ? (size_t)(end - line) : *length;

    if (*length == 0) {
        return NULL;
    }
    *text += count + (end != NULL);
    *length -= count + (end != NULL);
    return acct_fuzz_string(line, count, pool);
}

int acct_fuzz_is_utf8(const char *text)
{
    return acct_utf8_length(text) >= 0;
}

int acct_fuzz_has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return 1;
        }
    }
    return 0;
}
