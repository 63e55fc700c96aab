/* SPDX-License-Identifier: ISC */
/*
 * certificate: what mailseald keeps of a certificate of the registration.
 *
 * Nothing in it is secret, and nobody's trust rests on it: it names a key.
 */
#ifndef BROKER_COURIER_CERTIFICATE_H
#define BROKER_COURIER_CERTIFICATE_H

#include <openssl/x509.h>

#include "proto/line.h"

/* For __attribute__((cleanup)). */
void certificate_auto(X509 **certificate);
#define AUTO_CERTIFICATE __attribute__((cleanup(certificate_auto))) X509 *

/*
 * Put it into a reply: certificate (PEM), x5t and x5t_s256 (RFC 7515 sections
 * 4.1.7 and 4.1.8), not_after (seconds since 1970), serial (hex).
 *
 * MAILSEAL_E_NOMEM  out of memory, or it has no end that can be read
 */
int certificate_put(X509 *certificate, struct line_writer *reply)
    __attribute__((warn_unused_result));

#endif
