/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: an account that cannot be found, that reads back as
 * another than it was written, or that keeps the others from being read.
 */
#include <string.h>

#include "broker/log.h"
#include "broker/secret.h"
#include "broker/vault/account.h"
#include "proto/glossary.h"
#include "tests/unit/folder.h"

static void
an_address_is_found_in_lower_case(void **state)
{
	char name[ACCOUNT_MAX + 1];

	(void)state;
	assert_int_equal(account_fold("No-Reply+X@Example.EDU", name), 0);
	assert_string_equal(name, "no-reply+x@example.edu");
	assert_int_equal(account_fold("a@b", name), 0);
	assert_string_equal(name, "a@b");
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const junk[] = { "", "@", "a", "a@", "@b", "a@b@c",
		"a b@c", " a@b", "a@b ", "a@b\n", "a@b\x7f", "\x80@b",
		"m\xc3\xbcller@b", "*@b", "a@*", "a\t@b" };
	char name[ACCOUNT_MAX + 1] = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		if (account_fold(junk[i], name) != MAILSEAL_E_ADDRESS)
			fail_msg("\"%s\" is taken", junk[i]);
	assert_string_equal(name, "untouched");
}

static void
an_address_has_at_most_254_bytes(void **state)
{
	char address[ACCOUNT_MAX + 2] = "a@", name[ACCOUNT_MAX + 1];

	(void)state;
	memset(address + 2, 'B', ACCOUNT_MAX - 1);
	assert_int_equal(account_fold(address, name), MAILSEAL_E_TOOLONG);
	address[ACCOUNT_MAX] = '\0';
	assert_int_equal(account_fold(address, name), MAILSEAL_OK);
	assert_int_equal(strlen(name), ACCOUNT_MAX);
	assert_int_equal(name[ACCOUNT_MAX - 1], 'b');
}

/* Save in a transaction of its own. */
static void
save(struct store *store, const struct account *a)
{
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(account_save(store, a), 0);
	assert_int_equal(store_commit(store), 0);
}

static void
a_login_is_visible_and_not_too_long(void **state)
{
	static const char *const junk[] = { "", " ", "a b", "a\tb", "a\n",
		"\x01", "m\xc3\xbcller", "a\x7f" };
	char login[ACCOUNT_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		if (account_is_login(junk[i]))
			fail_msg("\"%s\" is taken", junk[i]);
	assert_true(account_is_login("j"));
	assert_true(account_is_login("COLLEGE\\jdoe/admissions=*%,~!"));
	memset(login, 'x', sizeof(login) - 1);
	login[ACCOUNT_MAX + 1] = '\0';
	assert_false(account_is_login(login));
	login[ACCOUNT_MAX] = '\0';
	assert_true(account_is_login(login));
}

#define FILL(field, c)                               \
	do {                                         \
		memset(field, c, sizeof(field) - 1); \
		(field)[sizeof(field) - 1] = '\0';   \
	} while (0)

static void
everything_that_is_said_of_an_account_survives_a_restart(void **state)
{
	AUTO(store) store = opened();
	AUTO(account) a = account_new();
	AUTO(accounts) all = NULL;
	const struct account *b;

	(void)state;
	FILL(a->name, 'n');
	FILL(a->spelled, 'N');
	a->name[9] = a->spelled[9] = '@';
	FILL(a->login, 'l');
	FILL(a->provider, 'p');
	/* What takes the most room: each byte is written as three. */
	FILL(a->detail, '%');
	FILL(a->iss, ' ');
	FILL(a->sub, '\xff');
	FILL(a->identity, '\n');
	FILL(a->scope, ' ');
	FILL(a->enrolled_by, '%');
	a->type = ACCOUNT_PASSWORD;
	a->state = GRANT_BLOCKED;
	a->reason = MAILSEAL_E_LOGIN;
	a->meaning = glossary_find(
	    "535 5.7.139 basic authentication is disabled");
	assert_non_null(a->meaning);
	a->failures = 7;
	a->next_try = 1795456789;
	a->untested = a->intent = true;
	a->enrolled_at = 1;
	a->refreshed_at = 2;
	a->used_at = INT64_MAX;
	save(store, a);
	store_free(store);
	store = opened();
	assert_int_equal(accounts_load(store, &all), 0);
	assert_int_equal(accounts_count(all), 1);
	b = accounts_find(all, a->name);
	assert_non_null(b);
	/* The line's own fields are all of it but what is of this run. */
	a->next_try_ms = b->next_try_ms;
	assert_memory_equal(a, b, sizeof(*a));
}

static void
an_account_of_which_little_is_known_stays_so(void **state)
{
	AUTO(store) store = opened();
	AUTO(account) a = account_new();
	AUTO(accounts) all = NULL;

	(void)state;
	(void)snprintf(a->name, sizeof(a->name), "a@b.c");
	(void)snprintf(a->spelled, sizeof(a->spelled), "A@b.c");
	(void)snprintf(a->provider, sizeof(a->provider), "campus");
	save(store, a);
	assert_int_equal(accounts_load(store, &all), 0);
	assert_memory_equal(a, accounts_at(all, 0), sizeof(*a));
}

static void
a_disabled_account_stays_so_over_a_restart(void **state)
{
	AUTO(store) store = opened();
	AUTO(account) a = account_new();
	AUTO(accounts) all = NULL;

	(void)state;
	(void)snprintf(a->name, sizeof(a->name), "a@b.c");
	a->state = GRANT_DISABLED;
	a->beneath = GRANT_REAUTH;
	save(store, a);
	assert_int_equal(accounts_load(store, &all), 0);
	assert_int_equal(accounts_at(all, 0)->state, GRANT_DISABLED);
	assert_int_equal(accounts_at(all, 0)->beneath, GRANT_REAUTH);
	assert_int_equal(account_own_state(a), GRANT_REAUTH);
}

static void
put_line(struct store *store, const char *name, const char *line)
{
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_account_put(store, name, line), 0);
	assert_int_equal(store_commit(store), 0);
}

