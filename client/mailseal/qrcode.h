/* SPDX-License-Identifier: ISC */
/*
 * qrcode: an address as a picture that a telephone reads off the terminal.
 *
 * libqrencode makes it where the host has it; it is looked for at run time and
 * never needed.  Nothing but an address that is printed anyway is drawn.
 */
#ifndef CLIENT_MAILSEAL_QRCODE_H
#define CLIENT_MAILSEAL_QRCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define QRCODE_LIBRARY "libqrencode.so.4"
#define QRCODE_QUIET 4 /* light modules around it, ISO/IEC 18004 */

/* As the library has it; the lowest bit of a byte is 1 where it is dark. */
struct qrcode {
	int version;
	int width;
	unsigned char *data; /* width rows of width bytes */
};

void qrcode_free(struct qrcode *code);

/* The code of a text; NULL without the library, or where it does not fit. */
struct qrcode *qrcode_new(const char *text) __attribute__((warn_unused_result));

__attribute__((unused)) static inline void
qrcode_auto(struct qrcode **code)
{
	qrcode_free(*code);
}

/* How wide and high it is drawn, in columns and lines. */
size_t qrcode_columns(const struct qrcode *code);
size_t qrcode_lines(const struct qrcode *code);

/*
 * Draw it, two modules above each other in a character.  It is light on dark
 * as it stands; in colour it is so on a light terminal, too.
 */
void qrcode_draw(FILE *out, const struct qrcode *code, bool colour);

/*
 * Draw a text on stdout, where that is a terminal for UTF-8 that it fits on;
 * else do nothing.
 */
void qrcode_show(const char *text);

#endif
