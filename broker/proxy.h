/* SPDX-License-Identifier: ISC */
/*
 * proxy: what a provider file says of the way through an HTTP proxy, and for
 * which hosts there is another.
 *
 * It is text only; the environment is never asked.  One list decides for HTTPS
 * and for mail servers alike.
 */
#ifndef BROKER_PROXY_H
#define BROKER_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#define PROXY_HOST_MAX 254 /* bytes, with NUL */

struct proxy {
	char host[PROXY_HOST_MAX]; /* an IPv6 address without brackets */
	uint16_t port;
};

/*
 * Read "http://HOST:PORT".  NULL when it is that, else what is wrong with it,
 * as words behind the key's name.
 */
const char *proxy_read(const char *text, struct proxy *proxy);

/*
 * Whether a no_proxy list is one: entries with commas or blanks between two,
 * each a host name or domain, an IP address, or an address block ADDRESS/BITS;
 * or just "*".  NULL, or what is wrong, likewise.
 */
const char *proxy_list_fault(const char *list);

/*
 * Whether the list, which may be NULL, has this host: by its name, by a domain
 * that it is below, or, where the host is an address, by that or by a block.
 * No name is looked up.
 */
bool proxy_is_passed(const char *list, const char *host);

#endif
