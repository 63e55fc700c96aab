/* SPDX-License-Identifier: ISC */
/*
 * trust: whose certificates a TLS connection believes.
 *
 * The rules of verification are set here, once: the chain leads to the store
 * that the caller gives, and the certificate names the host.
 */
#ifndef BROKER_COURIER_TRUST_H
#define BROKER_COURIER_TRUST_H

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/line.h"

#define TRUST_NAME_MAX 1024 /* bytes of a store's name */

/* By what the certificate of a server is judged. */
struct trust {
	X509_STORE *store;
	const char *name; /* where the store is from, for people; or NULL */
	/*
	 * The store does not count, but one of these: SHA-256 of the server's
	 * certificate, 64 digits of lower-case hex each, with blanks between
	 * two; or NULL.
	 */
	const char *pins;
};

#define TRUST_DIGEST_MAX 65 /* bytes of one of them, with NUL */

/*
 * A store that trusts just the certificates in a PEM text.  The caller gives
 * it to X509_STORE_free().
 *
 * MAILSEAL_E_CONFIG  there is no certificate in it
 * MAILSEAL_E_NOMEM
 */
int trust_from_pem(struct span pem, X509_STORE **store)
    __attribute__((warn_unused_result));

/*
 * TLS 1.2 or later, and a certificate that leads to the store and names the
 * host, which may be an IP address; false when out of memory.
 */
bool trust_set_rules(SSL_CTX *ctx, const struct trust *trust, const char *host,
    SSL_verify_cb on_certificate);

/*
 * Whether the server's certificate is one of those pinned: then nothing else
 * of it counts, neither who issued it nor its names nor its time.  digest is
 * its own.
 */
bool trust_is_pinned(const struct trust *trust, X509 *leaf,
    char digest[TRUST_DIGEST_MAX]);

/* Whether a host is an IP address rather than a name. */
bool trust_is_address(const char *host);

#endif
