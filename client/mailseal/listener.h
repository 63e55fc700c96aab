/* SPDX-License-Identifier: ISC */
/*
 * listener: where the browser comes back to after a sign-in, on loopback.
 *
 * It reads one request line a connection and understands nothing of it but
 * that it is a GET; the broker judges what it means.  Several browsers'
 * connections may be open, silent ones too, each for a limited time.
 */
#ifndef CLIENT_MAILSEAL_LISTENER_H
#define CLIENT_MAILSEAL_LISTENER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define LISTENER_VISITORS 16 /* connections at a time */
#define LISTENER_POLL_MAX (LISTENER_VISITORS + 2)

struct listener;

void listener_free(struct listener *listener);

/*
 * Listen on 127.0.0.1, and on ::1 where there is one, at the same port; 0 is
 * any.  NULL with errno.
 */
struct listener *listener_new(unsigned port)
    __attribute__((warn_unused_result));

__attribute__((unused)) static inline void
listener_auto(struct listener **listener)
{
	listener_free(*listener);
}

unsigned listener_port(const struct listener *listener);

/* What to poll for, at most LISTENER_POLL_MAX; returns how many. */
size_t listener_fds(const struct listener *listener, struct pollfd *fds);

/* Accept and read what is ready, and drop who was silent for too long. */
void listener_step(struct listener *listener);

/*
 * The target of the next whole request, or NULL.  Its visitor waits for
 * listener_answer().
 */
const char *listener_take(struct listener *listener);

/* Answer him with a page of a title and a text, and hang up. */
void listener_answer(struct listener *listener, const char *status,
    const char *title, const char *text);

#endif
