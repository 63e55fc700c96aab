/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "client/mailseal/command.h"
#include "client/mailseal/inventory.h"
#include "client/mailseal/jsontext.h"
#include "client/mailseal/moment.h"
#include "client/mailseal/thumbprint.h"

#define INSPECTION_S 300 /* an exchange for each secret and server */

/* ---- show */

static void
add_server(struct table *table, const struct row *row, const char *name,
    const char *host, const char *port, const char *tls)
{
	char text[320];

	if (row_get(row, host) == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%s:%s (%s)", row_text(row, host),
	    row_text(row, port),
	    row_is(row, tls, "implicit") ? "TLS" : "STARTTLS");
	table_add_pair(table, name, text);
}

static struct table *
settings_table(const struct row *row)
{
	static const char *const heads[] = { "", "", NULL };
	static const char *const pairs[][2] = { { "provider:", "name" },
		{ "file:", "file" }, { "preset:", "preset" },
		{ "module:", "module" }, { "type:", "type" },
		{ "flow:", "flow" }, { "tenant:", "tenant" },
		{ "cloud:", "cloud" }, { "domain:", "hd" },
		{ "authority:", "authority" }, { "client id:", "client_id" },
		{ "client auth:", "client_auth" }, { "scope:", "scope" },
		{ "scope, smtp:", "scope_smtp" },
		{ "scope, imap:", "scope_imap" }, { "prompt:", "prompt" },
		{ "redirect:", "redirect_uri" }, { "issuer:", "issuer" },
		{ "sign-in page:", "authorization_endpoint" },
		{ "tokens from:", "token_endpoint" },
		{ "keys from:", "jwks_uri" }, { "accounts:", "accounts" } };
	struct table *table = table_new(heads);

	if (table == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		table_add_pair(table, pairs[i][0], row_get(row, pairs[i][1]));
	add_server(table, row, "smtp:", "smtp_host", "smtp_port", "smtp_tls");
	add_server(table, row, "imap:", "imap_host", "imap_port", "imap_tls");
	if (row_get(row, "error") != NULL)
		table_add_note(table, row_get(row, "error"));
	return table;
}

static enum tint
tint_of_credential(const char *state)
{
	if (strcmp(state, "used") == 0 || strcmp(state, "spare") == 0)
		return TINT_GOOD;
	if (strcmp(state, "ended") == 0 || strcmp(state, "unused") == 0)
		return TINT_WARN;
	return TINT_BAD;
}

static void
add_note(struct table *table, const struct row *row, const char *words,
    const char *key)
{
	char text[512];

	if (row_get(row, key) == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%s %.400s", words,
	    row_text(row, key));
	table_add_note(table, text);
}

/* As the provider shows it, beside the certificate that was uploaded. */
static void
add_thumbprint(struct table *table, const struct row *row)
{
	char hex[THUMBPRINT_SIZE], text[THUMBPRINT_SIZE + 16];

	if (row_get(row, "x5t") == NULL)
		return;
	(void)snprintf(text, sizeof(text), "SHA-1 %s",
	    thumbprint_hex(row_text(row, "x5t"), hex));
	table_add_note(table, text);
}

static struct table *
credentials_table(const struct listing *listing)
{
	static const char *const heads[] = { "LABEL", "WHAT", "STATE", "ADDED",
		"ENDS", NULL };
	struct table *table = table_new(heads);
	char text[MOMENT_SIZE];

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];
		const char *state = row_text(row, "state");

		if (!row_is(row, "kind", "credential"))
			continue;
		table_add(table, row_get(row, "label"), TINT_NONE);
		table_add(table,
		    row_is(row, "type", "client_key") ? "key" : "client secret",
		    TINT_NONE);
		table_add(table, state, tint_of_credential(state));
		table_add(table,
		    moment_of_field(row_get(row, "added"), time(NULL), text),
		    TINT_NONE);
		table_add(table,
		    moment_date(row_get(row, "ends"), time(NULL), text),
		    TINT_NONE);
		add_note(table, row, "certificate of", "subject");
		add_note(table, row, "of the service account",
		    "service_account");
		add_thumbprint(table, row);
	}
	return table;
}

static int
show_text(const struct listing *listing, const struct row *provider)
{
	AUTO(table) settings = settings_table(provider);
	AUTO(table) credentials = credentials_table(listing);
	int status;

	if (settings == NULL || credentials == NULL)
		return complain(EX_OSERR, "out of memory");
	status = print_table(settings);
	if (status != EX_OK || table_is_empty(credentials))
		return status;
	(void)fputc('\n', stdout);
	return print_table(credentials);
}

int
command_provider_show(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	struct jsontext json = { .out = stdout };
	const struct row *provider;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	line_put(ask_begin(ask, "provider_show"), "provider", options->word[0]);
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	provider = listing_find(listing, "kind", "provider");
	if (provider == NULL)
		return complain(EX_PROTOCOL, "the answer lacks the provider");
	if (!options_have(options, OPTION_JSON))
		return finish_output(show_text(listing, provider));
	jsontext_open(&json, NULL, '{');
	jsontext_open(&json, "provider", '{');
	row_json(provider, "kind", &json);
	jsontext_close(&json, '}');
	listing_json(listing, "credential", "credentials", &json);
	jsontext_close(&json, '}');
	return finish_output(EX_OK);
}

/* ---- check */

static enum tint
tint_of_result(const char *result)
{
	if (strcmp(result, "ok") == 0)
		return TINT_GOOD;
	return strcmp(result, "warning") == 0 ? TINT_WARN : TINT_BAD;
}

static const char *
name_actor(const char *who)
{
	static const char *const names[][2] = { { "admin", "you" },
		{ "owner", "owner of the registration" },
		{ "tenant_admin", "admin of the tenant" },
		{ "mail_admin", "admin of the mail server" },
		{ "person", "owner of the mailbox" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (who != NULL && strcmp(names[i][0], who) == 0)
			return names[i][1];
	return who;
}

static struct table *
findings_table(const struct listing *listing)
{
	static const char *const heads[] = { "RESULT", "WHAT", "WHO MUST ACT",
		NULL };
	struct table *table = table_new(heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];
		const char *result = row_text(row, "result");

		table_add(table, result, tint_of_result(result));
		table_add(table, row_get(row, "what"), TINT_NONE);
		table_add(table, name_actor(row_get(row, "who")), TINT_NONE);
		if (row_get(row, "message") != NULL)
			table_add_note(table, row_get(row, "message"));
		add_note(table, row, "next:", "next");
	}
	return table;
}

static int
judge_findings(const struct listing *listing)
{
	if (listing_find(listing, "result", "fault") != NULL)
		return EX_CONFIG;
	return listing_find(listing, "result", "warning") != NULL ?
	    EXIT_ATTENTION :
	    EX_OK;
}

int
command_provider_check(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	line_put(ask_begin(ask, "provider_check"), "provider",
	    options->word[0]);
	status = listing_ask(ask, INSPECTION_S, &listing);
	if (status == EX_OK)
		status = print_listing(options, listing, NULL, findings_table,
		    "nothing was found");
	return status == EX_OK ? judge_findings(listing) : status;
}
