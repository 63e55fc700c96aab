/* SPDX-License-Identifier: ISC */
/*
 * child: the process that does one exchange and ends.
 *
 * It makes its own arena of secrets, reads one request line, answers it, wipes
 * and exits.
 */
#ifndef BROKER_COURIER_CHILD_H
#define BROKER_COURIER_CHILD_H

#include <stdint.h>

#include "broker/courier/load.h"
#include "broker/courier/x509.h"

#define CHILD_READ_MS 2000 /* for the request line to be whole */

/*
 * What a child tells its parent, twice: when the request is read, and when it
 * begins to answer.  A child that ends without the second leaves the answer to
 * the parent, who then says what became of it.
 */
struct news {
	uint32_t timeout_ms; /* that the exchange may take from now */
	uint32_t answers;    /* 1: it does so itself */
	char module[LOAD_NAME_MAX + 1]; /* whose exchange it is, or "" */
};

/*
 * Serve the connection.  tell is a pipe, into which news are written whole.
 */
void child_run(int connection, int tell, const struct anchors *anchors,
    const char *folder) __attribute__((noreturn));

#endif
