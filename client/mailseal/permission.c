/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/inventory.h"
#include "client/mailseal/jsontext.h"

/* What each account is to the caller, in the order of names. */
static struct table *
accounts_of_caller(const struct listing *listing)
{
	static const char *const heads[] = { "ACCOUNT", "FOR", "TYPE", "STATE",
		"PREFERRED", NULL };
	struct table *table = table_new(heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];
		const char *state = row_text(row, "state");

		table_add(table, row_get(row, "account"), TINT_NONE);
		table_add(table, row_get(row, "for"), TINT_NONE);
		table_add(table, row_get(row, "type"), TINT_NONE);
		table_add(table, state, tint_of_state(state));
		table_add(table, row_get(row, "preferred"), TINT_NONE);
		if (row_is(row, "type", "password") &&
		    row_get(row, "password") == NULL)
			table_add_note(table,
			    "its string is the password itself, and no allow "
			    "line says may-have-password");
	}
	return table;
}

int
command_accounts(const struct options *options)
{
	AUTO(ask) ask = ask_consumer(options);
	AUTO(listing) listing = NULL;
	AUTO(table) table = NULL;
	struct jsontext json = { .out = stdout };
	int status;

	if (ask == NULL)
		return EX_USAGE;
	(void)ask_begin(ask, "accounts"); /* it has no fields */
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	if (options_have(options, OPTION_JSON)) {
		listing_json(listing, NULL, NULL, &json);
		return finish_output(EX_OK);
	}
	if (listing->count == 0) {
		(void)puts("There is no account for you; an admin may enrol "
			   "one, and name you on an allow line.\n"
			   "Who you are to the broker: mailseal whoami");
		return finish_output(EX_OK);
	}
	table = accounts_of_caller(listing);
	if (table == NULL)
		return complain(EX_OSERR, "out of memory");
	return finish_output(print_table(table));
}
