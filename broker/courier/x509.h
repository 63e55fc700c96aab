/* SPDX-License-Identifier: ISC */
/*
 * x509: whom the courier trusts, and why it did not.
 *
 * The parent reads its file of CA certificates once, and again when the file
 * changes; children inherit the store.
 */
#ifndef BROKER_COURIER_X509_H
#define BROKER_COURIER_X509_H

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stddef.h>
#include <sys/stat.h>

#define X509_DETAIL_MAX 400

struct anchors {
	const char *path;
	X509_STORE *store; /* NULL until it has been read */
	struct stat seen;  /* of the file that was read */
};

/*
 * Read the file when it is another than the one read last.  When that fails
 * the store is the old one.
 *
 * MAILSEAL_E_IO      the file cannot be seen; errno tells
 * MAILSEAL_E_CONFIG  no certificates can be read from it
 */
int x509_refresh(struct anchors *anchors) __attribute__((warn_unused_result));

void x509_close(struct anchors *anchors);

/*
 * Let a TLS client trust store and write into detail what is wrong with a
 * certificate: OpenSSL's words, its subject and its issuer.  detail outlives
 * the context.
 */
void x509_watch(SSL_CTX *ctx, X509_STORE *store, char detail[X509_DETAIL_MAX]);

#endif
