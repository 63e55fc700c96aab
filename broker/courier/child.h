/* SPDX-License-Identifier: ISC */
/*
 * child: the process that does one exchange and ends.
 *
 * It makes its own arena of secrets, reads one request line, answers it, wipes
 * and exits.
 */
#ifndef BROKER_COURIER_CHILD_H
#define BROKER_COURIER_CHILD_H

#include "broker/courier/x509.h"

#define CHILD_READ_MS 2000 /* for the request line to be whole */

/*
 * Serve the connection.  tell is a pipe: what is written there, four bytes in
 * host order, are the milliseconds that the exchange may take from now.
 */
void child_run(int connection, int tell, const struct anchors *anchors,
    const char *folder) __attribute__((noreturn));

#endif
