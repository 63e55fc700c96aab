/* SPDX-License-Identifier: ISC */
/*
 * signkey: the private key that tokens of the registration are signed with.
 *
 * RSA only, of 2,048 to 8,192 bits.  Nobody is ever asked for a passphrase.
 * What is read stays where it lies; what OpenSSL makes of it is wiped with its
 * heap.
 */
#ifndef BROKER_COURIER_SIGNKEY_H
#define BROKER_COURIER_SIGNKEY_H

#include <openssl/evp.h>

#include "broker/secret.h"

#define SIGNKEY_BITS_MIN 2048
#define SIGNKEY_BITS_MAX 8192

/* For __attribute__((cleanup)). */
void signkey_auto(EVP_PKEY **key);
#define AUTO_SIGNKEY __attribute__((cleanup(signkey_auto))) EVP_PKEY *

/*
 * Read a key from PEM (PKCS#8 or PKCS#1); other blocks are skipped.  *key is
 * the caller's.  *why is a constant clause about the key.
 *
 * MAILSEAL_E_CLIENT  there is none, it is locked by a passphrase, or it is no
 *                    RSA key of such a size
 */
int signkey_read(struct span pem, EVP_PKEY **key, const char **why)
    __attribute__((warn_unused_result));

/*
 * Write it as PKCS#8 in PEM.
 *
 * MAILSEAL_E_NOMEM  out of memory
 */
int signkey_write(EVP_PKEY *key, struct secret **pem)
    __attribute__((warn_unused_result));

#endif
