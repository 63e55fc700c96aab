/* SPDX-License-Identifier: ISC */
/*
 * jsontext: JSON (RFC 8259) written to a stream; there is no reader here.
 *
 * Control characters are escaped, and a byte that is no UTF-8 becomes U+FFFD,
 * so what is written is always valid.  The caller opens and closes in pairs.
 */
#ifndef CLIENT_MAILSEAL_JSONTEXT_H
#define CLIENT_MAILSEAL_JSONTEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSONTEXT_DEPTH_MAX 8

struct jsontext {
	FILE *out;
	unsigned depth;
	bool some[JSONTEXT_DEPTH_MAX]; /* this level has a member already */
};

/* A key is NULL in an array, and for the outermost value. */
void jsontext_open(struct jsontext *json, const char *key, char bracket);

/* Close with "}" or "]"; the outermost one ends the line. */
void jsontext_close(struct jsontext *json, char bracket);

void jsontext_text(struct jsontext *json, const char *key, const char *text);
void jsontext_number(struct jsontext *json, const char *key, int64_t number);

#endif
