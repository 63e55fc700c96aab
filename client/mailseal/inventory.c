/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "client/mailseal/command.h"
#include "client/mailseal/inventory.h"
#include "client/mailseal/jsontext.h"
#include "client/mailseal/moment.h"

#define PROVIDER_FOLDER MAILSEAL_SYSCONFDIR "/provider.d"

int
print_table(const struct table *table)
{
	if (!table_print(table, stdout, tint_is_wanted(stdout)))
		return complain(EX_OSERR, "out of memory");
	return EX_OK;
}

int
print_listing(const struct options *options, const struct listing *listing,
    const char *kind, struct table *(*make)(const struct listing *listing),
    const char *none)
{
	struct jsontext json = { .out = stdout };
	AUTO(table) table = NULL;

	if (options_have(options, OPTION_JSON)) {
		listing_json(listing, kind, NULL, &json);
		return finish_output(EX_OK);
	}
	if (listing->count == 0) {
		(void)puts(none);
		return finish_output(EX_OK);
	}
	table = make(listing);
	if (table == NULL)
		return complain(EX_OSERR, "out of memory");
	return finish_output(print_table(table));
}

enum tint
tint_of_state(const char *state)
{
	if (strcmp(state, "good") == 0 || strcmp(state, "ok") == 0 ||
	    strcmp(state, "open") == 0)
		return TINT_GOOD;
	if (strcmp(state, "waiting") == 0 || strcmp(state, "disabled") == 0 ||
	    strcmp(state, "attention") == 0)
		return TINT_WARN;
	return TINT_BAD;
}

static void
add_moment(struct table *table, const struct row *row, const char *key)
{
	char text[MOMENT_SIZE];

	table_add(table, moment_of_field(row_get(row, key), time(NULL), text),
	    TINT_NONE);
}

/* The login, and the sender, below the row of an account that has another. */
static void
add_login(struct table *table, const struct row *row)
{
	char note[TEXT_MAX];

	if (!row_is(row, "login", row_text(row, "account"))) {
		(void)snprintf(note, sizeof(note), "logs in as %s",
		    row_text(row, "login"));
		table_add_note(table, note);
	}
	if (row_get(row, "send_as") != NULL) {
		(void)snprintf(note, sizeof(note), "sends as %s",
		    row_text(row, "send_as"));
		table_add_note(table, note);
	}
}

/* What is wrong with an account whose address was said already. */
static const char *
trouble(const struct row *row)
{
	const char *text = row_text(row, "message");
	const char *account = row_text(row, "account");
	size_t len = strlen(account);

	if (strncmp(text, account, len) == 0 &&
	    strncmp(text + len, ": ", 2) == 0)
		return text + len + 2;
	return text;
}

/* What to do, below the row of an account that is not good. */
static void
add_remedy(struct table *table, const struct row *row)
{
	const char *next = row_get(row, "next_try");
	char text[MOMENT_SIZE], note[64];

	table_add_note(table, trouble(row));
	if (next != NULL) {
		(void)snprintf(note, sizeof(note), "next try %s",
		    moment_of_field(next, time(NULL), text));
		table_add_note(table, note);
	}
	if (row_is(row, "interrupted", "yes"))
		table_add_note(table,
		    "an exchange was interrupted; should "
		    "the sign-in be refused now, that is why");
}

struct table *
accounts_table(const struct listing *listing, const char *kind)
{
	static const char *const heads[] = { "ACCOUNT", "PROVIDER", "STATE",
		"TOKEN ENDS", "REFRESHED", "USED", NULL };
	struct table *table = table_new(heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];
		const char *state = row_text(row, "state");

		if (kind != NULL && !row_is(row, "kind", kind))
			continue;
		table_add(table, row_get(row, "account"), TINT_NONE);
		table_add(table, row_get(row, "provider"), TINT_NONE);
		table_add(table, state, tint_of_state(state));
		add_moment(table, row, "expires");
		add_moment(table, row, "refreshed_at");
		add_moment(table, row, "used_at");
		add_login(table, row);
		if (strcmp(state, "good") != 0)
			add_remedy(table, row);
	}
	return table;
}

/* Ask for a listing that has no fields in its question. */
static int
obtain(const struct options *options, const char *verb,
    struct listing **listing)
{
	AUTO(ask) ask = ask_admin(options);

	if (ask == NULL)
		return EX_USAGE;
	(void)ask_begin(ask, verb); /* it has no fields */
	return listing_ask(ask, SHORT_S, listing);
}

static struct table *
all_accounts_table(const struct listing *listing)
{
	return accounts_table(listing, NULL);
}

int
command_list(const struct options *options)
{
	AUTO(listing) listing = NULL;
	int status = obtain(options, "list", &listing);

	if (status != EX_OK)
		return status;
	return print_listing(options, listing, NULL, all_accounts_table,
	    "There are no accounts yet; enrol one: mailseal enroll ADDRESS");
}

