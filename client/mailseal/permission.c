/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/fold.h"
#include "client/mailseal/glyph.h"
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
	int status;

	if (ask == NULL)
		return EX_USAGE;
	(void)ask_begin(ask, "accounts"); /* it has no fields */
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	return print_listing(options, listing, NULL, accounts_of_caller,
	    "There is no account for you; an admin may enrol one, and name you "
	    "on an allow\nline.  Who you are to the broker: mailseal whoami");
}

static bool
is_allowed(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (row_is(listing->row[i], "answer", "allowed"))
			return true;
	return false;
}

/* Who is supposed to ask for what. */
static void
print_question(const struct row *row)
{
	const char *unit = row_get(row, "unit");

	glyph_print(stdout, row_text(row, "account"));
	(void)fputs(", asked for by user ", stdout);
	glyph_print(stdout, row_text(row, "user"));
	(void)fputs(" of groups ", stdout);
	glyph_print(stdout, row_text(row, "groups"));
	(void)fputs(unit != NULL ? " in unit " : " in no unit", stdout);
	glyph_print(stdout, unit != NULL ? unit : "");
	(void)fputs(":\n", stdout);
}

/* What no allow line can cure. */
static void
print_state(const struct row *row)
{
	const char *state = row_text(row, "state");

	if (row_is(row, "enrolled", "no"))
		(void)puts("The account is not enrolled: whatever the lines "
			   "say, there is no string.");
	if (row_is(row, "enrolled", "no") || strcmp(state, "good") == 0)
		return;
	(void)fputs("And the account is ", stdout);
	tint_print(stdout, state, tint_of_state(state), tint_is_wanted(stdout));
	(void)puts(":");
	fold_print(stdout, row_text(row, "message"), 0, 0);
	(void)fputc('\n', stdout);
}

/* What who gets a string gets besides. */
static void
add_reach(struct table *table, const struct row *row)
{
	char text[TEXT_MAX];

	if (!row_is(row, "answer", "allowed") ||
	    row_get(row, "also_opens") == NULL)
		return;
	(void)snprintf(text, sizeof(text), "this string also opens %s",
	    row_text(row, "also_opens"));
	table_add_note(table, text);
}

static struct table *
answers_table(const struct listing *listing)
{
	static const char *const heads[] = { "FOR", "ANSWER", "PASSWORD",
		"PREFERRED", NULL };
	struct table *table = table_new(heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];

		if (!row_is(row, "kind", "service"))
			continue;
		table_add(table, row_get(row, "for"), TINT_NONE);
		table_add(table, row_get(row, "answer"),
		    row_is(row, "answer", "allowed") ? TINT_GOOD : TINT_BAD);
		table_add(table, row_get(row, "password"), TINT_NONE);
		table_add(table, row_get(row, "preferred"), TINT_NONE);
		table_add_note(table, row_text(row, "message"));
		add_reach(table, row);
	}
	return table;
}

static int
print_answers(const struct listing *listing, const struct row *account)
{
	AUTO(table) table = answers_table(listing);

	if (table == NULL)
		return complain(EX_OSERR, "out of memory");
	print_question(account);
	if (print_table(table) != EX_OK)
		return EX_OSERR;
	print_state(account);
	return EX_OK;
}

static void
print_json(const struct listing *listing, const struct row *account)
{
	struct jsontext json = { .out = stdout };

	jsontext_open(&json, NULL, '{');
	row_json(account, "kind", &json);
	listing_json(listing, "service", "services", &json);
	jsontext_close(&json, '}');
}

int
command_access(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	const struct row *account;
	struct line_writer *w;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	if (options->user == NULL)
		return complain(EX_USAGE, "access needs --user: who would ask");
	w = ask_begin(ask, "access");
	line_put(w, "account", options->word[0]);
	line_put(w, "user", options->user);
	line_put(w, "unit", options->unit);
	line_put(w, "for", options->service);
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	account = listing_find(listing, "kind", "account");
	if (account == NULL)
		return complain(EX_PROTOCOL, "the answer lacks the account");
	if (options_have(options, OPTION_JSON))
		print_json(listing, account);
	else
		status = print_answers(listing, account);
	status = finish_output(status);
	return status == EX_OK && !is_allowed(listing) ? EX_NOPERM : status;
}
