/* SPDX-License-Identifier: ISC */
/*
 * terminal: keys typed by a person, without echo where that is asked for.
 *
 * While it is watched, the signals that end a program are only noted, so that
 * the terminal is put right first.  A terminal's own line is at most 4095
 * bytes long; a pasted address may be longer, so lines are edited here.
 */
#ifndef CLIENT_MAILSEAL_TERMINAL_H
#define CLIENT_MAILSEAL_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define ENTRY_MAX 16384 /* bytes of a line */

/* A line being typed.  Its owner wipes it. */
struct entry {
	size_t len;
	bool too_long;
	char bytes[ENTRY_MAX + 1]; /* a NUL stands behind the line */
};

enum typed {
	TYPED_SOME, /* go on */
	TYPED_LINE, /* a whole line is there */
	TYPED_END,  /* nothing more will come */
};

/*
 * Note signals rather than die, and take single keys from stdin where that is
 * a terminal.  To be followed by terminal_release() before anything else waits.
 */
void terminal_watch(void);

/* As it was.  The signal that came meanwhile, or 0. */
int terminal_release(void);

/* poll() that a signal interrupts; -1 with EINTR then. */
int terminal_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* Take what was typed on stdin, which is ready. */
enum typed terminal_take(struct entry *entry, bool echo);

/* Whether stdout is a terminal on which a line can be written anew. */
bool terminal_is_lively(void);

/* Die of a signal, as if it had never been noted. */
void terminal_die(int signal) __attribute__((noreturn));

#endif
