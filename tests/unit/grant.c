/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a good grant thrown away for a passing failure, or
 * a provider's patience with a host that knocks without pause.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <cmocka.h>

#include "broker/vault/grant.h"
#include "proto/error.h"

#define STATES (GRANT_DISABLED + 1)
#define EVENTS (GRANT_SWITCHED_ON + 1)

#define GOOD GRANT_GOOD
#define WAITING GRANT_WAITING
#define REAUTH GRANT_REAUTH
#define BLOCKED GRANT_BLOCKED
#define DISABLED GRANT_DISABLED

static void
every_state_and_event_lead_where_they_should(void **state)
{
	/* enrolled, worked, failed, died, faulted, switched off, on */
	static const enum grant_state expected[STATES][EVENTS] = {
		[GOOD] = { GOOD, GOOD, WAITING, REAUTH, BLOCKED, DISABLED,
		    GOOD },
		[WAITING] = { GOOD, GOOD, WAITING, REAUTH, BLOCKED, DISABLED,
		    WAITING },
		[REAUTH] = { GOOD, GOOD, REAUTH, REAUTH, REAUTH, DISABLED,
		    REAUTH },
		[BLOCKED] = { GOOD, GOOD, BLOCKED, REAUTH, BLOCKED, DISABLED,
		    BLOCKED },
		[DISABLED] = { DISABLED, DISABLED, DISABLED, DISABLED, DISABLED,
		    DISABLED, DISABLED },
	};
	const enum grant_event on = GRANT_SWITCHED_ON;

	(void)state;
	for (int s = 0; s < STATES; s++)
		for (int e = 0; e < EVENTS; e++)
			for (int b = GOOD; b < DISABLED; b++) {
				enum grant_state next =
				    grant_next((enum grant_state)s,
					(enum grant_event)e,
					(enum grant_state)b);
				/* What was beneath comes back, and only so. */
				bool back = s == DISABLED && e == (int)on;

				if (next !=
				    (back ? (enum grant_state)b :
					    expected[s][e]))
					fail_msg("state %d, event %d, beneath "
						 "%d",
					    s, e, b);
			}
}

/* Else a mailbox that died meanwhile is served as if it had not. */
static void
what_happens_to_a_disabled_grant_shows_when_it_is_enabled(void **state)
{
	static const struct {
		enum grant_event event;
		enum grant_state state, own;
	} steps[] = {
		{ GRANT_FAILED, WAITING, WAITING },
		{ GRANT_SWITCHED_ON, WAITING, WAITING }, /* it was never off */
		{ GRANT_SWITCHED_OFF, DISABLED, WAITING },
		{ GRANT_SWITCHED_OFF, DISABLED, WAITING }, /* as good as once */
		{ GRANT_DIED, DISABLED, REAUTH },
		{ GRANT_FAULTED, DISABLED, REAUTH },
		{ GRANT_SWITCHED_ON, REAUTH, REAUTH },
		{ GRANT_SWITCHED_OFF, DISABLED, REAUTH },
		{ GRANT_ENROLLED, DISABLED, GOOD },
		{ GRANT_SWITCHED_ON, GOOD, GOOD },
		{ GRANT_FAULTED, BLOCKED, BLOCKED },
	};
	enum grant_state now = GOOD, beneath = DISABLED;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		grant_move(&now, &beneath, steps[i].event);
		assert_int_equal(now, steps[i].state);
		assert_int_equal(now == DISABLED ? beneath : now, steps[i].own);
	}
}

