/* SPDX-License-Identifier: ISC */
/*
 * keyfile: a file with a key of a registration, as an admin got or made it.
 *
 * It is the JSON of a Google service account, or PEM with a private key and
 * its certificate.  What is wrong with it is told in words; no byte of the key
 * stands in them.
 */
#ifndef BROKER_COURIER_KEYFILE_H
#define BROKER_COURIER_KEYFILE_H

#include "proto/line.h"

#define KEYFILE_MAX 32768 /* bytes of a file */

/*
 * Answer op=key: in_file out of the request; into the reply class ok and
 * client_key (PKCS#8 in PEM), with key_id, service_account and client_id (of a
 * service account) or what certificate_put() puts; or class config, and what
 * is wrong.
 *
 * MAILSEAL_E_NOMEM  out of memory
 * the failures of line_end()
 */
int keyfile_answer(struct line *request, struct line_writer *reply)
    __attribute__((warn_unused_result));

#endif
