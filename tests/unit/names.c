/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox to the user whose number a typing error
 * stands for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/names.h"

#define UNTOUCHED 4711

static void
users_and_groups_are_found_by_name(void **state)
{
	uid_t uid = UNTOUCHED;
	gid_t gid = UNTOUCHED;

	(void)state;
	assert_true(names_find_user("root", &uid));
	assert_int_equal(uid, 0);
	assert_true(names_find_user("daemon", &uid));
	assert_int_equal(uid, 1);
	assert_true(names_find_group("root", &gid));
	assert_int_equal(gid, 0);
}

/* Containers and other hosts have users that no file here names. */
static void
a_number_needs_no_name(void **state)
{
	uid_t uid = UNTOUCHED;
	gid_t gid = UNTOUCHED;

	(void)state;
	assert_true(names_find_user("54321", &uid));
	assert_int_equal(uid, 54321);
	assert_true(names_find_user("4294967294", &uid));
	assert_int_equal(uid, 4294967294);
	assert_true(names_find_group("0000054322", &gid));
	assert_int_equal(gid, 54322);
}

static void
what_is_neither_is_refused(void **state)
{
	static const char *const junk[] = { "", " ", "no-such-name", "Root",
		"root ", "-1", "+1", " 1", "1 ", "0x1", "1.0", "4294967295",
		"99999999999", "00000000001" };
	uid_t uid = UNTOUCHED;
	gid_t gid = UNTOUCHED;

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		if (names_find_user(junk[i], &uid) ||
		    names_find_group(junk[i], &gid))
			fail_msg("\"%s\" is taken", junk[i]);
	assert_int_equal(uid, UNTOUCHED);
	assert_int_equal(gid, UNTOUCHED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_and_groups_are_found_by_name),
		cmocka_unit_test(a_number_needs_no_name),
		cmocka_unit_test(what_is_neither_is_refused),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
