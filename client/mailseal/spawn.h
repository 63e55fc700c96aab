/* SPDX-License-Identifier: ISC */
/*
 * spawn: run another program to its end, with pipes and a deadline.
 *
 * The program is named by its whole path and gets an environment of our own
 * making.  A secret goes in by its stdin and comes out by its stdout only.
 */
#ifndef CLIENT_MAILSEAL_SPAWN_H
#define CLIENT_MAILSEAL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>

#define SPAWN_WORDS_MAX 7
#define SPAWN_SAID_MAX 400 /* bytes of what a program said last */

struct spawn {
	const char *path;
	const char *word[SPAWN_WORDS_MAX]; /* behind it; NULL: no more */
	const char *input; /* for its stdin; NULL: it is empty */
	size_t input_len;
	char *output;	    /* where its stdout goes, with a NUL behind it */
	size_t output_size; /* room for both; 0: what it prints is dropped */
	size_t output_len;  /* that came */
	char said[SPAWN_SAID_MAX]; /* the last line of its stderr, or why it
				      did not run or end */
};

/* Whether it ended with status 0, in time, having printed what fits. */
bool spawn_run(struct spawn *spawn, unsigned timeout_s)
    __attribute__((warn_unused_result));

#endif