static void
add_place(struct table *table, const struct row *row, const char *name,
    const char *service)
{
	char key[32], text[320];
	const char *host, *port, *tls;

	(void)snprintf(key, sizeof(key), "%s_host", service);
	host = row_get(row, key);
	(void)snprintf(key, sizeof(key), "%s_port", service);
	port = row_text(row, key);
	(void)snprintf(key, sizeof(key), "%s_tls", service);
	tls = row_text(row, key);
	if (host == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%s:%s (%s)", host, port,
	    strcmp(tls, "implicit") == 0 ? "TLS" : "STARTTLS");
	table_add_pair(table, name, text);
}

static void
add_time(struct table *table, const struct row *row, const char *name,
    const char *key)
{
	char text[MOMENT_SIZE];

	if (row_get(row, key) != NULL)
		table_add_pair(table, name,
		    moment_of_field(row_get(row, key), time(NULL), text));
}

static struct table *
account_table(const struct row *row)
{
	static const char *const heads[] = { "", "", NULL };
	const char *state = row_text(row, "state");
	struct table *table = table_new(heads);

	if (table == NULL)
		return NULL;
	table_add_pair(table, "account:", row_get(row, "account"));
	table_add_pair(table, "login:", row_get(row, "login"));
	table_add_pair(table, "IMAP login:", row_get(row, "imap_login"));
	table_add_pair(table, "sends as:", row_get(row, "send_as"));
	table_add(table, "state:", TINT_NONE);
	table_add(table, state, tint_of_state(state));
	if (strcmp(state, "good") != 0)
		add_remedy(table, row);
	table_add_pair(table, "type:", row_get(row, "type"));
	table_add_pair(table, "provider:", row_get(row, "provider"));
	table_add_pair(table, "module:", row_get(row, "module"));
	table_add_pair(table, "identity:", row_get(row, "identity"));
	table_add_pair(table, "issuer:", row_get(row, "issuer"));
	table_add_pair(table, "scope:", row_get(row, "scope"));
	table_add_pair(table, "also opens:", row_get(row, "also_opens"));
	add_place(table, row, "smtp:", "smtp");
	table_add_pair(table, "own host:", row_get(row, "host"));
	add_place(table, row, "imap:", "imap");
	add_time(table, row, "enrolled:", "enrolled_at");
	table_add_pair(table, "enrolled by:", row_get(row, "enrolled_by"));
	add_time(table, row, "refreshed:", "refreshed_at");
	add_time(table, row, "used:", "used_at");
	add_time(table, row, "token ends:", "expires");
	return table;
}

int
command_show(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	AUTO(table) table = NULL;
	struct jsontext json = { .out = stdout };
	int status;

	if (ask == NULL)
		return EX_USAGE;
	line_put(ask_begin(ask, "show"), "account", options->word[0]);
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	if (listing->count != 1)
		return complain(EX_PROTOCOL, "the answer is no account");
	if (options_have(options, OPTION_JSON)) {
		jsontext_open(&json, NULL, '{');
		row_json(listing->row[0], NULL, &json);
		jsontext_close(&json, '}');
		return finish_output(EX_OK);
	}
	table = account_table(listing->row[0]);
	if (table == NULL)
		return complain(EX_OSERR, "out of memory");
	return finish_output(print_table(table));
}

static struct table *
providers_table(const struct listing *listing)
{
	static const char *const heads[] = { "PROVIDER", "MODULE", "TYPE",
		"MAIL SERVER", "SECRETS", "ACCOUNTS", NULL };
	struct table *table = table_new(heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];
		char server[320] = "";

		if (row_get(row, "smtp_host") != NULL)
			(void)snprintf(server, sizeof(server), "%s:%s",
			    row_get(row, "smtp_host"),
			    row_text(row, "smtp_port"));
		table_add(table, row_get(row, "name"),
		    row_get(row, "error") != NULL ? TINT_BAD : TINT_NONE);
		table_add(table, row_get(row, "module"), TINT_NONE);
		table_add(table, row_get(row, "type"), TINT_NONE);
		table_add(table, server, TINT_NONE);
		table_add(table, row_get(row, "secrets"), TINT_NONE);
		table_add(table, row_get(row, "accounts"), TINT_NONE);
		if (row_get(row, "error") != NULL)
			table_add_note(table, row_get(row, "error"));
	}
	return table;
}

int
command_provider_list(const struct options *options)
{
	AUTO(listing) listing = NULL;
	int status = obtain(options, "provider_list", &listing);

	if (status != EX_OK)
		return status;
	return print_listing(options, listing, NULL, providers_table,
	    "There are no providers yet; write a file in " PROVIDER_FOLDER
	    ", see mailseald.conf(5)");
}
