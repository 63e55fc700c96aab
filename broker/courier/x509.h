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
#include <stdbool.h>
#include <sys/stat.h>

#include "broker/courier/blemish.h"
#include "broker/courier/trust.h"

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

/* What a TLS client of somebody else's making is to verify. */
struct watch {
	const struct trust *trust;
	const char *host;	  /* that the certificate must be for */
	char detail[BLEMISH_MAX]; /* what is wrong with it; "": nothing */
};

/*
 * Have the client verify so, and say in detail what is wrong.  watch outlives
 * the context; false when out of memory.
 */
bool x509_watch(SSL_CTX *ctx, struct watch *watch);

#endif
