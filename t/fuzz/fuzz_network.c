/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network as an operator writes it, and the same bytes as an address.
 */
#include "fuzz.h"

#include <apr_strings.h>
#include <arpa/inet.h>

#include "limit/network.h"

static int is_same(const acct_network_t *a, const acct_network_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* One text for a network, and one network for the text; a wider one is its
 * own wider one. */
static void check_network(const acct_network_t *network, apr_pool_t *pool)
{
    const char *text = acct_network_text(network, pool);
    acct_network_t wider = acct_network_wider(network);
    acct_network_t again, widest = acct_network_wider(&wider);

    HOLDS(network->version == 4
          ? network->bits == 32 || network->bits == 24
          : network->version == 6 && (network->bits == 64
                                      || network->bits == 48));
    HOLDS(acct_network_parse(text, &again) == APR_SUCCESS
          && is_same(&again, network));
    HOLDS(is_same(&widest, &wider) && wider.bits <= network->bits);
    for (size_t i = network->bits / 8; i < sizeof(network->address); i++) {
        HOLDS(network->address[i] == 0);
    }
}

static void check_address(const char *bytes, apr_pool_t *pool)
{
    static const unsigned char mapped[12] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
    };
    unsigned char six[16];
    acct_network_t four = acct_network_of(bytes, 4), same, network;
    char text[INET6_ADDRSTRLEN];

    check_network(&four, pool);
    memcpy(six, mapped, sizeof(mapped));
    memcpy(six + sizeof(mapped), bytes, 4);
    same = acct_network_of(six, 16);
    HOLDS(is_same(&same, &four));
    HOLDS(acct_address_is_private(bytes, 4)
          == acct_address_is_private(six, 16));
    network = acct_network_of(bytes, 16);
    check_network(&network, pool);
    /* what is written as libc does is the same network */
    inet_ntop(AF_INET6, bytes, text, sizeof(text));
    HOLDS(acct_network_parse(text, &same) == APR_SUCCESS
          && is_same(&same, &network));
    /* and so is another host of it */
    memcpy(six, bytes, 16);
    six[15] ^= 1;
    same = acct_network_of(six, 16);
    HOLDS(network.version == 4 || is_same(&same, &network));
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *string = acct_fuzz_string(text, length, pool);
    acct_network_t network;

    memset(&network, 0xee, sizeof(network));
    if (acct_network_parse(string, &network) == APR_SUCCESS) {
        HOLDS(strspn(string, "0123456789abcdefABCDEF.:/") == strlen(string));
        check_network(&network, pool);
    }
    if (length >= 16) {
        check_address(text, pool);
    }
    for (size_t other = 0; other < length; other++) {
        if (other != 4 && other < 16) {
            HOLDS(acct_network_of(text, other).version == 0);
        }
    }
}

const acct_fuzz_target_t acct_fuzz_target = {
    "network", NULL, one, 1024, 4
};
