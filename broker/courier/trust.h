/* SPDX-License-Identifier: ISC */
/*
 * trust: whose certificates a TLS connection believes, and why it does not.
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

/*
 * A store that trusts just the certificates in a PEM text.  The caller gives
 * it to X509_STORE_free().
 *
 * MAILSEAL_E_CONFIG  there is no certificate in it
 * MAILSEAL_E_NOMEM
 */
int trust_from_pem(struct span pem, X509_STORE **store)
    __attribute__((warn_unused_result));

/* TLS 1.2 or later, verified against the store; false when out of memory. */
bool trust_set_rules(SSL_CTX *ctx, X509_STORE *store,
    SSL_verify_cb on_certificate);

/* The certificate must name the host, which may be an IP address. */
bool trust_set_host(SSL *ssl, const char *host);

/* Say in printable ASCII what is wrong: subject, issuer, OpenSSL's words. */
void trust_explain(X509_STORE_CTX *verify, char *text, size_t size);

#endif
