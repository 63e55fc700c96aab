/* SPDX-License-Identifier: ISC */
/*
 * glyph: text from elsewhere, one character at a time, for a terminal.
 *
 * Only whole, visible UTF-8 characters are printed; a control character, which
 * could move the cursor or change a title, becomes a question mark.
 */
#ifndef CLIENT_MAILSEAL_GLYPH_H
#define CLIENT_MAILSEAL_GLYPH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The character at text, which is not at its end.  Its bytes are counted in
 * *len; for a byte that starts no UTF-8 character that is 1, and the result is
 * UINT32_MAX.
 */
uint32_t glyph_at(const char *text, size_t *len);

/* How many characters will be seen. */
size_t glyph_count(const char *text);

void glyph_print(FILE *out, const char *text);

#endif
