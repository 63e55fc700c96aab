/* SPDX-License-Identifier: ISC */
/*
 * service: what a mailbox is used for, and where that is.
 *
 * Pure names and shapes; a credential never travels in clear, so that there
 * are just two ways to TLS.
 */
#ifndef BROKER_SERVICE_H
#define BROKER_SERVICE_H

enum service { SERVICE_SMTP, SERVICE_IMAP, SERVICE_POP, SERVICE_COUNT };

enum tls { TLS_STARTTLS, TLS_IMPLICIT };

/* Where a service is; host is NULL when the provider has no such service. */
struct place {
	const char *host;
	unsigned port;
	enum tls tls;
};

/* The service of this name, or -1; and back. */
int service_by_name(const char *name);
const char *service_name(enum service service);
const char *tls_name(enum tls tls);

#endif
