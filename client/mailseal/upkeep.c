/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/jsontext.h"
#include "client/mailseal/listing.h"

/* A text of the answer on stdout, with words around it, where it is there. */
static void
print_field(struct ask *ask, const char *before, const char *key,
    const char *after)
{
	const char *text = line_get(ask_line(ask), key, TEXT_MAX);

	if (text == NULL || *text == '\0')
		return;
	(void)fputs(before, stdout);
	glyph_print(stdout, text);
	(void)fputs(after, stdout);
}

/* A number of the answer on stdout, and how its noun ends for it. */
static void
print_count(struct ask *ask, const char *before, const char *key,
    const char *noun)
{
	uint64_t count = line_get_number(ask_line(ask), key, 0, UINT32_MAX);

	(void)printf("%s%u%s%s", before, (unsigned)count, noun,
	    count == 1 ? "" : "s");
}

int
command_test(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	struct line_writer *w;

	if (ask == NULL)
		return EX_USAGE;
	w = ask_begin(ask, "test");
	line_put(w, "account", options->word[0]);
	line_put(w, "to", options->send);
	line_put(w, "for", options->service);
	if (!ask_once(ask, ENROLMENT_S))
		return complain_failure(ask_failure(ask));
	print_field(ask, "", "account", ": the login works");
	print_field(ask, " at ", "server", "");
	print_field(ask, " (", "mechanism", ")");
	print_field(ask, "\n  it says: ", "message", "");
	print_field(ask, "\n  for IMAP at ", "imap_server", "");
	print_field(ask, " (", "imap_mechanism", ")");
	print_field(ask, "\n  it says: ", "imap_message", "");
	print_field(ask, "\n  a test mail is on its way to ", "sent_to", "");
	(void)fputc('\n', stdout);
	return finish_output(EX_OK);
}

/* Have a person say yes to the removal. */
static int
make_sure(const char *address)
{
	char line[16] = "";

	if (isatty(STDIN_FILENO) != 1)
		return complain(EX_USAGE,
		    "nobody can be asked here; say "
		    "--yes to remove %s",
		    address);
	(void)fputs("The credential of ", stderr);
	glyph_print(stderr, address);
	(void)fputs(" will be wiped.\nType \"yes\" to go on: ", stderr);
	if (fgets(line, sizeof(line), stdin) == NULL ||
	    strcmp(line, "yes\n") != 0)
		return complain(EXIT_FAILURE, "%s stays as it was", address);
	return EX_OK;
}

int
command_remove(const struct options *options)
{
	bool revoke = options_have(options, OPTION_REVOKE);
	AUTO(ask) ask = ask_admin(options);
	struct line_writer *w;
	int status = EX_OK;

	if (ask == NULL)
		return EX_USAGE;
	if (!options_have(options, OPTION_YES))
		status = make_sure(options->word[0]);
	if (status != EX_OK)
		return status;
	w = ask_begin(ask, "remove");
	line_put(w, "account", options->word[0]);
	line_put(w, "revoke", revoke ? "yes" : NULL);
	if (!ask_once(ask, revoke ? ENROLMENT_S : SHORT_S))
		return complain_failure(ask_failure(ask));
	print_field(ask, "", "account",
	    revoke ? ": removed, and its sign-in revoked\n" : ": removed\n");
	return finish_output(EX_OK);
}

/* Ask for a change of one account; false after having complained. */
static bool
change(struct ask *ask, const struct options *options, const char *verb,
    int *status)
{
	*status = EX_USAGE;
	if (ask == NULL)
		return false;
	line_put(ask_begin(ask, verb), "account", options->word[0]);
	if (ask_once(ask, SHORT_S))
		return true;
	*status = complain_failure(ask_failure(ask));
	return false;
}

int
command_disable(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	int status;

	if (!change(ask, options, "disable", &status))
		return status;
	print_field(ask, "", "account", ": disabled, nothing is handed out\n");
	print_field(ask, "  until \"mailseal enable ", "account", "\"\n");
	return finish_output(EX_OK);
}

