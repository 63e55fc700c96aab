/* SPDX-License-Identifier: ISC */
/*
 * ask: one question to the broker, and the lines of its answer.
 *
 * A question is written with line_put(), sent, and answered by item lines and
 * one last line, ok or error.  It is sent twice in one case only: a kept
 * connection that the broker closed without a byte.  Both directions are wiped.
 */
#ifndef CLIENT_ASK_H
#define CLIENT_ASK_H

#include <stdbool.h>

#include "client/failure.h"
#include "proto/line.h"

/* Freed on every way out of its block. */
#define AUTO(type) __attribute__((cleanup(type##_auto))) struct type *

struct ask;

enum ask_answer {
	ASK_ITEM,   /* another line follows it */
	ASK_OK,	    /* the last line, and it went well */
	ASK_FAILED, /* ask_failure() tells why */
};

void ask_free(struct ask *ask);

/* See channel_new(). */
struct ask *ask_new(const char *path, bool checked)
    __attribute__((warn_unused_result));

__attribute__((unused)) static inline void
ask_auto(struct ask **ask)
{
	ask_free(*ask);
}

/* Start a question with its verb; its fields are put into the writer. */
struct line_writer *ask_begin(struct ask *ask, const char *verb);

/* Send it, and give the whole answer this time; a failure shows next. */
void ask_send(struct ask *ask, unsigned timeout_s);

/*
 * The next line of the answer.  A list must be as long as its last line says.
 * After ASK_FAILED of our own making the connection is gone.
 */
enum ask_answer ask_next(struct ask *ask) __attribute__((warn_unused_result));

/* Send and take the one line of the answer; an item is a failure. */
bool ask_once(struct ask *ask, unsigned timeout_s)
    __attribute__((warn_unused_result));

/* What a poll for POLLIN ends on when an answer comes; -1: do not wait. */
int ask_fd(const struct ask *ask);

/* The line that came, until the next call. */
struct line *ask_line(struct ask *ask);

/* To be called when a line lacks what it must have: ask_failure() says so. */
void ask_distrust(struct ask *ask);

const struct failure *ask_failure(const struct ask *ask);

/* For a failure found by the caller. */
struct failure *ask_fail(struct ask *ask);

/* Wipe the last answer; the connection stays. */
void ask_forget(struct ask *ask);

/* Wipe the last answer and hang up. */
void ask_hang_up(struct ask *ask);

#endif
