/* SPDX-License-Identifier: ISC */
/*
 * blemish: what is wrong with a server's certificate, in words.
 *
 * It judges nothing: that was done.
 */
#ifndef BROKER_COURIER_BLEMISH_H
#define BROKER_COURIER_BLEMISH_H

#include <openssl/x509_vfy.h>
#include <stddef.h>

#define BLEMISH_MAX 480 /* bytes, with NUL */

/*
 * Say in printable ASCII why a verification failed: whose certificate it is,
 * who issued it, OpenSSL's words and what they are about (since when, which
 * names), and what it was judged by, which may be NULL.
 */
void blemish_tell(X509_STORE_CTX *verify, const char *judge, char *text,
    size_t size);

/* The same of a certificate that is none of those pinned. */
void blemish_tell_pin(X509 *leaf, const char *digest, char *text, size_t size);

#endif
