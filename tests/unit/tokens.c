/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mailbox whose rotated refresh token was served
 * from but never stored, and every lease at each restart.
 */
#include <string.h>

#include "broker/tokens.h"
#include "broker/vault/record.h"
#include "tests/unit/folder.h"

#define NAME "billing@example.edu"

static struct broker broker;
static struct secret *slot_secret;
static struct account *account;

static struct secret *
secret_of(const char *text)
{
	return secret_copy(text, strlen(text));
}

/* What a record holds, as text; "" where there is none. */
static const char *
stored(const char *kind, const char *label)
{
	static char text[4][64];
	static unsigned next;
	char *out = text[next++ % 4];
	AUTO(secret) plain = NULL;

	out[0] = '\0';
	if (record_open(broker.store, broker.keyring, kind, NAME, label, &plain,
		NULL) == MAILSEAL_OK)
		(void)snprintf(out, sizeof(text[0]), "%.*s", (int)plain->len,
		    (const char *)plain->data);
	return out;
}

/* Write an account and its refresh token as an enrolment does. */
static void
enroll(const char *refresh)
{
	AUTO(secret) token = secret_of(refresh);

	account = account_new();
	assert_non_null(account);
	(void)snprintf(account->name, sizeof(account->name), NAME);
	(void)snprintf(account->spelled, sizeof(account->spelled), NAME);
	(void)snprintf(account->provider, sizeof(account->provider), "campus");
	account->bound = strdup("binding provider=campus");
	assert_int_equal(store_begin(broker.store), 0);
	assert_int_equal(account_save(broker.store, account), 0);
	assert_int_equal(record_save(broker.store, broker.keyring, "refresh",
			     NAME, "", "campus", account->bound, token),
	    0);
	assert_int_equal(store_commit(broker.store), 0);
}

/* End, and start again from what the disk holds. */
static void
restart(void)
{
	int64_t slot = 0;

	account_free(account);
	account = NULL;
	accounts_free(broker.accounts);
	broker.accounts = NULL;
	keyring_free(broker.keyring);
	store_free(broker.store);
	broker.store = opened();
	broker.keyring = keyring_new(broker.store);
	assert_int_equal(keyring_unlock(broker.keyring, slot_secret, &slot), 0);
	assert_int_equal(accounts_load(broker.store, &broker.accounts), 0);
}

static int
save(const char *access, const char *refresh, uint64_t life_s)
{
	struct tokens tokens = { .access = secret_of(access),
		.refresh = refresh != NULL ? secret_of(refresh) : NULL,
		.life_s = life_s };
	int error = tokens_save(&broker, account, SERVICE_SMTP, &tokens);

	tokens_clear(&tokens);
	return error;
}

static void
a_rotated_token_is_on_disk_before_it_is_taken_over(void **state)
{
	struct account *found;

	(void)state;
	enroll("first");
	account->state = GRANT_WAITING;
	account->reason = MAILSEAL_E_NETWORK;
	account->failures = 3;
	account->next_try = 99;
	account->next_try_ms = 99;
	account->intent = true;
	(void)snprintf(account->detail, sizeof(account->detail), "down");
	assert_int_equal(save("access", "second", 3600), MAILSEAL_OK);
	assert_int_equal(account->state, GRANT_GOOD);
	assert_int_equal(account->next_try_ms, 0);
	restart();
	assert_string_equal(stored("refresh", ""), "second");
	assert_string_equal(stored("previous", ""), "first");
	found = accounts_find(broker.accounts, NAME);
	assert_int_equal(found->state, GRANT_GOOD);
	assert_int_equal(found->reason, MAILSEAL_OK);
	assert_int_equal(found->failures, 0);
	assert_int_equal(found->next_try, 0);
	assert_false(found->intent);
	assert_string_equal(found->detail, "");
	assert_in_range(now_wall() - found->refreshed_at, 0, 60);
	assert_string_equal(found->bound, "binding provider=campus");
}

static void
the_previous_token_is_kept_until_the_new_one_worked(void **state)
{
	(void)state;
	enroll("first");
	assert_int_equal(save("a", "second", 3600), MAILSEAL_OK);
	assert_string_equal(stored("previous", ""), "first");
	assert_int_equal(save("b", NULL, 3600), MAILSEAL_OK); /* it worked */
	restart();
	assert_string_equal(stored("previous", ""), "");
	assert_string_equal(stored("refresh", ""), "second");
}

