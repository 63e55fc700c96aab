/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/fold.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/inventory.h"
#include "client/mailseal/jsontext.h"
#include "client/mailseal/listing.h"

static size_t
count_kind(const struct listing *listing, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++)
		count += row_is(listing->row[i], "kind", kind);
	return count;
}

static void
print_fault(const struct row *row)
{
	const char *file = row_text(row, "file");
	size_t column = glyph_count(file) + 2;

	glyph_print(stdout, file);
	if (row_get(row, "line") != NULL)
		column += (size_t)printf(":%s", row_text(row, "line"));
	(void)fputs(": ", stdout);
	fold_print(stdout, row_text(row, "message"), column, 2);
	(void)fputc('\n', stdout);
}

static void
print_faults(const struct listing *listing, const struct row *configuration)
{
	size_t faults = count_kind(listing, "fault");
	size_t off = count_kind(listing, "off");

	for (size_t i = 0; i < listing->count; i++)
		if (listing->row[i] != configuration)
			print_fault(listing->row[i]);
	glyph_print(stdout, row_text(configuration, "folder"));
	if (faults > 0) {
		(void)printf(": %zu fault%s; a reload would be refused\n",
		    faults, faults == 1 ? "" : "s");
		return;
	}
	(void)printf(": %s provider%s, %s rule%s, ",
	    row_text(configuration, "providers"),
	    row_is(configuration, "providers", "1") ? "" : "s",
	    row_text(configuration, "rules"),
	    row_is(configuration, "rules", "1") ? "" : "s");
	if (off > 0)
		(void)printf("%zu off for a user or group not known\n", off);
	else
		(void)puts("no fault");
}

static void
print_check(const struct listing *listing, const struct row *configuration)
{
	struct jsontext json = { .out = stdout };

	jsontext_open(&json, NULL, '{');
	row_json(configuration, "kind", &json);
	listing_json(listing, "fault", "faults", &json);
	listing_json(listing, "off", "off", &json);
	listing_json(listing, "note", "notes", &json);
	jsontext_close(&json, '}');
}

int
command_check(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	const struct row *configuration;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	line_put(ask_begin(ask, "check"), "allow_unresolved",
	    options_have(options, OPTION_ALLOW_UNRESOLVED) ? "yes" : NULL);
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	configuration = listing_find(listing, "kind", "configuration");
	if (configuration == NULL)
		return complain(EX_PROTOCOL,
		    "the answer lacks the configuration");
	if (options_have(options, OPTION_JSON))
		print_check(listing, configuration);
	else
		print_faults(listing, configuration);
	return finish_output(
	    count_kind(listing, "fault") > 0 ? EX_CONFIG : EX_OK);
}

/* Where a value stands: in a row of its own on a terminal, which is narrow. */
static void
add_place(struct table *table, const struct row *row, bool below)
{
	char place[PATH_LENGTH_MAX + 32];
	bool standing = !row_is(row, "from", "default");

	(void)snprintf(place, sizeof(place), "%s%s%s",
	    row_text(row, standing ? "file" : "from"),
	    row_get(row, "line") != NULL ? ":" : "", row_text(row, "line"));
	if (!below)
		table_add(table, place, TINT_NONE);
	else if (standing)
		table_add_note(table, place);
}

static struct table *
values_table(const struct listing *listing)
{
	static const char *const heads[] = { "KEY", "VALUE", "FROM", NULL };
	static const char *const narrow[] = { "KEY", "VALUE", NULL };
	bool below = isatty(STDOUT_FILENO) == 1;
	struct table *table = table_new(below ? narrow : heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];

		table_add(table, row_get(row, "key"), TINT_NONE);
		table_add(table, row_get(row, "value"), TINT_NONE);
		add_place(table, row, below);
	}
	return table;
}

int
command_config(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	line_put(ask_begin(ask, "config"), "pattern",
	    options->count > 0 ? options->word[0] : NULL);
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	return print_listing(options, listing, NULL, values_table,
	    "No key matches; without a pattern all are listed");
}
