/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the body of a request. The first byte chooses the media
 * type and the route.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined … fuzz_form.c src/core/…
 *   cc -DACCT_FUZZ_REPLAY … ; ./fuzz_form FILE…   replays a corpus
 */
#include <apr_general.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/form.h"
#include "text/identifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const alias[] = { "username", NULL };

static const acct_operation_t operation[2] = {
    { .name = "register", .reads_fields = 1, .stores_fields = 1 },
    { .name = "login", .reads_fields = 1 }
};

static const acct_field_t field[] = {
    { "u", ACCT_ROLE_USERNAME, NULL, 1, 0 },
    { "e", ACCT_ROLE_EMAIL, alias, 1, 1 },
    { "p", ACCT_ROLE_PASSWORD, NULL, 1, 2 },
    { "q", ACCT_ROLE_PASSWORD_AGAIN, NULL, 1, 3 },
    { "f", ACCT_ROLE_FIRST_NAME, NULL, 0, 4 },
    { "i", ACCT_ROLE_IDENTIFIER, NULL, 0, 5 },
};

/* What must be true of any outcome. */
static void check(acct_outcome_e outcome, const acct_form_t *form,
                  const acct_result_t *result)
{
    int problems = result->problems != NULL ? result->problems->nelts : 0;
    int role;

    if (outcome != result->outcome
        || (outcome == ACCT_INVALID) != (problems > 0)
        || (outcome == ACCT_PARSE_ERROR) != (result->reason != NULL)
        || (outcome == ACCT_NOT_AN_OBJECT) != (result->type != NULL)) {
        abort();
    }
    for (role = 0; role < ACCT_ROLE__COUNT; role++) {
        const char *value = form->value[role];

        if (value != NULL
            && (*value == '\0' || acct_utf8_length(value) < 0)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int initialized;
    acct_fields_t fields = { NULL, field, 6 };
    acct_result_t *result;
    acct_form_t form;
    apr_pool_t *pool;
    const char *type;
    acct_outcome_e outcome;

    if (size == 0) {
        return 0;
    }
    if (!initialized) {
        apr_initialize();
        initialized = 1;
    }
    type = data[0] & 1 ? "application/x-www-form-urlencoded"
                       : "application/json";
    fields.operation = &operation[data[0] & 2 ? 1 : 0];
    apr_pool_create(&pool, NULL);
    result = acct_result_make(ACCT_ERROR, pool);
    outcome = acct_form_read(&fields, type, (const char *)data + 1, size - 1,
                             &form, result, pool);
    check(outcome, &form, result);
    acct_form_wipe(&form);
    apr_pool_destroy(pool);
    return 0;
}

#ifdef ACCT_FUZZ_REPLAY
int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    int i;

    for (i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t size;

        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size = fread(data, 1, sizeof(data), file);
        fclose(file);
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%d replayed\n", argc - 1);
    return 0;
}
#endif
