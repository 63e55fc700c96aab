/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/inventory.h"
#include "client/mailseal/listing.h"

#define DIGEST_MAX 128

/* What a row stands for when a yes or no is typed. */
static bool
is(const struct row *row, const char *action)
{
	return row_is(row, "action", action);
}

static size_t
count(const struct listing *listing, const char *action)
{
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++)
		if (is(listing->row[i], action))
			count++;
	return count;
}

static void
print(const char *before, const char *text, const char *after)
{
	(void)fputs(before, stdout);
	glyph_print(stdout, text);
	(void)fputs(after, stdout);
}

static int
print_differences(const struct listing *listing)
{
	static const char *const heads[] = { "KEY", "AS ENROLLED", "NOW",
		NULL };
	AUTO(table) table = table_new(heads);

	if (table == NULL)
		return complain(EX_OSERR, "out of memory");
	for (size_t i = 0; i < listing->count; i++) {
		const struct row *row = listing->row[i];

		if (!row_is(row, "kind", "difference"))
			continue;
		table_add(table, row_text(row, "key"), TINT_NONE);
		table_add(table, row_get(row, "old"), TINT_NONE);
		table_add(table, row_get(row, "new"), TINT_WARN);
	}
	if (table_is_empty(table))
		return EX_OK;
	return print_table(table);
}

/* "HOST:PORT (TLS)", where the account has such a server. */
static bool
print_place(const struct row *row, const char *before, const char *host,
    const char *port, const char *tls)
{
	if (row_get(row, host) == NULL)
		return false;
	print(before, row_text(row, host), ":");
	print("", row_text(row, port), "");
	print(" (", row_text(row, tls), ")");
	return true;
}

static const char *
noun(const struct row *row)
{
	return row_is(row, "type", "client_key") ? "key" : "secret";
}

/* What a yes lets out, and where to. */
static void
print_yes(const struct row *row)
{
	bool first;

	if (row_is(row, "kind", "secret")) {
		print("  the client ", noun(row), " ");
		print("", row_text(row, "label"),
		    " is used as before, at the same sign-in servers\n");
		return;
	}
	print("  the ",
	    row_is(row, "type", "password") ? "password" : "access tokens", "");
	print(" of ", row_text(row, "account"), "\n    may be sent to");
	first = print_place(row, " ", "smtp_host", "smtp_port", "smtp_tls");
	(void)print_place(row, first ? "\n    and to " : " ", "imap_host",
	    "imap_port", "imap_tls");
	(void)fputs(" from now on\n", stdout);
}

/* What stays blocked whatever is said, and what cures it. */
static void
print_left(const char *provider, const struct row *row)
{
	if (is(row, "none")) {
		print("  ", row_text(row, "message"), "\n");
		return;
	}
	if (row_is(row, "kind", "account")) {
		print("  ", row_text(row, "account"), " belongs to another ");
		print("", row_text(row, "keys"), ";\n    enrol it again: ");
		print("mailseal enroll ", row_text(row, "account"), "\n");
		return;
	}
	print("  the client ", noun(row), " ");
	print("", row_text(row, "label"), " belongs to another ");
	print("", row_text(row, "keys"), ";\n    give it again: ");
	print("mailseal provider ", noun(row), " ");
	print("", provider, "\n");
}

static void
print_all(const char *provider, const struct listing *listing)
{
	if (count(listing, "reseal") > 0)
		print("\nWith a yes\n", "", "");
	for (size_t i = 0; i < listing->count; i++)
		if (is(listing->row[i], "reseal"))
			print_yes(listing->row[i]);
	if (count(listing, "renew") + count(listing, "none") > 0)
		print("\nNot sealed anew, whatever is said\n", "", "");
	for (size_t i = 0; i < listing->count; i++)
		if (is(listing->row[i], "renew") || is(listing->row[i], "none"))
			print_left(provider, listing->row[i]);
}

/* Have a person say yes, who has read what was printed. */
static int
make_sure(const char *provider)
{
	char line[16] = "";

	if (isatty(STDIN_FILENO) != 1)
		return complain(EX_USAGE,
		    "nobody can be asked here; say --yes to rebind %s",
		    provider);
	(void)fputs("\nType \"yes\" if all of this is meant: ", stderr);
	if (fgets(line, sizeof(line), stdin) == NULL ||
	    strcmp(line, "yes\n") != 0)
		return complain(EXIT_FAILURE, "%s stays as it was", provider);
	return EX_OK;
}

/* Look, and print it; what was looked at is named by digest. */
static int
show(struct ask *ask, const char *provider, struct listing **listing,
    char digest[DIGEST_MAX])
{
	const char *text;
	int status;

	line_put(ask_begin(ask, "rebind_show"), "provider", provider);
	status = listing_ask(ask, SHORT_S, listing);
	if (status != EX_OK)
		return status;
	text = line_get(ask_line(ask), "digest", DIGEST_MAX - 1);
	if (text == NULL)
		return complain(EX_PROTOCOL, "the answer lacks the digest");
	(void)snprintf(digest, DIGEST_MAX, "%s", text);
	if ((*listing)->count == 0) {
		print("", provider,
		    ": all that is sealed agrees with its file\n");
		return finish_output(EX_OK);
	}
	status = print_differences(*listing);
	if (status != EX_OK)
		return status;
	print_all(provider, *listing);
	return finish_output(EX_OK);
}

static int
rebind(struct ask *ask, const char *provider, const char *digest)
{
	struct line_writer *w = ask_begin(ask, "rebind");
	struct line *answer;

	line_put(w, "provider", provider);
	line_put(w, "digest", digest);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	answer = ask_line(ask);
	(void)printf("\nSealed anew: accounts %u, secrets %u\n",
	    (unsigned)line_get_number(answer, "accounts", 0, UINT32_MAX),
	    (unsigned)line_get_number(answer, "secrets", 0, UINT32_MAX));
	return EX_OK;
}

static void
recommend(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (is(listing->row[i], "reseal") &&
		    row_is(listing->row[i], "kind", "account"))
			print("  see that it works: mailseal test ",
			    row_text(listing->row[i], "account"), "\n");
}

int
command_rebind(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	const char *provider = options->word[0];
	char digest[DIGEST_MAX];
	bool left;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	status = show(ask, provider, &listing, digest);
	if (status != EX_OK || listing->count == 0)
		return status;
	left = count(listing, "renew") + count(listing, "none") > 0;
	if (count(listing, "reseal") == 0)
		return EXIT_ATTENTION;
	if (!options_have(options, OPTION_YES))
		status = make_sure(provider);
	if (status == EX_OK)
		status = rebind(ask, provider, digest);
	if (status != EX_OK)
		return status;
	recommend(listing);
	status = finish_output(EX_OK);
	return status == EX_OK && left ? EXIT_ATTENTION : status;
}
