/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mail that is refused because its token ended
 * under way, or a provider's patience with too many refreshes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/vault/lease.h"

#define STATES (LEASE_REFRESHING + 1)
#define EVENTS (LEASE_ENDED + 1)

#define NONE LEASE_NONE
#define FRESH LEASE_FRESH
#define REFRESHING LEASE_REFRESHING

#define NOW 5000000u /* milliseconds since boot */
#define WALL 1795456789

static struct lease lease;

/* A lease of so many seconds, issued at NOW. */
static void
issue(uint64_t life_s)
{
	struct secret *token = secret_copy("token", 5);

	assert_non_null(token);
	lease_issue(&lease, &token, NOW, WALL, life_s);
	assert_null(token); /* it was taken over */
}

static void
every_state_and_event_lead_where_they_should(void **state)
{
	/* wanted, issued, refused, ended; without a live token, and with one */
	static const enum lease_state expected[2][STATES][EVENTS] = {
		{
		    [NONE] = { REFRESHING, FRESH, NONE, NONE },
		    [FRESH] = { REFRESHING, FRESH, NONE, NONE },
		    [REFRESHING] = { REFRESHING, FRESH, NONE, REFRESHING },
		},
		{
		    [NONE] = { REFRESHING, FRESH, FRESH, NONE },
		    [FRESH] = { REFRESHING, FRESH, FRESH, NONE },
		    [REFRESHING] = { REFRESHING, FRESH, FRESH, REFRESHING },
		},
	};

	(void)state;
	for (int alive = 0; alive < 2; alive++)
		for (int s = 0; s < STATES; s++)
			for (int e = 0; e < EVENTS; e++)
				if (lease_next((enum lease_state)s,
					(enum lease_event)e,
					alive == 1) != expected[alive][s][e])
					fail_msg("state %d, event %d, %s", s, e,
					    alive ? "alive" : "not alive");
}

static void
a_lease_lives_for_its_life_and_not_a_moment_more(void **state)
{
	(void)state;
	assert_false(lease_is_alive(&lease, NOW));
	assert_false(lease_serves(&lease, NOW, 0));
	issue(3600);
	assert_int_equal(lease.issued_ms, NOW);
	assert_int_equal(lease.end_ms, NOW + 3600000);
	assert_int_equal(lease.expires, WALL + 3600);
	assert_true(lease_is_alive(&lease, NOW));
	assert_true(lease_is_alive(&lease, NOW + 3599999));
	assert_false(lease_is_alive(&lease, NOW + 3600000));
	assert_false(lease_serves(&lease, NOW + 3600000, 0));
	assert_false(lease_serves(&lease, NOW + 9999999, 0));
}

/* The last moment at which it is served to one who asks for so much life. */
static void
serves_until(uint64_t life_s, uint64_t left_ms)
{
	uint64_t last = lease.end_ms - left_ms;

	if (!lease_serves(&lease, last, life_s) ||
	    lease_serves(&lease, last + 1, life_s))
		fail_msg("not until %llu ms before the end",
		    (unsigned long long)left_ms);
}

static void
who_asks_for_a_life_gets_it(void **state)
{
	(void)state;
	issue(3600);
	serves_until(300, 300000);
	serves_until(60, 60000);
	serves_until(1800, 1800000);
}

/* Else one who asks for a day would cause an exchange at every request. */
static void
a_life_asked_for_is_clamped_to_half_of_the_lease_s_own(void **state)
{
	(void)state;
	issue(3600);
	serves_until(1801, 1800000);
	serves_until(86400, 1800000);
	issue(60);
	serves_until(300, 30000);
}

static void
nothing_is_served_in_its_last_ten_seconds(void **state)
{
	(void)state;
	issue(3600);
	serves_until(0, 10000);
	serves_until(9, 10000);
	serves_until(11, 11000);
	issue(100);
	serves_until(0, 10000);
}

static void
of_a_short_lease_the_last_tenth_is_not_served(void **state)
{
	(void)state;
	issue(50);
	serves_until(0, 5000);
	issue(1);
	serves_until(0, 100);
	issue(0);
	assert_false(lease_serves(&lease, NOW, 0));
}