static void
a_line_that_cannot_be_read_stops_no_other(void **state)
{
	static char large[STORE_LINE_MAX];
	AUTO(store) store = opened();
	AUTO(accounts) all = NULL;

	(void)state;
	put_line(store, "a@b.c", "account type=oauth state=good");
	put_line(store, "b@b.c", "junk junk");
	put_line(store, "c@b.c", "");
	put_line(store, "d@b.c", "account type=oauth state=sleepy");
	put_line(store, "e@b.c", "account type=oauth");
	put_line(store, "f@b.c", "account state=good");
	memset(large, 'x', sizeof(large) - 1);
	put_line(store, "g@b.c", large);
	memcpy(large, "account type=oauth state=good login=", 36);
	large[1000] = '\0';
	put_line(store, "h@b.c", large);
	put_line(store, "i@b.c",
	    "account type=oauth state=disabled beneath=disabled");
	put_line(store, "j@b.c",
	    "account type=oauth state=disabled beneath=sleepy");
	put_line(store, "k@b.c", "account type=telepathy state=good");
	put_line(store, "z@b.c",
	    "account type=password state=reauth from_the_future=1 "
	    "reason=never_heard_of");
	assert_int_equal(accounts_load(store, &all), 0);
	assert_int_equal(accounts_count(all), 2);
	assert_non_null(accounts_find(all, "a@b.c"));
	assert_int_equal(accounts_find(all, "z@b.c")->type, ACCOUNT_PASSWORD);
	assert_int_equal(accounts_find(all, "z@b.c")->state, GRANT_REAUTH);
	assert_int_equal(accounts_find(all, "z@b.c")->reason,
	    MAILSEAL_E_INTERNAL);
}

/* Where nobody signs in any mailbox is opened that is asked for. */
static void
an_altered_line_gives_no_account_another_mailbox(void **state)
{
	AUTO(store) store = opened();
	AUTO(accounts) all = NULL;

	(void)state;
	put_line(store, "a@b.c",
	    "account spelled=president@b.c type=application state=good");
	put_line(store, "b@b.c", "account type=application state=good");
	put_line(store, "c@b.c",
	    "account spelled=C@B.c type=application state=good");
	assert_int_equal(accounts_load(store, &all), 0);
	assert_string_equal(accounts_find(all, "a@b.c")->spelled, "a@b.c");
	assert_string_equal(accounts_find(all, "b@b.c")->spelled, "b@b.c");
	assert_string_equal(accounts_find(all, "c@b.c")->spelled, "C@B.c");
}

static void
put_record(struct store *store, const char *kind, const char *owner,
    const char *bound)
{
	struct store_record record = { 0, kind, owner, "", "campus", 1, 0,
		bound, { (const unsigned char *)"x", 1 } };

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_record_id(store, kind, owner, "", &record.id,
			     &record.generation),
	    0);
	assert_int_equal(store_record_put(store, &record), 0);
	assert_int_equal(store_commit(store), 0);
}

