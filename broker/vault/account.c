/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/log.h"
#include "broker/vault/account.h"
#include "proto/error.h"
#include "proto/glossary.h"
#include "proto/line.h"

#define LINE_ROOM 16384 /* bytes of an account's line */

struct accounts {
	struct account **at; /* sorted by name */
	size_t count;
	size_t room;
};

void
account_free(struct account *account)
{
	if (account == NULL)
		return;
	account_clear_leases(account);
	free(account->bound);
	free(account);
}

void
account_clear_leases(struct account *account)
{
	for (size_t i = 0; i < ACCOUNT_LEASES; i++)
		lease_clear(&account->lease[i]);
}

struct account *
account_new(void)
{
	return calloc(1, sizeof(struct account));
}

static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= 0x20 || *text >= 0x7f)
			return false;
	return true;
}

bool
account_is_login(const char *login)
{
	return login[0] != '\0' && strlen(login) <= ACCOUNT_MAX &&
	    is_visible(login);
}

int
account_fold(const char *address, char *name)
{
	size_t len = strlen(address);
	const char *at = strchr(address, '@');

	if (len > ACCOUNT_MAX)
		return MAILSEAL_E_TOOLONG;
	if (at == NULL || at == address || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL || strchr(address, '*') != NULL ||
	    !is_visible(address))
		return MAILSEAL_E_ADDRESS;
	for (size_t i = 0; i <= len; i++)
		name[i] = (char)tolower((unsigned char)address[i]);
	return MAILSEAL_OK;
}

enum grant_state
account_own_state(const struct account *a)
{
	return a->state == GRANT_DISABLED ? a->beneath : a->state;
}

int
account_commit(struct store *store, const struct account *account)
{
	int error = store_begin(store);

	if (error == MAILSEAL_OK)
		error = account_save(store, account);
	if (error == MAILSEAL_OK)
		error = store_commit(store);
	if (error != MAILSEAL_OK)
		store_rollback(store);
	return error;
}

/* Only what says something is written. */
static void
put_text(struct line_writer *w, const char *key, const char *text)
{
	if (text[0] != '\0')
		line_put(w, key, text);
}

static void
put_time(struct line_writer *w, const char *key, int64_t time)
{
	if (time > 0)
		line_put_number(w, key, (uint64_t)time);
}

int
account_save(struct store *store, const struct account *a)
{
	char line[LINE_ROOM];
	char meaning[MEANING_NAME_MAX];
	struct line_writer w;
	size_t len;
	int error;

	line_begin(&w, line, sizeof(line), "account");
	line_put(&w, "spelled", a->spelled);
	put_text(&w, "login", a->login);
	put_text(&w, "send_as", a->send_as);
	put_text(&w, "host", a->host);
	line_put(&w, "provider", a->provider);
	line_put(&w, "type", kind_name(a->type));
	line_put(&w, "state", grant_state_name(a->state));
	if (a->state == GRANT_DISABLED)
		line_put(&w, "beneath", grant_state_name(a->beneath));
	if (a->reason != MAILSEAL_OK)
		line_put(&w, "reason", mailseal_error_name(a->reason));
	put_text(&w, "detail", a->detail);
	if (a->meaning != NULL) {
		meaning_name(a->meaning, meaning);
		line_put(&w, "meaning", meaning);
	}
	line_put_number(&w, "failures", a->failures);
	put_time(&w, "next_try", a->next_try);
	if (a->untested)
		line_put(&w, "untested", "1");
	put_time(&w, "retest_at", a->retest_at);
	if (a->intent)
		line_put(&w, "intent", "1");
	put_text(&w, "iss", a->iss);
	put_text(&w, "sub", a->sub);
	put_text(&w, "identity", a->identity);
	put_text(&w, "scope", a->scope);
	put_time(&w, "enrolled_at", a->enrolled_at);
	put_text(&w, "enrolled_by", a->enrolled_by);
	put_time(&w, "refreshed_at", a->refreshed_at);
	put_time(&w, "used_at", a->used_at);
	error = line_finish(&w, &len);
	if (error != MAILSEAL_OK)
		return error;
	line[len - 1] = '\0';
	return store_account_put(store, a->name, line);
}

