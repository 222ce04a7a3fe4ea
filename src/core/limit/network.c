/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/network.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* What precedes an IPv4 address in an IPv6 address. */
static const unsigned char mapped[12] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
};
static const unsigned char translated[12] = {
    0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0
};

/* The 4 bytes of an IPv4 address, however it is written; NULL: it is none. */
static const unsigned char *ipv4(const void *address, size_t length)
{
    const unsigned char *bytes = address;

    if (length == 4) {
        return bytes;
    }
    if (length == 16 && (memcmp(bytes, mapped, sizeof(mapped)) == 0
                         || memcmp(bytes, translated, sizeof(translated))
                            == 0)) {
        return bytes + sizeof(mapped);
    }
    return NULL;
}

static acct_network_t make(int version, int bits, const unsigned char *bytes)
{
    acct_network_t network = {
        .version = (unsigned char)version, .bits = (unsigned char)bits
    };

    memcpy(network.address, bytes, (size_t)bits / 8);
    return network;
}

acct_network_t acct_network_of(const void *address, size_t length)
{
    static const acct_network_t none = { 0, 0, { 0 } };
    const unsigned char *four = ipv4(address, length);

    if (four != NULL) {
        return make(4, 32, four);
    }
    return length == 16 ? make(6, 64, address) : none;
}

acct_network_t acct_network_wider(const acct_network_t *network)
{
    switch (network->version) {
    case 4:
        return make(4, 24, network->address);
    case 6:
        return make(6, 48, network->address);
    default:
        return *network;
    }
}

/* Take the bits off the end of a text: 0 where it has none. */
static apr_status_t split_bits(char *text, long *bits)
{
    char *slash = strchr(text, '/');
    char *end;

    *bits = 0;
    if (slash == NULL) {
        return APR_SUCCESS;
    }
    *slash = '\0';
    if (slash[1] < '0' || slash[1] > '9') {
        return APR_EINVAL;
    }
    *bits = strtol(slash + 1, &end, 10);
    return *end == '\0' && *bits > 0 ? APR_SUCCESS : APR_EINVAL;
}

/* The bytes of an IPv6 address as an operator wrote it. With the bits of a
 * network of IPv6 it is one, also where the IPv4 addresses in IPv6's clothes
 * come from (64:ff9b::/64, of which only a part is theirs). */
static acct_network_t network_of_ipv6(const unsigned char bytes[16],
                                      long bits)
{
    static const unsigned char no_host[4] = { 0 };

    return (bits == 64 || bits == 48)
        && memcmp(bytes + 12, no_host, sizeof(no_host)) == 0
        ? make(6, 64, bytes) : acct_network_of(bytes, 16);
}

apr_status_t acct_network_parse(const char *text, acct_network_t *network)
{
    unsigned char bytes[16];
    char address[64];
    acct_network_t wider;
    long bits;

    if (strlen(text) >= sizeof(address)) {
        return APR_EINVAL;
    }
    apr_cpystrn(address, text, sizeof(address));
    if (split_bits(address, &bits) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (inet_pton(AF_INET, address, bytes) == 1) {
        *network = acct_network_of(bytes, 4);
    }
    else if (inet_pton(AF_INET6, address, bytes) == 1) {
        *network = network_of_ipv6(bytes, bits);
    }
    else {
        return APR_EINVAL;
    }
    wider = acct_network_wider(network);
    if (bits == wider.bits) {
        *network = wider;
        return APR_SUCCESS;
    }
    return bits == 0 || bits == network->bits ? APR_SUCCESS : APR_EINVAL;
}

const char *acct_network_text(const acct_network_t *network,
                              apr_pool_t *pool)
{
    unsigned char bytes[16] = { 0 };
    char text[INET6_ADDRSTRLEN];

    if (network->version == 0) {
        return "-";
    }
    memcpy(bytes, network->address, sizeof(network->address));
    inet_ntop(network->version == 4 ? AF_INET : AF_INET6, bytes, text,
              sizeof(text));
    return network->version == 4 && network->bits == 32
        ? apr_pstrdup(pool, text)
        : apr_psprintf(pool, "%s/%d", text, network->bits);
}

int acct_address_is_private(const void *address, size_t length)
{
    const unsigned char *bytes = address;
    const unsigned char *four = ipv4(address, length);
    static const unsigned char loopback[16] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    };

    if (four != NULL) {
        return four[0] == 127 || four[0] == 10
            || (four[0] == 172 && (four[1] & 0xf0) == 16)
            || (four[0] == 192 && four[1] == 168)
            || (four[0] == 169 && four[1] == 254);
    }
    if (length != 16) {
        return 1;               /* a Unix socket is on this machine */
    }
    return (bytes[0] & 0xfe) == 0xfc
        || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
        || memcmp(bytes, loopback, sizeof(loopback)) == 0;
}
