/* SPDX-License-Identifier: ISC */
/*
 * newcert: a new key and a certificate of its own, for a registration.
 *
 * RSA of 2,048 bits, X.509 version 3, signed by itself with SHA-256.  The key
 * is for signing only; the certificate is what an admin shows to the provider.
 */
#ifndef BROKER_COURIER_NEWCERT_H
#define BROKER_COURIER_NEWCERT_H

#include "proto/line.h"

#define NEWCERT_NAME_MAX 64 /* bytes of a common name; X.509 has this limit */
#define NEWCERT_DAYS 730
#define NEWCERT_DAYS_MAX 3650

/*
 * Answer op=new_cert: in_name and in_days out of the request; client_key
 * (PKCS#8 in PEM) and what certificate_put() puts into the reply.
 *
 * MAILSEAL_E_MALFORMED  a name that is no UTF-8 or has control characters, or
 *                       no days
 * MAILSEAL_E_NOMEM      out of memory, or randomness
 * the failures of line_end()
 */
int newcert_answer(struct line *request, struct line_writer *reply)
    __attribute__((warn_unused_result));

#endif