static void
take_text(struct line *line, const char *key, char *out, size_t size)
{
	const char *text = line_get(line, key, size - 1);

	if (text != NULL)
		(void)snprintf(out, size, "%s", text);
}

static int64_t
take_time(struct line *line, const char *key)
{
	return (int64_t)line_get_number(line, key, 0, INT64_MAX);
}

static void
take_state(struct account *a, struct line *line)
{
	const char *text = line_need(line, "state", LINE_KEY_MAX);
	int state = text == NULL ? -1 : grant_state_by_name(text);

	if (state < 0)
		line_fail(line, MAILSEAL_E_MALFORMED, "state");
	else
		a->state = (enum grant_state)state;
	text = line_get(line, "beneath", LINE_KEY_MAX);
	state = text == NULL ? GRANT_GOOD : grant_state_by_name(text);
	if (state < 0 || state == GRANT_DISABLED)
		line_fail(line, MAILSEAL_E_MALFORMED, "beneath");
	else
		a->beneath = (enum grant_state)state;
	text = line_get(line, "reason", LINE_KEY_MAX);
	if (text != NULL)
		a->reason = mailseal_error_by_name(text);
}

/* Where nobody signs in it says whose mailbox is opened: it is the name's. */
static void
check_spelling(struct account *a)
{
	char name[ACCOUNT_MAX + 1] = "";

	if (account_fold(a->spelled, name) != MAILSEAL_OK ||
	    strcmp(name, a->name) != 0)
		memcpy(a->spelled, a->name, sizeof(a->spelled));
}

/* What an older or newer mailseal wrote beside these is skipped. */
static int
account_parse(struct account *a, const char *name, const char *text)
{
	char bytes[LINE_ROOM];
	struct line line;
	const char *name_of_type;
	int type;

	if (strlen(text) >= sizeof(bytes) || strlen(name) > ACCOUNT_MAX)
		return MAILSEAL_E_TOOLONG;
	(void)snprintf(bytes, sizeof(bytes), "%s", text);
	(void)snprintf(a->name, sizeof(a->name), "%s", name);
	line_start(&line, bytes, strlen(bytes));
	take_text(&line, "spelled", a->spelled, sizeof(a->spelled));
	check_spelling(a);
	take_text(&line, "login", a->login, sizeof(a->login));
	take_text(&line, "send_as", a->send_as, sizeof(a->send_as));
	take_text(&line, "host", a->host, sizeof(a->host));
	take_text(&line, "provider", a->provider, sizeof(a->provider));
	name_of_type = line_need(&line, "type", LINE_KEY_MAX);
	type = name_of_type == NULL ? -1 : kind_by_name(name_of_type);
	if (type < 0)
		line_fail(&line, MAILSEAL_E_MALFORMED, "type");
	else
		a->type = (enum account_type)type;
	take_state(a, &line);
	take_text(&line, "detail", a->detail, sizeof(a->detail));
	text = line_get(&line, "meaning", MEANING_NAME_MAX);
	if (text != NULL)
		a->meaning = glossary_find(text);
	a->failures = (unsigned)line_get_number(&line, "failures", 0, 1000000);
	a->next_try = take_time(&line, "next_try");
	a->untested = line_get_number(&line, "untested", 0, 1) == 1;
	a->retest_at = take_time(&line, "retest_at");
	a->intent = line_get_number(&line, "intent", 0, 1) == 1;
	take_text(&line, "iss", a->iss, sizeof(a->iss));
	take_text(&line, "sub", a->sub, sizeof(a->sub));
	take_text(&line, "identity", a->identity, sizeof(a->identity));
	take_text(&line, "scope", a->scope, sizeof(a->scope));
	a->enrolled_at = take_time(&line, "enrolled_at");
	take_text(&line, "enrolled_by", a->enrolled_by, sizeof(a->enrolled_by));
	a->refreshed_at = take_time(&line, "refreshed_at");
	a->used_at = take_time(&line, "used_at");
	return line_end_reply(&line);
}

