/* SPDX-License-Identifier: ISC */
/*
 * form: names and values written as a query, a form body, or HTTP Basic.
 *
 * Whatever the bytes are, they cannot leave their place.  The text lies in
 * the arena of secrets; nothing is sent here.
 */
#ifndef BROKER_COURIER_FORM_H
#define BROKER_COURIER_FORM_H

#include <stdbool.h>

#include "broker/secret.h"
#include "proto/line.h"

#define FORM_MAX 196608 /* bytes of a whole text */

enum form_style {
	FORM_BODY,  /* application/x-www-form-urlencoded: a space is + */
	FORM_QUERY, /* RFC 3986: a space is %20 */
};

/* A text being written.  It remembers when something did not fit. */
struct form {
	struct secret *text; /* with a NUL behind the len bytes */
	size_t len;
	bool failed;
};

/* An empty text with room for max bytes; text is NULL when out of memory. */
struct form form_start(size_t max);

/* Wipe and free the text. */
void form_end(struct form *form);

/* For __attribute__((cleanup)). */
#define AUTO_FORM __attribute__((cleanup(form_end))) struct form

/* Add text as it is. */
void form_put(struct form *form, const char *text);

/* Add bytes encoded. */
void form_put_encoded(struct form *form, enum form_style style,
    struct span bytes);

/* Add name=value, behind a & when something is there. */
void form_put_pair(struct form *form, enum form_style style, const char *name,
    struct span value);

/*
 * The value of an Authorization header of a client (RFC 6749 section 2.3.1):
 * id and secret are form-encoded, joined by a colon, and put in base64.
 *
 * MAILSEAL_E_NOMEM  the arena is full, or they are too long
 */
int form_basic(struct span id, struct span secret, struct secret **header)
    __attribute__((warn_unused_result));

#endif
