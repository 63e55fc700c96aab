/* SPDX-License-Identifier: ISC */
/*
 * reply: what an SMTP server says, read byte by byte (RFC 5321 section 4.2).
 *
 * What an IMAP server says is kept in the same shape: see response.
 *
 * A reply is one or more lines of one code, each ended by CR LF.  Everything
 * about it is bounded, and what is not exactly a reply is refused.  Nothing
 * here touches a connection or judges what a code means.
 */
#ifndef BROKER_COURIER_REPLY_H
#define BROKER_COURIER_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/line.h"
#include "proto/meaning.h"

#define REPLY_LINE_MAX 2048   /* bytes of one line, without CR LF */
#define REPLY_LINES_MAX 100   /* lines of one reply */
#define REPLY_TEXT_MAX 65536  /* bytes of all the lines of one reply */
#define REPLY_ENHANCED_MAX 32 /* with NUL */

struct reply {
	bool whole;			   /* its last line has been read */
	int code;			   /* 200 to 599; 0: of IMAP */
	enum reply_status status;	   /* 0: of SMTP */
	char enhanced[REPLY_ENHANCED_MAX]; /* RFC 3463, or "" */

	/* The lines without codes, any byte but NUL, with \n between them. */
	char text[REPLY_TEXT_MAX + 1];
	size_t text_len;

	unsigned lines;
	char line[REPLY_LINE_MAX];
	size_t line_len;
	bool after_cr;

	const char *tag; /* of an IMAP response that is read; NULL: greeting */
	bool listing;	 /* capabilities were asked for, or may come unasked */
	bool in_data;	 /* a literal stood in its line, which goes on */
	size_t literal;	 /* bytes of it that are still to come */
	size_t skipped;	 /* bytes of all literals */
};

/* Get ready for the next reply. */
void reply_start(struct reply *reply);

/*
 * Read some bytes; *used of them belong to this reply.  Go on until .whole.
 *
 * MAILSEAL_E_MALFORMED  this is no reply, or one beyond the limits
 * MAILSEAL_E_NOTLS      the other side speaks TLS where text was expected
 */
int reply_feed(struct reply *reply, const void *bytes, size_t len, size_t *used)
    __attribute__((warn_unused_result));

/*
 * Whether an EHLO reply's text has a line that starts with keyword and, where
 * word is not NULL, has it among the words that follow.  Whole words, case
 * does not matter.
 */
bool reply_offers(const char *text, const char *keyword, const char *word);

/* Whether the server waits for a line of ours: a 334, or a "+". */
bool reply_is_prompt(const struct reply *reply);

/* The whole reply on one line of printable ASCII: "535 5.7.8 Go away". */
void reply_words(const struct reply *reply, char *words, size_t size);

/*
 * Whether the reply, or the words made of it, repeats a secret or a long piece
 * of it.  A server may quote what it could not decode.
 */
bool reply_repeats(const struct reply *reply, const char *words,
    struct span secret);

#endif