void
accounts_free(struct accounts *accounts)
{
	if (accounts == NULL)
		return;
	for (size_t i = 0; i < accounts->count; i++)
		account_free(accounts->at[i]);
	free(accounts->at);
	free(accounts);
}

/* Where a name is, or would be; *found tells which. */
static size_t
place_of(const struct accounts *accounts, const char *name, bool *found)
{
	size_t low = 0, high = accounts->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, accounts->at[middle]->name);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int
accounts_add(struct accounts *accounts, struct account **account)
{
	bool found;
	size_t place = place_of(accounts, (*account)->name, &found);

	if (found)
		return MAILSEAL_E_EXISTS;
	if (accounts->count == accounts->room) {
		size_t room = accounts->room == 0 ? 64 : accounts->room * 2;
		struct account **grown = reallocarray(accounts->at, room,
		    sizeof(struct account *));

		if (grown == NULL)
			return MAILSEAL_E_NOMEM;
		accounts->at = grown;
		accounts->room = room;
	}
	memmove(accounts->at + place + 1, accounts->at + place,
	    (accounts->count - place) * sizeof(struct account *));
	accounts->at[place] = *account;
	accounts->count++;
	*account = NULL;
	return MAILSEAL_OK;
}

void
accounts_remove(struct accounts *accounts, struct account *account)
{
	bool found;
	size_t place = place_of(accounts, account->name, &found);

	if (!found || accounts->at[place] != account)
		return;
	accounts->count--;
	memmove(accounts->at + place, accounts->at + place + 1,
	    (accounts->count - place) * sizeof(struct account *));
	account_free(account);
}

static int
load_account(void *arg, const char *name, const char *text)
{
	struct accounts *accounts = arg;
	AUTO(account) a = account_new();
	int error;

	if (a == NULL)
		return MAILSEAL_E_NOMEM;
	error = account_parse(a, name, text);
	if (error != MAILSEAL_OK) {
		/* One account that cannot be read must not stop the others. */
		log_error("account unreadable", "account=%s: %s",
		    printable(name), mailseal_error_text(error));
		return MAILSEAL_OK;
	}
	return accounts_add(accounts, &a);
}

static int
load_bound(void *arg, const struct store_record *record)
{
	struct account *a = accounts_find(arg, record->owner);

	if (a == NULL || strcmp(record->kind, kind_record(a->type)) != 0)
		return MAILSEAL_OK;
	free(a->bound);
	a->bound = strdup(record->bound);
	return a->bound != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

int
accounts_load(struct store *store, struct accounts **accounts)
{
	AUTO(accounts) all = calloc(1, sizeof(*all));
	int error;

	if (all == NULL)
		return MAILSEAL_E_NOMEM;
	error = store_account_each(store, load_account, all);
	for (int t = 0; error == MAILSEAL_OK && t < ACCOUNT_TYPES; t++)
		error = store_record_each(store,
		    kind_record((enum account_type)t), load_bound, all);
	if (error != MAILSEAL_OK)
		return error;
	*accounts = all;
	all = NULL;
	return MAILSEAL_OK;
}

size_t
accounts_count(const struct accounts *accounts)
{
	return accounts->count;
}

struct account *
accounts_at(const struct accounts *accounts, size_t place)
{
	return accounts->at[place];
}

struct account *
accounts_find(const struct accounts *accounts, const char *name)
{
	bool found;
	size_t place = place_of(accounts, name, &found);

	return found ? accounts->at[place] : NULL;
}
