/* SPDX-License-Identifier: ISC */
/*
 * fold: sentences in lines that fit a terminal.
 *
 * A line ends at a blank, and not within a command that is to be typed, which
 * would be copied in two pieces.  What goes to a file or a pipe stays one line.
 */
#ifndef CLIENT_MAILSEAL_FOLD_H
#define CLIENT_MAILSEAL_FOLD_H

#include <stddef.h>
#include <stdio.h>

/*
 * How many bytes of text stay together: up to a blank, or a whole command of
 * ours, in quotes or up to a semicolon, where that has at most room characters.
 */
size_t fold_word(const char *text, size_t room);

/*
 * Print a text by glyph_print(), which begins in this column, counted from 0;
 * on a terminal its other lines are indented by so many blanks.
 */
void fold_print(FILE *out, const char *text, size_t column, size_t indent);

#endif
