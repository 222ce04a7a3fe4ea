/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "cmocka_header.h"

#include "account/operations.h"
#include "base/event.h"
#include "base/service.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(*(list))))

static void every_name_is_found_again(void **state)
{
    (void)state;
    assert_null(acct_event_name(ACCT_EVENT_NONE));
    for (int i = ACCT_EVENT_NONE + 1; i < ACCT_EVENT__COUNT; i++) {
        assert_non_null(acct_event_name((acct_event_e)i));
        assert_int_equal(acct_event_find(acct_event_name((acct_event_e)i)),
                         i);
    }
}

static void a_name_nobody_has_is_not_found(void **state)
{
    static const char *const names[] = { "", "LOGIN", "login ", NULL };

    (void)state;
    for (int i = 0; i < COUNT(names); i++) {
        assert_int_equal(acct_event_find(names[i]), -1);
    }
    assert_null(acct_event_name(ACCT_EVENT__COUNT));
    assert_null(acct_event_name((acct_event_e)-1));
}

static void an_operation_is_told_by_its_own_name(void **state)
{
    (void)state;
    for (int i = 0; i < acct_operations.count; i++) {
        const acct_operation_t *row = acct_operations.row[i];

        assert_string_equal(acct_event_name(row->event), row->name);
    }
}

static void take(void *context, const acct_event_t *event)
{
    *(acct_event_t *)context = *event;
}

static void an_event_comes_to_the_listener_and_to_nobody_else(void **state)
{
    acct_event_t heard = { .kind = ACCT_EVENT_NONE };
    acct_service_t service = { .context = &heard };
    const acct_event_t event = { .kind = ACCT_EVENT_TOKEN_EVICTED,
                                 .account = 7, .tokens = 2 };

    (void)state;
    acct_raise(&service, &event);
    assert_int_equal(heard.kind, ACCT_EVENT_NONE);
    service.event = take;
    acct_raise(&service, &event);
    assert_int_equal(heard.kind, ACCT_EVENT_TOKEN_EVICTED);
    assert_int_equal(heard.account, 7);
    assert_int_equal(heard.tokens, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_again),
        cmocka_unit_test(a_name_nobody_has_is_not_found),
        cmocka_unit_test(an_operation_is_told_by_its_own_name),
        cmocka_unit_test(an_event_comes_to_the_listener_and_to_nobody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
