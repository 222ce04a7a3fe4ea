/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of a client: the part of its address that one who asks for
 * another address keeps. An IPv4 address is a network by itself (/32); of an
 * IPv6 address the first half is (/64: a host chooses the other half as it
 * likes, RFC 8981). The wider network, /24 or /48, is what one customer may be
 * given the whole of.
 *
 * An IPv4 address that is written as an IPv6 address, mapped (RFC 4291, 2.5.5)
 * or translated (64:ff9b::/96, RFC 6052), is the IPv4 address: else all of
 * IPv4 would be one /64.
 *
 * Values without pointers; safe from any thread.
 */
#ifndef ACCT_NETWORK_H
#define ACCT_NETWORK_H

#include <apr_pools.h>
#include <stddef.h>
#include <stdint.h>

typedef struct acct_network_t {
    unsigned char version;      /* 4 or 6; 0: none, as of a client that
                                 * comes by a Unix socket */
    unsigned char bits;         /* of address that count */
    unsigned char address[8];   /* the others are 0 */
} acct_network_t;

/**
 * The network of an address.
 * @param address in network byte order, as in an apr_sockaddr_t's ipaddr_ptr
 * @param length  4 or 16; with another length there is no network
 */
acct_network_t acct_network_of(const void *address, size_t length);

/** The wider network that @a network is in: /24 or /48. */
acct_network_t acct_network_wider(const acct_network_t *network);

/**
 * Read a network as an operator writes it: an address ("192.0.2.7",
 * "2001:db8::1": its network), or with as many bits as a network or a wider
 * one has ("192.0.2.0/24", "2001:db8::/64").
 * @return APR_EINVAL: it is none of these
 */
apr_status_t acct_network_parse(const char *text, acct_network_t *network);

/** As acct_network_parse() reads it; "-" where there is none. In @a pool. */
const char *acct_network_text(const acct_network_t *network,
                              apr_pool_t *pool);

/** Whether no client of the internet has the address, so that a proxy of the
 *  site's may: loopback, private (RFC 1918, RFC 4193), link-local. Parameters
 *  as of acct_network_of(). */
int acct_address_is_private(const void *address, size_t length);

#endif
