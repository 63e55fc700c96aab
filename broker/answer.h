/* SPDX-License-Identifier: ISC */
/*
 * answer: the replies that are not strings: errors, one-liners, lists.
 *
 * An error says what happened, to which account, and what to do next, in a
 * message that a person can act on without this source.
 */
#ifndef BROKER_ANSWER_H
#define BROKER_ANSWER_H

#include <stdint.h>

#include "broker/conn.h"
#include "proto/line.h"
#include "proto/meaning.h"

/* What an error is about; NULL and 0 where nothing is known. */
struct plight {
	int error;
	const char *account;
	const char *detail; /* words of the other side, or which field */
	uint64_t retry_after_s;
	const struct meaning *meaning; /* of the words: its remedy is told */
	const char *provider;	       /* name of the file */
};

void answer_plight(struct conn *conn, const struct plight *plight);
void answer_error(struct conn *conn, int error, const char *account,
    const char *detail);

/* A fault in a configuration file: code, file and line. */
void answer_fault(struct conn *conn, int error, const struct fault *fault);

/* The sentence of such an error, as it stands in message=. */
void plight_text(const struct plight *plight, char *text, size_t size);

/* Send the one line of a writer; an error in it is answered as internal. */
void answer_line(struct conn *conn, struct line_writer *w);

/* A list: item lines, then "ok count=N".  Holds no secrets. */
struct list {
	char *bytes;
	size_t len;
	size_t room;
	uint64_t count;
	bool failed;
};

/* Start an item in the caller's buffer, and add it when it is filled. */
void list_add(struct list *list, struct line_writer *w);

/* The same, unless just this item is there already. */
void list_add_once(struct list *list, struct line_writer *w);

/* Forget it, unsent. */
void list_free(struct list *list);

/* Send and free it.  The second has one more field in its last line. */
void list_answer(struct list *list, struct conn *conn);
void list_answer_as(struct list *list, const char *key, const char *text,
    struct conn *conn);

#endif