int
command_enable(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	int status;

	if (!change(ask, options, "enable", &status))
		return status;
	print_field(ask, "", "account", ": enabled");
	print_field(ask, ", it is ", "state", "\n");
	print_field(ask, "  ", "message", "\n");
	return finish_output(EX_OK);
}

/* "none" takes back what was set; for a login that is the address. */
static void
put_setting(struct line_writer *w, const char *key, const char *text,
    const char *none)
{
	line_put(w, key,
	    text != NULL && strcmp(text, "none") == 0 ? none : text);
}

/* One that was asked for; an answer without it means that it was taken back. */
static void
print_setting(struct ask *ask, const char *given, const char *key,
    const char *words, const char *without)
{
	if (given == NULL)
		return;
	print_field(ask, "", "account", ": ");
	if (line_has(ask_line(ask), key))
		print_field(ask, words, key, " from now on\n");
	else
		(void)printf("%s from now on\n", without);
}

int
command_set(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	struct line_writer *w;

	if (ask == NULL)
		return EX_USAGE;
	if (options->login == NULL && options->send_as == NULL &&
	    options->host == NULL)
		return complain(EX_USAGE,
		    "set needs --login NAME, --send-as ADDRESS or --host HOST");
	w = ask_begin(ask, "set");
	line_put(w, "account", options->word[0]);
	put_setting(w, "login", options->login, options->word[0]);
	put_setting(w, "send_as", options->send_as, "");
	put_setting(w, "host", options->host, "");
	if (!ask_once(ask, ENROLMENT_S))
		return complain_failure(ask_failure(ask));
	print_setting(ask, options->login, "login", "logs in as ", "");
	print_setting(ask, options->send_as, "send_as", "sends as ",
	    "sends as itself");
	print_setting(ask, options->host, "host", "sends by ",
	    "sends by the provider's host");
	if (options->login != NULL || options->send_as != NULL) {
		(void)fputs("  see that it works: mailseal test ", stdout);
		glyph_print(stdout, options->word[0]);
		(void)fputc('\n', stdout);
	}
	return finish_output(EX_OK);
}

int
command_reload(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);

	if (ask == NULL)
		return EX_USAGE;
	line_put(ask_begin(ask, "reload"), "allow_unresolved",
	    options_have(options, OPTION_ALLOW_UNRESOLVED) ? "yes" : NULL);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	print_count(ask, "Reloaded: ", "providers", " provider");
	print_count(ask, ", ", "rules", " rule");
	(void)fputc('\n', stdout);
	if (line_get_number(ask_line(ask), "off", 0, UINT32_MAX) > 0)
		print_field(ask,
		    "Off, for a user or group not known yet: ", "off",
		    "; the log of mailseald names each\n");
	return finish_output(EX_OK);
}

/* What did not open, a line each, and how many there are in all. */
static void
print_verified(const struct listing *listing, const struct row *store)
{
	for (size_t i = 0; i < listing->count; i++) {
		if (listing->row[i] == store)
			continue;
		glyph_print(stdout, row_text(listing->row[i], "message"));
		(void)fputc('\n', stdout);
	}
	if (row_is(store, "failed", "0"))
		(void)printf("%s records, all of them open\n",
		    row_text(store, "records"));
	else
		(void)printf("%s records, %s of them do not open\n",
		    row_text(store, "records"), row_text(store, "failed"));
}

int
command_verify(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	const struct row *store;
	struct jsontext json = { .out = stdout };
	int status;

	if (ask == NULL)
		return EX_USAGE;
	(void)ask_begin(ask, "verify"); /* it has no fields */
	status = listing_ask(ask, EXCHANGE_S, &listing);
	if (status != EX_OK)
		return status;
	store = listing_find(listing, "kind", "store");
	if (store == NULL)
		return complain(EX_PROTOCOL, "the answer lacks the store");
	if (options_have(options, OPTION_JSON)) {
		jsontext_open(&json, NULL, '{');
		row_json(store, "kind", &json);
		listing_json(listing, "record", "failures", &json);
		jsontext_close(&json, '}');
	} else
		print_verified(listing, store);
	status = finish_output(EX_OK);
	return status == EX_OK && !row_is(store, "failed", "0") ?
	    EXIT_ATTENTION :
	    status;
}