static void
it_is_renewed_a_fifth_before_the_end_with_jitter(void **state)
{
	(void)state;
	issue(3600);
	assert_int_equal(lease_renewal_ms(&lease, 0), lease.end_ms - 720000);
	assert_int_equal(lease_renewal_ms(&lease, 180000),
	    lease.end_ms - 900000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_in_range(lease_renewal_ms(&lease, i * 2654435761u),
		    lease.end_ms - 900000, lease.end_ms - 720000);
	issue(0);
	assert_int_equal(lease_renewal_ms(&lease, UINT32_MAX), NOW);
}

static void
what_was_asked_for_is_known_for_two_leases(void **state)
{
	(void)state;
	issue(60);
	assert_false(lease.wanted_before);
	lease.wanted = true;
	issue(60);
	assert_false(lease.wanted);
	assert_true(lease.wanted_before);
	issue(60);
	assert_false(lease.wanted_before);
}

static void
keep(unsigned key, const char *text)
{
	struct secret *reply = secret_copy(text, strlen(text));

	assert_non_null(reply);
	lease_keep_reply(&lease, key, &reply);
	assert_null(reply);
}

static void
finished_replies_are_kept_and_the_oldest_makes_room(void **state)
{
	(void)state;
	issue(60);
	assert_null(lease_reply(&lease, 0));
	for (unsigned key = 0; key < LEASE_REPLIES_MAX; key++)
		keep(key, "reply");
	for (unsigned key = 0; key < LEASE_REPLIES_MAX; key++)
		assert_memory_equal(lease_reply(&lease, key)->data, "reply", 6);
	assert_null(lease_reply(&lease, LEASE_REPLIES_MAX));
	keep(99, "another");
	assert_null(lease_reply(&lease, 0));
	assert_memory_equal(lease_reply(&lease, 99)->data, "another", 8);
	for (unsigned key = 1; key < LEASE_REPLIES_MAX; key++)
		assert_non_null(lease_reply(&lease, key));
}

/* A reply of the old token after a renewal would be a dead string. */
static void
a_new_token_wipes_the_old_one_and_its_replies(void **state)
{
	const unsigned char *token, *reply;

	(void)state;
	issue(60);
	keep(1, "initial_response=SECRET");
	token = lease.token->data;
	reply = lease_reply(&lease, 1)->data;
	assert_memory_equal(token, "token", 5);
	lease_clear(&lease);
	for (int i = 0; i < 5; i++)
		assert_int_equal(token[i], 0);
	for (int i = 0; i < 23; i++)
		assert_int_equal(reply[i], 0);
	assert_null(lease.token);
	assert_null(lease_reply(&lease, 1));
	assert_false(lease_is_alive(&lease, NOW));
	issue(60);
	keep(1, "old");
	issue(60);
	assert_null(lease_reply(&lease, 1));
}

static int
setup(void **state)
{
	(void)state;
	lease = (struct lease){ 0 };
	return secret_arena_open(1 << 18);
}

static int
teardown(void **state)
{
	size_t left;

	(void)state;
	lease_clear(&lease);
	left = secret_arena_used();
	secret_arena_close();
	return left == 0 ? 0 : -1;
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(every_state_and_event_lead_where_they_should),
		HERE(a_lease_lives_for_its_life_and_not_a_moment_more),
		HERE(who_asks_for_a_life_gets_it),
		HERE(a_life_asked_for_is_clamped_to_half_of_the_lease_s_own),
		HERE(nothing_is_served_in_its_last_ten_seconds),
		HERE(of_a_short_lease_the_last_tenth_is_not_served),
		HERE(it_is_renewed_a_fifth_before_the_end_with_jitter),
		HERE(what_was_asked_for_is_known_for_two_leases),
		HERE(finished_replies_are_kept_and_the_oldest_makes_room),
		HERE(a_new_token_wipes_the_old_one_and_its_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
