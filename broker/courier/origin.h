/* SPDX-License-Identifier: ISC */
/*
 * origin: where a URL leads, and whether this exchange may go there.
 *
 * An origin is scheme://host:port, the port always written, the host in lower
 * case.  The reader is narrow on purpose: what it takes, libcurl reads the
 * same way.
 */
#ifndef BROKER_COURIER_ORIGIN_H
#define BROKER_COURIER_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#define ORIGIN_MAX 300 /* bytes, with NUL */

/*
 * Write the origin of an https URL: visible ASCII, no user, no fragment.
 *
 * MAILSEAL_E_MALFORMED  it is not such a URL
 */
int origin_of(const char *url, char origin[ORIGIN_MAX])
    __attribute__((warn_unused_result));

/* Its host, an IPv6 address without brackets. */
void origin_host(const char *origin, char host[ORIGIN_MAX]);

/* Whether origin is a word of the space-separated list. */
bool origin_is_bound(const char *origins, const char *origin);

/* Add an origin to the list unless it is there; false when it does not fit. */
bool origin_add(char *origins, size_t size, const char *origin);

#endif
