/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "client/mailseal/command.h"
#include "client/mailseal/inventory.h"
#include "client/mailseal/jsontext.h"
#include "client/mailseal/moment.h"
#include "client/mailseal/slots.h"

/* What stands in front of all, counted over all accounts. */
struct sum {
	size_t accounts;
	size_t good;
	size_t waiting;
	size_t reauth;
	size_t blocked;
	size_t disabled;
	bool attention; /* somebody must act */
};

static void
count_account(struct sum *sum, const struct row *row)
{
	sum->accounts++;
	if (row_is(row, "state", "good"))
		sum->good++;
	else if (row_is(row, "state", "waiting"))
		sum->waiting++;
	else if (row_is(row, "state", "disabled"))
		sum->disabled++;
	else if (row_is(row, "state", "reauth"))
		sum->reauth++;
	else
		sum->blocked++;
	if (sum->reauth > 0 || sum->blocked > 0)
		sum->attention = true;
}

static struct sum
count(const struct listing *listing)
{
	struct sum sum = { 0 };

	for (size_t i = 0; i < listing->count; i++) {
		const struct row *row = listing->row[i];

		if (row_is(row, "kind", "account"))
			count_account(&sum, row);
		else if (row_is(row, "kind", "broker"))
			sum.attention |= !row_is(row, "key", "open") ||
			    row_is(row, "disk", "full") ||
			    row_get(row, "off") != NULL;
		else if (row_is(row, "kind", "provider"))
			sum.attention |= !row_is(row, "state", "ok");
		else if (row_is(row, "kind", "slot"))
			sum.attention |= row_is(row, "state", "failed");
	}
	return sum;
}

static void
print_count(const char **lead, size_t count, const char *state)
{
	if (count == 0)
		return;
	(void)printf("%s%zu %s", *lead, count, state);
	*lead = ", ";
}

static void
print_headline(const struct row *broker, const struct sum *sum)
{
	const char *lead = ": ";
	bool open = row_is(broker, "key", "open");

	(void)fputs("mailseald ", stdout);
	tint_print(stdout, row_text(broker, "version"), TINT_NONE, false);
	(void)fputs(", ", stdout);
	tint_print(stdout,
	    open			      ? "unlocked" :
		row_is(broker, "key", "none") ? "no master key" :
						"locked",
	    open ? TINT_GOOD : TINT_BAD, tint_is_wanted(stdout));
	(void)printf(", %zu account%s", sum->accounts,
	    sum->accounts == 1 ? "" : "s");
	print_count(&lead, sum->good, "good");
	print_count(&lead, sum->waiting, "waiting");
	print_count(&lead, sum->reauth, "to sign in again");
	print_count(&lead, sum->blocked, "blocked");
	print_count(&lead, sum->disabled, "disabled");
	(void)fputc('\n', stdout);
}

static void
print_broker(const struct listing *listing, const struct row *broker)
{
	char text[MOMENT_SIZE];

	(void)printf("process %s, started %s, %s connection%s\n",
	    row_text(broker, "pid"),
	    moment_of_field(row_get(broker, "started"), time(NULL), text),
	    row_text(broker, "connections"),
	    row_is(broker, "connections", "1") ? "" : "s");
	if (row_is(broker, "key", "none"))
		(void)puts("  there is no master key yet; run \"mailseal "
			   "init\"");
	else if (!row_is(broker, "key", "open"))
		(void)puts("  the master key is not open; run \"mailseal "
			   "unlock\" with the --file of a slot\n"
			   "  below, or with --recovery and the code on paper");
	else if (!slots_have_recovery(listing))
		(void)puts("  the master key has no recovery code; run "
			   "\"mailseal slot add recovery\"");
	if (row_is(broker, "memory", "unlocked"))
		(void)puts("  memory is not locked, secrets may reach the "
			   "swap; raise LimitMEMLOCK");
	if (row_is(broker, "disk", "full"))
		(void)puts("  the disk of the store is full; make room");
	if (row_get(broker, "off") != NULL)
		(void)printf("  lines and files of the configuration that are "
			     "off for a fault: %s; \"mailseal\n  check\" "
			     "names them\n",
		    row_text(broker, "off"));
}

static struct table *
providers_table(const struct listing *listing)
{
	static const char *const heads[] = { "PROVIDER", "STATE", NULL };
	struct table *table = table_new(heads);

	for (size_t i = 0; table != NULL && i < listing->count; i++) {
		const struct row *row = listing->row[i];

		if (!row_is(row, "kind", "provider"))
			continue;
		table_add(table, row_get(row, "name"), TINT_NONE);
		table_add(table, row_get(row, "state"),
		    tint_of_state(row_text(row, "state")));
		if (row_get(row, "message") != NULL)
			table_add_note(table, row_get(row, "message"));
	}
	return table;
}

/* A table after an empty line, or nothing where it has no rows. */
static int
print_part(const struct table *table)
{
	if (table == NULL)
		return complain(EX_OSERR, "out of memory");
	if (table_is_empty(table))
		return EX_OK;
	(void)fputc('\n', stdout);
	return print_table(table);
}

static int
print_text(const struct listing *listing, const struct row *broker,
    const struct sum *sum)
{
	AUTO(table) slots = slots_table(listing);
	AUTO(table) providers = providers_table(listing);
	AUTO(table) accounts = accounts_table(listing, "account");
	int status;

	print_headline(broker, sum);
	print_broker(listing, broker);
	status = print_part(slots);
	if (status == EX_OK)
		status = print_part(providers);
	if (status == EX_OK)
		status = print_part(accounts);
	return status;
}

static void
print_json(const struct listing *listing, const struct row *broker)
{
	struct jsontext json = { .out = stdout };

	jsontext_open(&json, NULL, '{');
	jsontext_open(&json, "broker", '{');
	row_json(broker, "kind", &json);
	jsontext_close(&json, '}');
	listing_json(listing, "slot", "slots", &json);
	listing_json(listing, "provider", "providers", &json);
	listing_json(listing, "account", "accounts", &json);
	jsontext_close(&json, '}');
}

int
command_status(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) listing = NULL;
	const struct row *broker;
	struct sum sum;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	(void)ask_begin(ask, "status"); /* it has no fields */
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	broker = listing_find(listing, "kind", "broker");
	if (broker == NULL)
		return complain(EX_PROTOCOL, "the answer lacks the broker");
	sum = count(listing);
	if (options_have(options, OPTION_JSON))
		print_json(listing, broker);
	else
		status = print_text(listing, broker, &sum);
	status = finish_output(status);
	return status == EX_OK && sum.attention ? EXIT_ATTENTION : status;
}
