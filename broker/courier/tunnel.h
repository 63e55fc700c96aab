/* SPDX-License-Identifier: ISC */
/*
 * tunnel: a way through an HTTP proxy, by CONNECT, RFC 9110 section 9.3.6.
 *
 * Only the host's name and port are said to the proxy.  What it answers is
 * read byte by byte, so that nothing is taken of what the host says next.
 */
#ifndef BROKER_COURIER_TUNNEL_H
#define BROKER_COURIER_TUNNEL_H

#include <stdint.h>

#include "broker/proxy.h"

#define TUNNEL_ANSWER_MAX 8192 /* bytes of a proxy's answer */
#define TUNNEL_WHY_MAX 500     /* bytes, with NUL */

/*
 * Connect to the proxy and have it connect us to that host, within DIAL_MS and
 * before that moment.  *fd is a non-blocking socket of the caller's.
 *
 * MAILSEAL_E_PROXY  it cannot be reached, refuses, is silent, closes, or is no
 *                   HTTP proxy; why tells, in printable ASCII
 */
int tunnel_dial(const struct proxy *proxy, const char *host, uint16_t port,
    int64_t until_ms, int *fd, char why[TUNNEL_WHY_MAX])
    __attribute__((warn_unused_result));

/*
 * Say that a proxy answered so, by its status line, to a wish for that server,
 * "HOST:PORT".
 */
void tunnel_tell(const struct proxy *proxy, const char *server,
    const char *status, char why[TUNNEL_WHY_MAX]);

#endif
