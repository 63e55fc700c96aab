/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/credential.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/inventory.h"
#include "client/mailseal/recoverycode.h"
#include "client/mailseal/slotfile.h"
#include "client/mailseal/slots.h"

/* ---- a list */

int
slots_ask(struct ask *ask, struct listing **slots)
{
	(void)ask_begin(ask, "slot_list"); /* it has no fields */
	return listing_ask(ask, SHORT_S, slots);
}

bool
slots_have_recovery(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (row_is(listing->row[i], "kind", "slot") &&
		    row_is(listing->row[i], "type", "recovery"))
			return true;
	return false;
}

/* Below a slot that did not open: how it is made anew. */
static void
add_remedy(struct table *table, const struct row *slot)
{
	bool credential = row_is(slot, "type", "credential");
	char text[TEXT_MAX];

	table_add_note(table, row_text(slot, "message"));
	if (!credential) {
		(void)snprintf(text, sizeof(text),
		    "when that is cured: \"mailseal unlock --file %s\"; "
		    "when the file is lost:",
		    row_text(slot, "label"));
		table_add_note(table, text);
	}
	(void)snprintf(text, sizeof(text),
	    "\"mailseal unlock --recovery\", then \"mailseal slot remove %s\" "
	    "and",
	    row_text(slot, "id"));
	table_add_note(table, text);
	(void)snprintf(text, sizeof(text),
	    "\"mailseal slot add %s %s\" make it anew",
	    credential ? "credential --name" : "file --file",
	    row_text(slot, "label"));
	table_add_note(table, text);
}

struct table *
slots_table(const struct listing *listing)
{
	static const char *const heads[] = { "SLOT", "STATE", "KIND", "LABEL",
		NULL };
	struct table *table = table_new(heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];
		const char *state = row_text(row, "state");

		if (!row_is(row, "kind", "slot"))
			continue;
		table_add(table, row_get(row, "id"), TINT_NONE);
		table_add(table, state,
		    row_is(row, "state", "untried") ? TINT_NONE :
						      tint_of_state(state));
		table_add(table, row_get(row, "type"), TINT_NONE);
		table_add(table, row_get(row, "label"), TINT_NONE);
		if (row_is(row, "state", "failed"))
			add_remedy(table, row);
	}
	return table;
}

int
command_slot_list(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) slots = NULL;
	int status = ask == NULL ? EX_USAGE : slots_ask(ask, &slots);

	if (status != EX_OK)
		return status;
	return print_listing(options, slots, "slot", slots_table,
	    "There is no master key yet; run \"mailseal init\".");
}

/* ---- one more */

/* An option that belongs to another kind of slot. */
static int
check_add(const struct options *options, const char *kind)
{
	const char *stray = NULL;

	if (options->file != NULL && strcmp(kind, "file") != 0)
		stray = "--file";
	if (options->name != NULL && strcmp(kind, "credential") != 0)
		stray = "--name";
	if (options->with_key != NULL && strcmp(kind, "credential") != 0)
		stray = "--with-key";
	if (options->recovery_file != NULL && strcmp(kind, "recovery") != 0)
		stray = "--recovery-file";
	if (stray != NULL)
		return complain(EX_USAGE, "%s does not go with slot add %s",
		    stray, kind);
	return EX_OK;
}

static int
add(struct ask *ask, const struct options *options, const char *kind)
{
	const char *name = options->name != NULL ? options->name :
						   CREDENTIAL_USUAL;
	int status;

	if (strcmp(kind, "file") == 0)
		return slotfile_make(ask, options->file);
	if (strcmp(kind, "recovery") == 0) {
		if (options->recovery_file == NULL && !recoverycode_can_ask())
			return complain(EX_USAGE,
			    "nobody is here to write down the recovery code; "
			    "say --recovery-file FILE");
		return recoverycode_make(ask, options->recovery_file);
	}
	if (strcmp(kind, "credential") != 0)
		return complain(EX_USAGE,
		    "\"%s\" is no kind of slot: credential, file or recovery",
		    kind);
	status = credential_make(ask, name, options->with_key);
	return status == EX_OK ? credential_enable(name) : status;
}

int
command_slot_add(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	int status;

	if (ask == NULL)
		return EX_USAGE;
	if (options->count == 0)
		return complain(EX_USAGE,
		    "slot add needs a kind: credential, file or recovery");
	status = check_add(options, options->word[0]);
	if (status == EX_OK)
		status = add(ask, options, options->word[0]);
	return finish_output(status);
}

/* ---- one less */

static const struct row *
find(const struct listing *slots, const char *id)
{
	for (size_t i = 0; i < slots->count; i++)
		if (row_is(slots->row[i], "id", id))
			return slots->row[i];
	return NULL;
}

/* Have a person say yes to the removal. */
static int
make_sure(const struct row *slot)
{
	char line[16] = "";

	if (isatty(STDIN_FILENO) != 1)
		return complain(EX_USAGE,
		    "nobody can be asked here; say --yes to remove slot %s",
		    row_text(slot, "id"));
	(void)fprintf(stderr, "Slot %s, ", row_text(slot, "id"));
	glyph_print(stderr, row_text(slot, "type"));
	(void)fputc(' ', stderr);
	glyph_print(stderr, row_text(slot, "label"));
	(void)fputs(", will open nothing any more.\n"
		    "Type \"yes\" to go on: ",
	    stderr);
	if (fgets(line, sizeof(line), stdin) == NULL ||
	    strcmp(line, "yes\n") != 0)
		return complain(EXIT_FAILURE, "slot %s stays as it was",
		    row_text(slot, "id"));
	return EX_OK;
}

/* The broker forgot it: what lies on this host is of no use any more. */
static int
clear_up(const struct row *slot)
{
	if (row_is(slot, "type", "credential"))
		return credential_discard(row_text(slot, "label"));
	if (row_is(slot, "type", "recovery"))
		(void)puts("Destroy the paper.");
	if (row_is(slot, "type", "file")) {
		glyph_print(stdout, row_text(slot, "label"));
		(void)puts(" opens nothing any more; delete it.");
	}
	return EX_OK;
}

int
command_slot_remove(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) slots = NULL;
	const struct row *slot;
	int status = ask == NULL ? EX_USAGE : slots_ask(ask, &slots);

	if (status != EX_OK)
		return status;
	if (options->count == 0)
		return complain(EX_USAGE, "slot remove needs its number");
	slot = find(slots, options->word[0]);
	if (slot == NULL)
		return complain(EX_CONFIG,
		    "there is no slot %s; \"mailseal slot list\" tells which "
		    "there are",
		    options->word[0]);
	if (!options_have(options, OPTION_YES))
		status = make_sure(slot);
	if (status != EX_OK)
		return status;
	line_put(ask_begin(ask, "slot_remove"), "slot", options->word[0]);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	(void)printf("Slot %s is removed.\n", row_text(slot, "id"));
	return finish_output(clear_up(slot));
}
