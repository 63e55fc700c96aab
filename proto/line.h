/* SPDX-License-Identifier: ISC */
/*
 * line: the one language of all three sockets, read and written.
 *
 * A line is a word and key=value fields, separated by single spaces and
 * ended by LF.  It has exactly one spelling: what need not be encoded must
 * not be.  The reader decodes in place and allocates nothing; the writer
 * fills a buffer of the caller's.  Neither touches a descriptor.
 * The grammar is in mailseal-protocol(7).
 */
#ifndef PROTO_LINE_H
#define PROTO_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_CONSUMER_MAX 4096 /* bytes of a consumer's request, with LF */
#define LINE_LONG_MAX 65536    /* bytes of any other line, with LF */
#define LINE_KEY_MAX 32	       /* bytes of a word or key */
#define LINE_FIELDS_MAX 64     /* fields on one line */

/* Bytes that belong to somebody else. */
struct span {
	const unsigned char *data;
	size_t len;
};

struct line_field {
	const char *key;
	unsigned char *value; /* decoded; a NUL stands behind it */
	size_t len;
	bool taken;
};

/* A line being read.  It remembers its first failure; line_end() tells it. */
struct line {
	int error;
	const char *word;
	const char *culprit; /* the key that the failure is about, or NULL */
	size_t count;
	struct line_field field[LINE_FIELDS_MAX];
};

/*
 * Read the len bytes of one line, without its LF, decoding them in place.
 * The byte at bytes[len], where the LF stood, must be writable.  The line
 * points into bytes, which must outlive it.
 *
 * The failure, if any, is remembered: MAILSEAL_E_MALFORMED (grammar, an
 * unneeded or lower-case escape, a control character), MAILSEAL_E_REPEATED
 * (a key twice), MAILSEAL_E_TOOLONG (too many fields, too long a key).
 */
void line_start(struct line *line, char *bytes, size_t len);

/* The first word; "" when the line could not be read. */
const char *line_word(const struct line *line);

/* Whether there is such a field, taken or not. */
bool line_has(const struct line *line, const char *key);

/*
 * Take a field's text of at most max bytes, or NULL when it is absent.  A
 * longer one is MAILSEAL_E_TOOLONG, a NUL inside MAILSEAL_E_MALFORMED; both
 * are remembered, and NULL is returned.
 */
const char *line_get(struct line *line, const char *key, size_t max);

/* The same for a field that must be there: MAILSEAL_E_MISSING otherwise. */
const char *line_need(struct line *line, const char *key, size_t max);

/* Take a field's bytes, whatever they are; .data is NULL when absent. */
struct span line_get_bytes(struct line *line, const char *key, size_t max);

/*
 * Take a decimal number from 0 to max, or absent where there is no such
 * field.  No sign, no leading zero; else MAILSEAL_E_MALFORMED.
 */
uint64_t line_get_number(struct line *line, const char *key, uint64_t absent,
    uint64_t max);

/*
 * Take the next untaken field whose key starts with prefix; false when there
 * is none.  *key is the key after the prefix.
 */
bool line_next(struct line *line, const char *prefix, const char **key,
    struct span *value);

/* Overwrite the bytes of a field with zeros. */
void line_wipe(struct line *line, const char *key);

/* Remember a failure of the caller's about a key, unless there is one. */
void line_fail(struct line *line, int error, const char *key);

/* The first failure; an untaken field is MAILSEAL_E_UNKNOWN.  For requests. */
int line_end(struct line *line) __attribute__((warn_unused_result));

/* The first failure; untaken fields are skipped.  For replies. */
int line_end_reply(const struct line *line) __attribute__((warn_unused_result));

/* A line being written into bytes[size].  It remembers its first failure. */
struct line_writer {
	int error;
	char *bytes;
	size_t size;
	size_t len;
};

/* Start a line with its word. */
void line_begin(struct line_writer *w, char *bytes, size_t size,
    const char *word);

/* Add a field.  A NULL text adds nothing.  The caller repeats no key. */
void line_put(struct line_writer *w, const char *key, const char *text);
void line_put_bytes(struct line_writer *w, const char *key, const void *data,
    size_t len);
void line_put_number(struct line_writer *w, const char *key, uint64_t number);

/* The same under the key prefix followed by key. */
void line_put_prefixed(struct line_writer *w, const char *prefix,
    const char *key, const void *data, size_t len);

/*
 * End the line with LF; *len is its whole length.
 *
 * MAILSEAL_E_TOOLONG    it does not fit
 * MAILSEAL_E_MALFORMED  a word or key is not one
 */
int line_finish(struct line_writer *w, size_t *len)
    __attribute__((warn_unused_result));

/* A word or key: [a-z0-9_]{1,32}. */
bool line_is_key(const char *text);

#endif
