/* SPDX-License-Identifier: ISC */
/*
 * table: rows of text under headings, aligned, for people.
 *
 * A row may have a note, printed below it.  What is printed has passed
 * glyph_print(); colour is only ever around it.
 */
#ifndef CLIENT_MAILSEAL_TABLE_H
#define CLIENT_MAILSEAL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 8

enum tint { TINT_NONE, TINT_GOOD, TINT_WARN, TINT_BAD, TINT_STRONG };

struct table;

void table_free(struct table *table);

/* Headings, one a column; NULL ends them.  heads[0] "" prints no heading. */
struct table *table_new(const char *const *heads)
    __attribute__((warn_unused_result));

__attribute__((unused)) static inline void
table_auto(struct table **table)
{
	table_free(*table);
}

/* Add the next cell; NULL is "-".  A full row is followed by another. */
void table_add(struct table *table, const char *text, enum tint tint);

/* A row of two: a name, and a text where it is not NULL. */
void table_add_pair(struct table *table, const char *name, const char *text);

/*
 * Something to print below the row that was just finished, on lines that fit
 * 80 columns.
 */
void table_add_note(struct table *table, const char *text);

/* Whether there is no row. */
bool table_is_empty(const struct table *table);

/* Print all rows; false when memory had failed. */
bool table_print(const struct table *table, FILE *out, bool colour)
    __attribute__((warn_unused_result));

/* Print a text in a tint. */
void tint_print(FILE *out, const char *text, enum tint tint, bool colour);

/* Whether colour is wanted: a terminal, no NO_COLOR, not a dumb one. */
bool tint_is_wanted(FILE *out);

#endif