static void
what_an_account_is_bound_to_comes_with_it(void **state)
{
	AUTO(store) store = opened();
	AUTO(accounts) all = NULL;

	(void)state;
	put_line(store, "a@b.c", "account type=oauth state=good");
	put_line(store, "b@b.c", "account type=password state=good");
	put_line(store, "c@b.c", "account type=oauth state=good");
	put_record(store, "refresh", "a@b.c", "binding a=1");
	put_record(store, "password", "b@b.c", "binding b=1");
	put_record(store, "lease", "c@b.c", "binding c=1");
	put_line(store, "d@b.c", "account type=application state=good");
	put_record(store, "application", "d@b.c", "binding d=2");
	put_record(store, "refresh", "d@b.c", "binding d=3"); /* of before */
	put_record(store, "refresh", "gone@b.c", "binding d=1");
	assert_int_equal(accounts_load(store, &all), 0);
	assert_string_equal(accounts_find(all, "a@b.c")->bound, "binding a=1");
	assert_string_equal(accounts_find(all, "b@b.c")->bound, "binding b=1");
	assert_null(accounts_find(all, "c@b.c")->bound);
	assert_string_equal(accounts_find(all, "d@b.c")->bound, "binding d=2");
}

static void
every_kind_of_account_has_its_name(void **state)
{
	(void)state;
	for (int t = 0; t < ACCOUNT_TYPES; t++)
		assert_int_equal(kind_by_name(kind_name((enum account_type)t)),
		    t);
	assert_string_equal(kind_name(ACCOUNT_APPLICATION), "application");
	assert_int_equal(kind_by_name("OAuth"), -1);
	assert_int_equal(kind_by_name(""), -1);
}

#define MANY 500

/* Names that come in no order: 7 and MANY have no common factor. */
static void
add(struct accounts *all, unsigned number)
{
	struct account *a = account_new();

	assert_non_null(a);
	(void)snprintf(a->name, sizeof(a->name), "%u@b.c", number);
	assert_int_equal(accounts_add(all, &a), 0);
	assert_null(a);
}

static void
of_many_accounts_each_is_found_and_listed_in_order(void **state)
{
	AUTO(store) store = opened();
	AUTO(accounts) all = NULL;
	AUTO(account) again = account_new();
	char name[32];

	(void)state;
	assert_int_equal(accounts_load(store, &all), 0);
	assert_int_equal(accounts_count(all), 0);
	assert_null(accounts_find(all, "1@b.c"));
	for (unsigned i = 0; i < MANY; i++)
		add(all, i * 7 % MANY);
	assert_int_equal(accounts_count(all), MANY);
	(void)snprintf(again->name, sizeof(again->name), "77@b.c");
	assert_int_equal(accounts_add(all, &again), MAILSEAL_E_EXISTS);
	assert_non_null(again);
	accounts_remove(all, again); /* another of the same name: no effect */
	for (unsigned i = 0; i < MANY; i += 2) {
		(void)snprintf(name, sizeof(name), "%u@b.c", i * 11 % MANY);
		accounts_remove(all, accounts_find(all, name));
		assert_null(accounts_find(all, name));
	}
	assert_int_equal(accounts_count(all), MANY / 2);
	for (unsigned i = 1; i < MANY; i += 2) {
		(void)snprintf(name, sizeof(name), "%u@b.c", i * 11 % MANY);
		assert_string_equal(accounts_find(all, name)->name, name);
	}
	for (size_t i = 1; i < accounts_count(all); i++)
		assert_true(strcmp(accounts_at(all, i - 1)->name,
				accounts_at(all, i)->name) < 0);
}

static void
removing_an_account_wipes_its_leases(void **state)
{
	AUTO(store) store = opened();
	AUTO(accounts) all = NULL;
	struct secret *token;
	struct account *a = account_new();

	(void)state;
	assert_int_equal(secret_arena_open(1 << 18), 0);
	assert_int_equal(accounts_load(store, &all), 0);
	(void)snprintf(a->name, sizeof(a->name), "a@b.c");
	token = secret_copy("t", 1);
	lease_issue(&a->lease[2], &token, 0, 0, 60);
	assert_int_equal(accounts_add(all, &a), 0);
	accounts_remove(all, accounts_find(all, "a@b.c"));
	assert_int_equal(secret_arena_used(), 0);
	secret_arena_close();
}

static int
be_quiet(void **state)
{
	(void)state;
	log_open("test", LOG_LEVEL_ERROR);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_found_in_lower_case),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(an_address_has_at_most_254_bytes),
		cmocka_unit_test(a_login_is_visible_and_not_too_long),
		IN_FOLDER(
		    everything_that_is_said_of_an_account_survives_a_restart),
		IN_FOLDER(an_account_of_which_little_is_known_stays_so),
		IN_FOLDER(a_disabled_account_stays_so_over_a_restart),
		IN_FOLDER(a_line_that_cannot_be_read_stops_no_other),
		IN_FOLDER(an_altered_line_gives_no_account_another_mailbox),
		IN_FOLDER(what_an_account_is_bound_to_comes_with_it),
		IN_FOLDER(every_kind_of_account_has_its_name),
		IN_FOLDER(of_many_accounts_each_is_found_and_listed_in_order),
		IN_FOLDER(removing_an_account_wipes_its_leases),
	};

	return cmocka_run_group_tests(tests, be_quiet, NULL);
}
