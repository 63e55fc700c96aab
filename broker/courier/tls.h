/* SPDX-License-Identifier: ISC */
/*
 * tls: one connection to a server, with one deadline for all that is done.
 *
 * It starts in the clear and may be made secure once: TLS 1.2 or later, with
 * certificate and host name verified or that very certificate pinned, always;
 * there is no way to go on without.  It does not know what is said on it.
 */
#ifndef BROKER_COURIER_TLS_H
#define BROKER_COURIER_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/courier/trust.h"
#include "broker/own.h"
#include "broker/proxy.h"

struct tls;

void tls_free(struct tls *tls);

/*
 * A connection yet to be made.  deadline_ms is of CLOCK_MONOTONIC; what is not
 * done by then is MAILSEAL_E_SILENT.  NULL when out of memory.
 */
struct tls *tls_new(int64_t deadline_ms) OWNED_BY(tls_free);

AUTO_DEFINE(tls, struct tls)

/*
 * Connect, in the clear, through a proxy unless that is NULL.
 *
 * MAILSEAL_E_NETWORK  no such name, refused, unreachable
 * MAILSEAL_E_SILENT   nobody answered in time
 * MAILSEAL_E_PROXY    the proxy cannot be reached or does not let us through
 */
int tls_connect(struct tls *tls, const char *host, uint16_t port,
    const struct proxy *proxy) __attribute__((warn_unused_result));

/* Take over a connected stream socket, which is the connection's from now. */
void tls_adopt(struct tls *tls, int fd);

/*
 * The TLS handshake with a host whose certificate must be trusted and must
 * name the host, which may be an IP address.  The trust outlives the tls.
 *
 * MAILSEAL_E_TRUST    the certificate is not trusted, or is another host's
 * MAILSEAL_E_NOTLS    the other side speaks no TLS, or none that is good enough
 * MAILSEAL_E_NETWORK  closed or reset
 * MAILSEAL_E_SILENT   the deadline
 * MAILSEAL_E_NOMEM
 */
int tls_secure(struct tls *tls, const char *host, const struct trust *trust)
    __attribute__((warn_unused_result));

bool tls_is_secure(const struct tls *tls);

/*
 * Read at least one byte; *len is 0 when the other side has closed.
 *
 * MAILSEAL_E_NETWORK, MAILSEAL_E_SILENT
 */
int tls_read(struct tls *tls, void *bytes, size_t size, size_t *len)
    __attribute__((warn_unused_result));

/* Write all of it.  Errors as above. */
int tls_write(struct tls *tls, const void *bytes, size_t len)
    __attribute__((warn_unused_result));

/* Bring the deadline nearer, to timeout_ms from now. */
void tls_hurry(struct tls *tls, int64_t timeout_ms);

/* Our own address as an EHLO literal, RFC 5321 section 4.1.3: "[192.0.2.1]". */
void tls_own_address(const struct tls *tls, char *text, size_t size);

/* What went wrong last, in printable ASCII; "" before that. */
const char *tls_detail(const struct tls *tls);

#endif
