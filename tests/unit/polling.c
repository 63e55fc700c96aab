/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a sign-in under way, because the provider was asked
 * so often that it hangs up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/polling.h"

#define START UINT64_C(1000000) /* ms */

/* A poll ends this way, just when it may be made; the pause after it, in s. */
static uint64_t
after(struct polling *p, enum polled polled, uint64_t retry_after_s)
{
	uint64_t now = p->next_ms;

	polling_note(p, polled, retry_after_s, now);
	assert_int_equal((p->next_ms - now) % 1000, 0);
	return (p->next_ms - now) / 1000;
}

static void
the_first_poll_waits_for_the_interval_too(void **state)
{
	struct polling p;

	(void)state;
	polling_start(&p, 5, START);
	assert_int_equal(p.next_ms, START + 5000);
	assert_int_equal(polling_rest_s(&p, START), 5);
	assert_int_equal(polling_rest_s(&p, START + 1), 5);
	assert_int_equal(polling_rest_s(&p, START + 4001), 1);
	assert_int_equal(polling_rest_s(&p, START + 5000), 0);
	assert_int_equal(polling_rest_s(&p, START + 9000), 0);
	assert_int_equal(after(&p, POLLED_PENDING, 0), 5);
	assert_int_equal(after(&p, POLLED_PENDING, 0), 5);
}

static void
the_pause_counts_from_the_end_of_a_poll(void **state)
{
	struct polling p;

	(void)state;
	polling_start(&p, 5, START);
	polling_note(&p, POLLED_PENDING, 0, START + 30000);
	assert_int_equal(p.next_ms, START + 35000);
}

static void
slow_down_adds_five_seconds_for_good(void **state)
{
	struct polling p;

	(void)state;
	polling_start(&p, 5, START);
	assert_int_equal(after(&p, POLLED_SLOW_DOWN, 0), 10);
	assert_int_equal(after(&p, POLLED_PENDING, 0), 10);
	assert_int_equal(after(&p, POLLED_SLOW_DOWN, 0), 15);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 30);
	assert_int_equal(after(&p, POLLED_PENDING, 0), 15);
}

static void
trouble_doubles_the_pause_until_it_is_over(void **state)
{
	struct polling p;

	(void)state;
	polling_start(&p, 5, START);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 10);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 20);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 40);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 60);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 60);
	assert_int_equal(after(&p, POLLED_PENDING, 0), 5);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 10);
}

static void
a_pause_that_the_provider_names_is_kept(void **state)
{
	struct polling p;

	(void)state;
	polling_start(&p, 5, START);
	assert_int_equal(after(&p, POLLED_TROUBLE, 90), 90);
	assert_int_equal(after(&p, POLLED_TROUBLE, 3), 60);
	polling_start(&p, 120, START);
	assert_int_equal(after(&p, POLLED_TROUBLE, 0), 120);
	assert_int_equal(after(&p, POLLED_PENDING, 0), 120);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_poll_waits_for_the_interval_too),
		cmocka_unit_test(the_pause_counts_from_the_end_of_a_poll),
		cmocka_unit_test(slow_down_adds_five_seconds_for_good),
		cmocka_unit_test(trouble_doubles_the_pause_until_it_is_over),
		cmocka_unit_test(a_pause_that_the_provider_names_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
