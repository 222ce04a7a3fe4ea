/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cmocka_header.h"

#include <arpa/inet.h>

#include "limit/network.h"

static apr_pool_t *p;

static int begin(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS
        || apr_pool_create(&p, NULL) != APR_SUCCESS;
}

static int end(void **state)
{
    (void)state;
    apr_pool_destroy(p);
    apr_terminate();
    return 0;
}

static acct_network_t network(const char *text)
{
    acct_network_t read;

    memset(&read, 0xee, sizeof(read));
    assert_int_equal(acct_network_parse(text, &read), APR_SUCCESS);
    return read;
}

static const char *text_of(const char *text)
{
    acct_network_t read = network(text);

    return acct_network_text(&read, p);
}

static int is_same(const char *one, const char *other)
{
    acct_network_t a = network(one), b = network(other);

    return memcmp(&a, &b, sizeof(a)) == 0;
}

static int is_private(const char *text)
{
    unsigned char bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1) {
        return acct_address_is_private(bytes, 4);
    }
    assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
    return acct_address_is_private(bytes, 16);
}

static void an_ipv4_address_is_a_network_by_itself(void **state)
{
    (void)state;
    assert_string_equal(text_of("192.0.2.7"), "192.0.2.7");
    assert_false(is_same("192.0.2.7", "192.0.2.8"));
}

static void the_second_half_of_an_ipv6_address_does_not_count(void **state)
{
    (void)state;
    assert_string_equal(text_of("2001:db8:1:2:3:4:5:6"),
                        "2001:db8:1:2::/64");
    assert_true(is_same("2001:db8:1:2::1", "2001:db8:1:2:ffff::"));
    assert_false(is_same("2001:db8:1:2::1", "2001:db8:1:3::1"));
}

static void an_ipv4_address_in_ipv6s_clothes_is_that_address(void **state)
{
    (void)state;
    assert_true(is_same("::ffff:192.0.2.7", "192.0.2.7"));
    assert_true(is_same("64:ff9b::192.0.2.7", "192.0.2.7"));
    assert_false(is_same("::ffff:192.0.2.7", "::ffff:192.0.2.8"));
    assert_false(is_same("::192.0.2.7", "192.0.2.7"));
}

static void the_wider_network_is_one_customers(void **state)
{
    acct_network_t four = network("192.0.2.7");
    acct_network_t six = network("2001:db8:1:2::1");
    acct_network_t wider = acct_network_wider(&four);

    (void)state;
    assert_string_equal(acct_network_text(&wider, p), "192.0.2.0/24");
    wider = acct_network_wider(&six);
    assert_string_equal(acct_network_text(&wider, p), "2001:db8:1::/48");
    wider = acct_network_wider(&wider);
    assert_string_equal(acct_network_text(&wider, p), "2001:db8:1::/48");
}

static void what_is_no_address_is_no_network(void **state)
{
    acct_network_t none = acct_network_of("x", 1);
    acct_network_t wider = acct_network_wider(&none);

    (void)state;
    assert_int_equal(none.version, 0);
    assert_int_equal(wider.version, 0);
    assert_string_equal(acct_network_text(&none, p), "-");
}

static void an_operators_text_is_read_exactly(void **state)
{
    static const char *const wrong[] = {
        "", "192.0.2", "192.0.2.7/", "192.0.2.7/33", "192.0.2.7/16",
        "192.0.2.7/+32", "192.0.2.7/32x", "192.0.2.7 ", "2001:db8::/32",
        "2001:db8::/128", "example.org", "/24", "192.0.2.7/24/24",
        "1111111111111111111111111111111111111111111111111111111111111111"
    };
    acct_network_t read;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        if (acct_network_parse(wrong[i], &read) != APR_EINVAL) {
            fail_msg("\"%s\" was read", wrong[i]);
        }
    }
    assert_string_equal(text_of("192.0.2.7/32"), "192.0.2.7");
    assert_string_equal(text_of("192.0.2.7/24"), "192.0.2.0/24");
    assert_string_equal(text_of("2001:db8::1/64"), "2001:db8::/64");
    assert_string_equal(text_of("2001:db8:0:1::/48"), "2001:db8::/48");
}

/* What a list shows can be written where a network is asked for, also of the
 * addresses beside those that IPv4 is translated to. */
static void every_networks_text_is_read_as_that_network(void **state)
{
    static const char *const addresses[] = {
        "64:ff9b::1:0:0", "::1:0:0:1", "2001:db8::1", "ffff::"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
        acct_network_t one = network(addresses[i]);
        acct_network_t wider = acct_network_wider(&one);
        const char *text = acct_network_text(&one, p);

        assert_string_equal(text_of(text), text);
        text = acct_network_text(&wider, p);
        assert_string_equal(text_of(text), text);
    }
}

static void what_the_internet_does_not_route_is_private(void **state)
{
    static const char *const yes[] = {
        "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.1",
        "192.168.3.4", "169.254.1.1", "::1", "fd00::1", "fe80::1",
        "::ffff:10.0.0.1"
    };
    static const char *const no[] = {
        "192.0.2.7", "172.15.0.1", "172.32.0.1", "11.0.0.1", "192.169.0.1",
        "2001:db8::1", "::2", "ff02::1", "::ffff:192.0.2.7"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
        if (!is_private(yes[i])) {
            fail_msg("%s is not private", yes[i]);
        }
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
        if (is_private(no[i])) {
            fail_msg("%s is private", no[i]);
        }
    }
    assert_true(acct_address_is_private("x", 1));
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_ipv4_address_is_a_network_by_itself),
        T(the_second_half_of_an_ipv6_address_does_not_count),
        T(an_ipv4_address_in_ipv6s_clothes_is_that_address),
        T(the_wider_network_is_one_customers),
        T(what_is_no_address_is_no_network),
        T(an_operators_text_is_read_exactly),
        T(every_networks_text_is_read_as_that_network),
        T(what_the_internet_does_not_route_is_private)
    };

    return cmocka_run_group_tests(tests, begin, end);
}
