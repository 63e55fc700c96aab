/* SPDX-License-Identifier: ISC */
/*
 * failure: why an answer did not come, in words for a program and a person.
 *
 * It is what an error line says, or the same about ourselves.  It holds no
 * secret and allocates nothing.
 */
#ifndef CLIENT_FAILURE_H
#define CLIENT_FAILURE_H

#include "proto/line.h"
#include "proto/verb.h"

#define RETRY_MAX 604800 /* seconds; more is not believed */

struct failure {
	char code[LINE_KEY_MAX + 1];
	char reason[LINE_KEY_MAX + 1];
	char message[TEXT_MAX + 1];
	unsigned retry_after;
};

/* Nothing failed. */
void failure_clear(struct failure *failure);

/* Failure of our own, with code and reason of error; cut where too long. */
void failure_set(struct failure *failure, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What an error line says; a line that says nothing is malformed. */
void failure_read(struct failure *failure, struct line *line);

/* The exit status of its code. */
int failure_exit(const struct failure *failure);

#endif