static void
the_wait_doubles_from_one_second_to_fifteen_minutes(void **state)
{
	static const uint64_t whole[] = { 1000, 2000, 4000, 8000, 16000, 32000,
		64000, 128000, 256000, 512000, 900000, 900000 };

	(void)state;
	for (unsigned i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		uint64_t half = whole[i] / 2;

		/* The least and the most that the jitter can pick. */
		assert_int_equal(grant_backoff_ms(i + 1, 0, 0), half);
		assert_int_equal(grant_backoff_ms(i + 1, 0, (uint32_t)half),
		    whole[i]);
		for (uint32_t random = 0; random < 100; random++)
			assert_in_range(grant_backoff_ms(i + 1, 0,
					    random * 2654435761u),
			    half, whole[i]);
	}
	assert_in_range(grant_backoff_ms(0, 0, 12345), 500, 1000);
	assert_in_range(grant_backoff_ms(UINT32_MAX, 0, UINT32_MAX), 450000,
	    900000);
}

/* Else all accounts of a host come back at the same moment. */
static void
the_jitter_spreads_the_tries_of_many_accounts(void **state)
{
	unsigned quarter[4] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 4000; i++) {
		uint64_t wait = grant_backoff_ms(20, 0, i * 2654435761u);

		quarter[wait == 900000 ? 3 : (wait - 450000) / 112500]++;
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(quarter[i], 800, 1200);
}

static void
retry_after_is_never_undercut(void **state)
{
	(void)state;
	assert_int_equal(grant_backoff_ms(1, 60, 0), 60000);
	assert_int_equal(grant_backoff_ms(1, 86400, 7), 86400000);
	/* A shorter one does not shorten the wait. */
	assert_int_equal(grant_backoff_ms(20, 1, 0), 450000);
	assert_in_range(grant_backoff_ms(20, 600, UINT32_MAX), 600000, 900000);
}

static void
names_lead_back_to_their_states(void **state)
{
	(void)state;
	for (int s = 0; s < STATES; s++)
		assert_int_equal(grant_state_by_name(
				     grant_state_name((enum grant_state)s)),
		    s);
	assert_string_equal(grant_state_name(GRANT_REAUTH), "reauth");
	assert_int_equal(grant_state_by_name("Good"), -1);
	assert_int_equal(grant_state_by_name(""), -1);
}

static void
only_a_plain_no_ends_a_grant(void **state)
{
	static const struct {
		const char *class;
		enum grant_event event;
	} cases[] = {
		{ "ok", GRANT_WORKED },
		{ "transient", GRANT_FAILED },
		{ "throttled", GRANT_FAILED },
		{ "malformed", GRANT_FAILED },
		{ "unknown", GRANT_FAILED },
		{ "", GRANT_FAILED },
		{ "never heard of", GRANT_FAILED },
		{ "reauth", GRANT_DIED },
		{ "denied", GRANT_DIED },
		{ "admin", GRANT_FAULTED },
		{ "config", GRANT_FAULTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(grant_event_of_class(cases[i].class),
		    cases[i].event);
}

/* Else a queue bounces a mail for what passes by itself. */
static void
trouble_that_passes_is_never_told_as_final(void **state)
{
	(void)state;
	for (int reason = 0; reason >= MAILSEAL_E_ROLE; reason--)
		assert_int_equal(mailseal_error_exit(
				     grant_trouble(GRANT_WAITING, reason)),
		    EX_TEMPFAIL);
	assert_int_equal(grant_trouble(GRANT_REAUTH, 0), MAILSEAL_E_REAUTH);
	assert_int_equal(grant_trouble(GRANT_BLOCKED, MAILSEAL_E_LOGIN),
	    MAILSEAL_E_LOGIN);
	assert_int_equal(grant_trouble(GRANT_DISABLED, 0), MAILSEAL_E_DISABLED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_event_lead_where_they_should),
		cmocka_unit_test(
		    what_happens_to_a_disabled_grant_shows_when_it_is_enabled),
		cmocka_unit_test(
		    the_wait_doubles_from_one_second_to_fifteen_minutes),
		cmocka_unit_test(the_jitter_spreads_the_tries_of_many_accounts),
		cmocka_unit_test(retry_after_is_never_undercut),
		cmocka_unit_test(names_lead_back_to_their_states),
		cmocka_unit_test(only_a_plain_no_ends_a_grant),
		cmocka_unit_test(trouble_that_passes_is_never_told_as_final),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