static void
each_rotation_keeps_just_the_one_before(void **state)
{
	(void)state;
	enroll("first");
	assert_int_equal(save("a", "second", 3600), MAILSEAL_OK);
	assert_int_equal(save("b", "third", 3600), MAILSEAL_OK);
	restart();
	assert_string_equal(stored("previous", ""), "second");
	assert_string_equal(stored("refresh", ""), "third");
}

static void
a_commit_that_fails_changes_nothing(void **state)
{
	(void)state;
	enroll("first");
	account->state = GRANT_WAITING;
	account->failures = 3;
	account->intent = true;
	keyring_lock(broker.keyring);
	assert_int_equal(save("access", "second", 3600), MAILSEAL_E_LOCKED);
	assert_int_equal(account->state, GRANT_WAITING);
	assert_int_equal(account->failures, 3);
	assert_true(account->intent);
	assert_int_equal(store_begin(broker.store), 0); /* none is open */
	store_rollback(broker.store);
	restart();
	assert_string_equal(stored("refresh", ""), "first");
	assert_string_equal(stored("previous", ""), "");
	assert_string_equal(stored("lease", "smtp"), "");
}

static void
a_lease_is_there_after_a_restart(void **state)
{
	struct account *found;
	struct lease *lease;

	(void)state;
	enroll("first");
	assert_int_equal(save("access-token", NULL, 3600), MAILSEAL_OK);
	restart();
	found = accounts_find(broker.accounts, NAME);
	lease = &found->lease[SERVICE_SMTP];
	assert_true(tokens_restore(&broker, found, SERVICE_SMTP));
	assert_memory_equal(lease->token->data, "access-token", 12);
	assert_int_equal(lease->token->len, 12);
	assert_int_equal(lease->state, LEASE_FRESH);
	assert_true(lease->wanted_before); /* so that it is renewed ahead */
	assert_in_range(lease->expires - now_wall(), 3590, 3600);
	assert_in_range(lease->end_ms - now_ms(), 3590000, 3600000);
	assert_in_range(lease->end_ms - lease->issued_ms, 1, 3600000);
	assert_true(lease_serves(lease, now_ms(), 300));
	assert_false(tokens_restore(&broker, found, SERVICE_IMAP));
	assert_null(found->lease[SERVICE_IMAP].token);
}

/* Seal a lease as an earlier run left it. */
static void
leave_lease(int64_t expires, const char *life, const char *token)
{
	AUTO(secret) plain = NULL;
	char line[256];

	(void)snprintf(line, sizeof(line), "lease expires=%lld life=%s%s%s",
	    (long long)expires, life, token != NULL ? " token=" : "",
	    token != NULL ? token : "");
	plain = secret_of(line);
	assert_int_equal(store_begin(broker.store), 0);
	assert_int_equal(record_save(broker.store, broker.keyring, "lease",
			     NAME, "smtp", "campus", account->bound, plain),
	    0);
	assert_int_equal(store_commit(broker.store), 0);
}

static void
a_lease_that_ended_or_makes_no_sense_is_not_restored(void **state)
{
	static const struct {
		int64_t left;
		const char *life, *token;
		bool good;
	} cases[] = {
		{ 100, "3600", "abc", true },
		{ 0, "3600", "abc", false },
		{ -100, "3600", "abc", false },
		{ 3700, "3600", "abc", false }, /* the clock was set back */
		{ 100, "86401", "abc", false },
		{ 100, "x", "abc", false },
		{ 100, "3600", NULL, false },
		{ 100, "3600", "%zz", false },
	};

	(void)state;
	enroll("first");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		leave_lease(now_wall() + cases[i].left, cases[i].life,
		    cases[i].token);
		lease_clear(&account->lease[SERVICE_SMTP]);
		if (tokens_restore(&broker, account, SERVICE_SMTP) !=
		    cases[i].good)
			fail_msg("case %zu", i);
		assert_int_equal(account->lease[SERVICE_SMTP].token != NULL,
		    cases[i].good);
	}
}

/* It ends when it ended before the restart, not a whole life later. */
static void
a_restored_lease_has_what_is_left_of_its_life(void **state)
{
	const struct lease *lease;

	(void)state;
	enroll("first");
	leave_lease(now_wall() + 100, "3600", "abc");
	lease = &account->lease[SERVICE_SMTP];
	assert_true(tokens_restore(&broker, account, SERVICE_SMTP));
	assert_in_range(lease->end_ms - now_ms(), 95000, 100000);
	assert_in_range(lease->expires - now_wall(), 95, 100);
}

