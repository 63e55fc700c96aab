/* SPDX-License-Identifier: ISC */
/*
 * http: one HTTPS request of a module, and its reply, bounded in all ways.
 *
 * TLS 1.2 or later, verified; no redirect, no other scheme, no proxy but the
 * way's, through which TLS goes from end to end.  The origin of the URL must be
 * bound to the exchange before anything is sent.
 */
#ifndef BROKER_COURIER_HTTP_H
#define BROKER_COURIER_HTTP_H

#include <stdint.h>

#include "broker/courier/trust.h"
#include "broker/own.h"
#include "broker/proxy.h"
#include "broker/secret.h"
#include "proto/module.h"

#define HTTP_CONNECT_MS 10000	/* for connecting, TLS included */
#define HTTP_HEADERS_MAX 64	/* headers kept */
#define HTTP_HEADER_BYTES 16384 /* of all of them; more ends the reply */
#define FAULT_DETAIL_MAX 512

/* Where requests of an exchange may go, and until when. */
struct http_way {
	const char *origins;
	struct trust trust;
	int64_t deadline_ms;	   /* CLOCK_MONOTONIC */
	const struct proxy *proxy; /* NULL: none */
	const char *no_proxy;	   /* hosts that it is not for, or NULL */
};

/* Why there is no reply, in printable ASCII. */
struct http_fault {
	int error; /* enum mailseal_error */
	char detail[FAULT_DETAIL_MAX];
};

struct http_reply {
	int status;
	enum mailseal_body body; /* NONE, CUT, TOOLONG, ENCODED, or OTHER: all
				    of it is in content, not decoded yet */
	struct secret *content;
	struct mailseal_items headers; /* names in lower case */
	struct secret *header_bytes;
	struct mailseal_item header[HTTP_HEADERS_MAX];
};

void http_reply_free(struct http_reply *reply);
AUTO_DEFINE(http_reply, struct http_reply)

/*
 * Send what ask says and wait for the reply.  *reply is the caller's.
 *
 * On failure fault has the error and its words:
 *
 * MAILSEAL_E_ORIGIN   the URL is not bound; nothing was sent
 * MAILSEAL_E_NETWORK  no such name, refused, broken off
 * MAILSEAL_E_SILENT   the deadline passed
 * MAILSEAL_E_PROXY    the proxy cannot be reached or does not let us through
 * MAILSEAL_E_TRUST    the certificate is not trusted
 * MAILSEAL_E_MODULE   the ask is not a request
 * MAILSEAL_E_NOMEM    out of memory
 */
int http_ask(const struct mailseal_ask *ask, const struct http_way *way,
    struct http_reply **reply, struct http_fault *fault)
    __attribute__((warn_unused_result));

/* Fill a fault and return its error. */
int http_fail(struct http_fault *fault, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
