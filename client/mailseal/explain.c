/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/jsontext.h"
#include "client/mailseal/lookup.h"
#include "client/mailseal/table.h"
#include "proto/glossary.h"

#define TEXT_ROOM 8192 /* of what is asked, its words together */
#define WIDTH 79       /* characters of a line */
#define REMEDY_ROOM 1024

static const char *
who_acts(enum actor actor)
{
	static const char *const words[] = {
		[ACTOR_NOBODY] = "nobody, it passes by itself",
		[ACTOR_PERSON] = "the person whose mailbox it is",
		[ACTOR_TENANT] =
		    "an admin of the organisation, at the provider",
		[ACTOR_OWNER] = "the owner of the registration (client_id)",
		[ACTOR_ADMIN] = "who runs mailseal here",
		[ACTOR_SENDER] = "who sends the message, or the request",
	};

	return words[actor];
}

/* Words in lines that fit, from this column on, where the first one starts. */
static void
print_lines(const char *text, size_t column)
{
	size_t at = column;

	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		if (at > column && at + 1 + len > WIDTH) {
			(void)printf("\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			(void)putchar(' ');
			at++;
		}
		(void)printf("%.*s", (int)len, text);
		at += len;
		text += len;
	}
	(void)putchar('\n');
}

static void
print_pair(const char *name, const char *text)
{
	(void)printf("  %-9s", name);
	print_lines(text, 11);
}

static void
print_name(const struct entry *entry)
{
	tint_print(stdout, entry->name, TINT_STRONG, tint_is_wanted(stdout));
	(void)putchar('\n');
}

static void
print_entry(const struct entry *entry)
{
	char remedy[REMEDY_ROOM];

	print_name(entry);
	print_pair("means", entry->note);
	print_pair("class", entry->class);
	print_pair("who acts", who_acts(entry->actor));
	if (entry->remedy != NULL) {
		glossary_fill(entry->remedy, NULL, NULL, remedy,
		    sizeof(remedy));
		print_pair("to do", remedy);
	}
	print_pair("said by", entry->source);
}

/* For reading: under a heading for each source. */
static void
print_all(const struct entries *entries)
{
	const char *source = "";
	char remedy[REMEDY_ROOM];

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *e = &entries->entry[i];

		if (strcmp(e->source, source) != 0) {
			source = e->source;
			(void)printf("%s%s\n\n", i > 0 ? "\n" : "", source);
		}
		print_name(e);
		(void)fputs("  ", stdout);
		print_lines(e->note, 2);
		if (e->remedy == NULL)
			continue;
		glossary_fill(e->remedy, NULL, NULL, remedy, sizeof(remedy));
		(void)printf("  %s:\n    ", who_acts(e->actor));
		print_lines(remedy, 4);
	}
}

static void
print_json(const struct entries *entries)
{
	struct jsontext json = { .out = stdout };
	char remedy[REMEDY_ROOM];

	jsontext_open(&json, NULL, '[');
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *e = &entries->entry[i];

		jsontext_open(&json, NULL, '{');
		jsontext_text(&json, "source", e->source);
		jsontext_text(&json, "name", e->name);
		jsontext_text(&json, "meaning", e->note);
		jsontext_text(&json, "class", e->class);
		jsontext_text(&json, "actor", actor_name(e->actor));
		if (e->remedy != NULL) {
			glossary_fill(e->remedy, NULL, NULL, remedy,
			    sizeof(remedy));
			jsontext_text(&json, "remedy", remedy);
		}
		jsontext_close(&json, '}');
	}
	jsontext_close(&json, ']');
}

/* All words with a blank between them; false when there are too many. */
static bool
join(const struct options *options, char text[TEXT_ROOM])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < options->count && len < TEXT_ROOM; i++)
		len += (size_t)snprintf(text + len, TEXT_ROOM - len, "%s%s",
		    i > 0 ? " " : "", options->word[i]);
	return len < TEXT_ROOM;
}

/* A number of Microsoft's that is not here is explained by Microsoft. */
static int
complain_unknown(const char *text)
{
	const char *aadsts = strstr(text, "AADSTS");
	const char *number = aadsts != NULL ? aadsts + strlen("AADSTS") : text;
	size_t len = strspn(number, "0123456789");

	if (len >= 5 && len <= 10)
		return complain(EXIT_FAILURE,
		    "%.*s is not known here; Microsoft explains it at "
		    "https://login.microsoftonline.com/error?code=%.*s",
		    (int)len, number, (int)len, number);
	return complain(EXIT_FAILURE,
	    "no code in \"%.200s\" is known here; \"mailseal explain\" lists "
	    "all that are",
	    text);
}

int
command_explain(const struct options *options)
{
	struct entries *entries = malloc(sizeof(*entries));
	char text[TEXT_ROOM];
	int status = EX_OK;

	if (entries == NULL)
		return complain(EX_OSERR, "out of memory");
	if (!join(options, text)) {
		free(entries);
		return complain(EX_USAGE, "that is too long a text");
	}
	if (options->count == 0)
		lookup_all(entries);
	else if (lookup(text, entries) == 0)
		status = complain_unknown(text);
	if (options_have(options, OPTION_JSON))
		print_json(entries);
	else if (options->count == 0)
		print_all(entries);
	else
		for (size_t i = 0; i < entries->count; i++) {
			if (i > 0)
				(void)putchar('\n');
			print_entry(&entries->entry[i]);
		}
	free(entries);
	return finish_output(status);
}