/* Read the tokens of a reply. */
static int
take(const char *reply, struct tokens *tokens)
{
	static char bytes[512];
	struct line line;

	(void)snprintf(bytes, sizeof(bytes), "%s", reply);
	line_start(&line, bytes, strlen(bytes));
	return tokens_from_line(&line, tokens);
}

static void
the_tokens_of_a_reply_are_taken_and_wiped_there(void **state)
{
	struct tokens t = { 0 };
	char bytes[] = "ok class=ok access_token=AAAA refresh_token=RRRR "
		       "expires_in=600 scope=x";
	struct line line;

	(void)state;
	line_start(&line, bytes, strlen(bytes));
	assert_int_equal(tokens_from_line(&line, &t), MAILSEAL_OK);
	assert_memory_equal(t.access->data, "AAAA", 5);
	assert_memory_equal(t.refresh->data, "RRRR", 5);
	assert_int_equal(t.life_s, 600);
	for (size_t i = 0; i + 4 <= sizeof(bytes); i++) {
		assert_memory_not_equal(bytes + i, "AAAA", 4);
		assert_memory_not_equal(bytes + i, "RRRR", 4);
	}
	tokens_clear(&t);
	assert_null(t.access);
	assert_int_equal(take("ok access_token=A", &t), MAILSEAL_OK);
	assert_null(t.refresh);
	assert_int_equal(t.life_s, 300); /* what is not said is short */
	tokens_clear(&t);
}

static void
a_reply_without_a_usable_token_leaves_nothing_behind(void **state)
{
	size_t used = secret_arena_used();
	struct tokens t = { 0 };

	(void)state;
	assert_int_equal(take("ok refresh_token=R expires_in=60", &t),
	    MAILSEAL_E_MISSING);
	assert_int_equal(take("ok access_token=A refresh_token=R expires_in=-1",
			     &t),
	    MAILSEAL_E_MALFORMED);
	assert_null(t.access);
	assert_null(t.refresh);
	assert_int_equal(secret_arena_used(), used);
}

static void
a_life_that_cannot_be_costs_no_rotation_and_no_storm(void **state)
{
	struct tokens t = { 0 };

	(void)state;
	assert_int_equal(take("ok access_token=A refresh_token=R "
			      "expires_in=2592000",
			     &t),
	    MAILSEAL_OK);
	assert_int_equal(t.life_s, 86400);
	tokens_clear(&t); /* and one that is dead at once storms */
	assert_int_equal(take("ok access_token=A expires_in=0", &t),
	    MAILSEAL_OK);
	assert_int_equal(t.life_s, 300);
	tokens_clear(&t);
}

/* An empty token stored over a good one costs the mailbox. */
static void
an_empty_token_never_takes_the_place_of_a_good_one(void **state)
{
	struct tokens t = { 0 };
	bool stays;
	int error;

	(void)state;
	error = take("ok access_token=A refresh_token=", &t);
	stays = error != MAILSEAL_OK || t.refresh == NULL;
	tokens_clear(&t);
	assert_true(stays);
	error = take("ok access_token= expires_in=60", &t);
	tokens_clear(&t);
	assert_int_not_equal(error, MAILSEAL_OK);
}

static int
setup(void **state)
{
	int64_t slot = 0;

	if (make_folder(state) != 0 || secret_arena_open(1 << 20) != 0)
		return -1;
	broker = (struct broker){ .store = opened() };
	broker.keyring = keyring_new(broker.store);
	if (keyring_init_begin(broker.keyring, &slot_secret) != 0)
		return -1;
	return keyring_init_finish(broker.keyring, "file", "x", slot_secret,
	    &slot);
}

static int
teardown(void **state)
{
	account_free(account);
	account = NULL;
	accounts_free(broker.accounts);
	keyring_free(broker.keyring);
	store_free(broker.store);
	secret_free(slot_secret);
	if (secret_arena_used() != 0)
		return -1;
	secret_arena_close();
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_rotated_token_is_on_disk_before_it_is_taken_over),
		HERE(the_previous_token_is_kept_until_the_new_one_worked),
		HERE(each_rotation_keeps_just_the_one_before),
		HERE(a_commit_that_fails_changes_nothing),
		HERE(a_lease_is_there_after_a_restart),
		HERE(a_lease_that_ended_or_makes_no_sense_is_not_restored),
		HERE(a_restored_lease_has_what_is_left_of_its_life),
		HERE(the_tokens_of_a_reply_are_taken_and_wiped_there),
		HERE(a_reply_without_a_usable_token_leaves_nothing_behind),
		HERE(a_life_that_cannot_be_costs_no_rotation_and_no_storm),
		HERE(an_empty_token_never_takes_the_place_of_a_good_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
