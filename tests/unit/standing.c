/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: every mail of the hour in which a client secret is
 * replaced, for the wrong one is tried first each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/standing.h"

#define NOW 1000

static struct standing *all;
static struct proof proofs[4];

/* Labels in the order of adding, and which of them end when. */
static void
have(size_t count, int64_t first_ends)
{
	memset(proofs, 0, sizeof(proofs));
	for (size_t i = 0; i < count; i++)
		(void)snprintf(proofs[i].label, sizeof(proofs[i].label), "%zu",
		    i + 9);
	proofs[0].ends = first_ends;
}

static void
order_is(const struct standing *s, size_t count, const char *wanted)
{
	char got[64] = "";
	size_t len = 0;

	standing_sort(s, proofs, count, NOW);
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s ",
		    proofs[i].label);
	assert_string_equal(got, wanted);
}

static int
forget_all(void **state)
{
	(void)state;
	standings_free(all);
	all = NULL;
	return 0;
}

static void
the_newest_is_tried_first_by_number_and_not_by_letter(void **state)
{
	(void)state;
	have(3, 0);
	order_is(NULL, 3, "11 10 9 ");
}

static void
one_whose_day_has_come_is_tried_last(void **state)
{
	(void)state;
	have(3, 0);
	proofs[2].ends = NOW;
	order_is(NULL, 3, "10 9 11 ");
	have(3, 0);
	proofs[2].ends = NOW + 1;
	order_is(NULL, 3, "11 10 9 ");
}

static void
who_worked_last_is_first_until_another_is_added(void **state)
{
	struct standing *s = standing_of(&all, "campus");

	(void)state;
	have(3, 0);
	standing_works(s, "10", NOW);
	order_is(s, 3, "10 11 9 ");
	assert_ptr_equal(standing_of(&all, "campus"), s);
	assert_ptr_not_equal(standing_of(&all, "other"), s);
	standing_renew(s);
	order_is(s, 3, "11 10 9 ");
}

static void
an_ended_one_that_worked_before_its_day_is_last_all_the_same(void **state)
{
	struct standing *s = standing_of(&all, "campus");

	(void)state;
	have(2, NOW - 10);
	standing_works(s, "9", NOW - 20);
	order_is(s, 2, "10 9 ");
	/* The date was wrong: it works, so others are not tried in vain. */
	standing_works(s, "9", NOW - 5);
	order_is(s, 2, "9 10 ");
}

static void
a_refusal_is_news_once_and_over_when_it_works(void **state)
{
	struct standing *s = standing_of(&all, "campus");

	(void)state;
	standing_works(s, "2", NOW);
	assert_true(standing_refuses(s, "2"));
	assert_false(standing_refuses(s, "2"));
	assert_true(standing_is_refused(s, "2"));
	assert_false(standing_is_refused(s, "1"));
	assert_string_equal(s->first, "");
	standing_works(s, "2", NOW);
	assert_false(standing_is_refused(s, "2"));
	assert_true(standing_refuses(s, "2"));
	standing_forget(s, "2"); /* another one may bear its number soon */
	assert_false(standing_is_refused(s, "2"));
	assert_false(standing_is_refused(NULL, "2"));
}

#define TEST(name) cmocka_unit_test_teardown(name, forget_all)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_newest_is_tried_first_by_number_and_not_by_letter),
		TEST(one_whose_day_has_come_is_tried_last),
		TEST(who_worked_last_is_first_until_another_is_added),
		TEST(
		    an_ended_one_that_worked_before_its_day_is_last_all_the_same),
		TEST(a_refusal_is_news_once_and_over_when_it_works),
	};

	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
