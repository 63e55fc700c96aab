/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/line.h"
#include "proto/verb.h"

static void
every_verb_is_found_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < VERB_COUNT; i++) {
		const struct verb_row *row = verb_row((enum verb)i);

		assert_non_null(row->name);
		assert_true(line_is_key(row->name));
		assert_int_equal(verb_find(row->name), i);
	}
}

static void
a_verb_unknown_is_no_verb(void **state)
{
	static const char *const wrong[] = { "", "ge", "gett", "GET", "hello ",
		"ok", "error", "item" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(verb_find(wrong[i]), VERB_COUNT);
}

static void
every_verb_has_a_door(void **state)
{
	(void)state;
	for (int i = 0; i < VERB_COUNT; i++) {
		unsigned doors = verb_row((enum verb)i)->doors;

		assert_true((doors & (DOOR_CONSUMER | DOOR_ADMIN)) != 0);
		assert_int_equal(doors &
			~(unsigned)(DOOR_CONSUMER | DOOR_ADMIN),
		    0);
	}
}

static void
a_consumer_can_ask_for_strings_and_for_nothing_else(void **state)
{
	(void)state;
	for (int i = 0; i < VERB_COUNT; i++) {
		const struct verb_row *row = verb_row((enum verb)i);

		if ((row->doors & DOOR_CONSUMER) == 0)
			assert_true(row->needs >= RIGHT_MONITOR);
		else
			assert_true(row->needs <= RIGHT_USE);
	}
	assert_int_equal(verb_row(VERB_GET)->needs, RIGHT_USE);
	assert_int_equal(verb_row(VERB_GET)->doors, DOOR_CONSUMER);
	assert_int_equal(verb_row(VERB_UNLOCK)->needs, RIGHT_ADMIN);
	assert_int_equal(verb_row(VERB_UNLOCK_FAILED)->needs, RIGHT_ADMIN);
	assert_int_equal(verb_row(VERB_SLOT_REMOVE)->needs, RIGHT_ADMIN);
	assert_int_equal(verb_row(VERB_REMOVE)->needs, RIGHT_ADMIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_is_found_by_its_name),
		cmocka_unit_test(a_verb_unknown_is_no_verb),
		cmocka_unit_test(every_verb_has_a_door),
		cmocka_unit_test(
		    a_consumer_can_ask_for_strings_and_for_nothing_else),
	};

	return cmocka_run_group_tests_name("verb", tests, NULL, NULL);
}
