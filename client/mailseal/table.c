/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/mailseal/fold.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/table.h"

#define GAP 2	    /* blanks between columns, and before a note */
#define NOTE_MAX 78 /* characters of a line of a note, so that 80 hold it */

struct cell {
	char *text;
	enum tint tint;
	bool note; /* below a row, not of it */
};

struct table {
	size_t columns;
	const char *head[TABLE_COLUMNS_MAX];
	size_t count;
	size_t max;
	struct cell *cell;
	bool failed; /* memory ran out */
};

void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cell[i].text);
	free(table->cell);
	free(table);
}

struct table *
table_new(const char *const *heads)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	while (heads[table->columns] != NULL &&
	    table->columns < TABLE_COLUMNS_MAX) {
		table->head[table->columns] = heads[table->columns];
		table->columns++;
	}
	return table;
}

static void
append(struct table *table, const char *text, size_t len, enum tint tint,
    bool note)
{
	struct cell cell = { NULL, tint, note };

	if (table->count == table->max) {
		size_t max = table->max == 0 ? 64 : table->max * 2;
		struct cell *more = reallocarray(table->cell, max,
		    sizeof(*more));

		if (more == NULL) {
			table->failed = true;
			return;
		}
		table->cell = more;
		table->max = max;
	}
	cell.text = strndup(text, len);
	if (cell.text == NULL) {
		table->failed = true;
		return;
	}
	table->cell[table->count++] = cell;
}

void
table_add(struct table *table, const char *text, enum tint tint)
{
	const char *shown = text != NULL && *text != '\0' ? text : "-";

	append(table, shown, strlen(shown), tint, false);
}

void
table_add_pair(struct table *table, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	table_add(table, name, TINT_NONE);
	table_add(table, text, TINT_NONE);
}

/* How many bytes a line of a note takes: to a semicolon, or else to a blank. */
static size_t
cut(const char *text)
{
	size_t thought = 0, word = 0, taken = 0, seen = 0, len;

	for (size_t at = 0; text[at] != '\0'; at += strspn(text + at, " ")) {
		len = fold_word(text + at, NOTE_MAX);
		for (size_t n; taken < at + len; taken += n) {
			(void)glyph_at(text + taken, &n); /* the length */
			seen++;
		}
		if (seen > NOTE_MAX && at > 0)
			return thought > 0 ? thought : word;
		at += len;
		word = at;
		if (text[at - 1] == ';')
			thought = at;
	}
	return strlen(text);
}

void
table_add_note(struct table *table, const char *text)
{
	for (size_t len; *text != '\0'; text += strspn(text, " ")) {
		len = cut(text);
		append(table, text, len, TINT_WARN, true);
		text += len;
	}
}

bool
table_is_empty(const struct table *table)
{
	return table->count == 0 && !table->failed;
}

static void
measure(const struct table *table, size_t width[TABLE_COLUMNS_MAX])
{
	size_t column = 0;

	for (size_t i = 0; i < table->columns; i++)
		width[i] = glyph_count(table->head[i]);
	for (size_t i = 0; i < table->count; i++) {
		size_t len = glyph_count(table->cell[i].text);

		if (table->cell[i].note)
			continue;
		if (len > width[column])
			width[column] = len;
		column = (column + 1) % table->columns;
	}
}

static void
indent(FILE *out, size_t count)
{
	while (count-- > 0)
		(void)fputc(' ', out); /* the caller looks at ferror() */
}

/* A text in its column; the last one of a row is not padded. */
static void
print_cell(FILE *out, const char *text, enum tint tint, bool colour,
    size_t width, bool last)
{
	tint_print(out, text, tint, colour);
	if (last)
		(void)fputc('\n', out);
	else
		indent(out, width - glyph_count(text) + GAP);
}

/* Where the last column begins. */
static size_t
last_at(const struct table *table, const size_t width[TABLE_COLUMNS_MAX])
{
	size_t at = 0;

	for (size_t i = 0; i + 1 < table->columns; i++)
		at += width[i] + GAP;
	return at;
}

bool
table_print(const struct table *table, FILE *out, bool colour)
{
	size_t width[TABLE_COLUMNS_MAX] = { 0 };
	size_t column = 0;

	if (table->failed)
		return false;
	measure(table, width);
	for (size_t i = 0; i < table->columns && *table->head[0] != '\0'; i++)
		print_cell(out, table->head[i], TINT_STRONG, colour, width[i],
		    i + 1 == table->columns);
	for (size_t i = 0; i < table->count; i++) {
		const struct cell *cell = &table->cell[i];

		if (cell->note) {
			indent(out, GAP);
			print_cell(out, cell->text, cell->tint, colour, 0,
			    true);
			continue;
		}
		if (column + 1 == table->columns && cell->tint == TINT_NONE) {
			fold_print(out, cell->text, last_at(table, width),
			    last_at(table, width));
			(void)fputc('\n', out);
		} else {
			print_cell(out, cell->text, cell->tint, colour,
			    width[column], column + 1 == table->columns);
		}
		column = (column + 1) % table->columns;
	}
	return true;
}

void
tint_print(FILE *out, const char *text, enum tint tint, bool colour)
{
	static const char *const codes[] = {
		[TINT_NONE] = "",
		[TINT_GOOD] = "\033[32m",
		[TINT_WARN] = "\033[33m",
		[TINT_BAD] = "\033[31m",
		[TINT_STRONG] = "\033[1m",
	};

	if (!colour || tint == TINT_NONE) {
		glyph_print(out, text);
		return;
	}
	(void)fputs(codes[tint], out);
	glyph_print(out, text);
	(void)fputs("\033[0m", out);
}

bool
tint_is_wanted(FILE *out)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(out)) == 1 && (no == NULL || *no == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}
