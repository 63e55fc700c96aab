/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mailbox that somebody else had himself enrolled
 * for, or the hour in which one looks for a page that there is not.
 */
#include "tests/unit/alone.h"

/* Else who may enrol could have the mailbox of the president read. */
static void
no_other_mailbox_is_asked_for_than_the_one_enrolled(void **state)
{
	int admin = enter(DOOR_ADMIN);

	(void)state;
	ask(admin,
	    "enroll_begin account=" ADDRESS " provider=app "
	    "login=president@campus.edu without_recovery=yes\n",
	    "error code=unsupported reason=other_kind ");
	ask(admin,
	    "enroll_begin account=billing@else.edu provider=goog "
	    "without_recovery=yes\n",
	    "error code=unsupported reason=other_kind ");
	(void)enroll_alone(ADDRESS, "app", "client_credentials");
	ask(admin, "set account=" ADDRESS " login=president@campus.edu\n",
	    "error code=unsupported reason=other_kind ");
	assert_int_equal(errand_comes(100), -1);
	(void)close(admin);
}

static void
who_wants_a_page_or_a_password_is_told_that_there_is_none(void **state)
{
	int admin = enter(DOOR_ADMIN);

	(void)state;
	ask(admin,
	    "enroll_begin account=" ADDRESS " provider=app type=oauth "
	    "without_recovery=yes\n",
	    "error code=unsupported reason=other_kind ");
	ask(admin,
	    "enroll_begin account=" ADDRESS " provider=app type=password "
	    "without_recovery=yes\n",
	    "error code=unsupported reason=other_kind ");
	ask(admin,
	    "enroll_begin account=" ADDRESS " provider=app type=magic "
	    "without_recovery=yes\n",
	    "error code=malformed reason=field_unknown ");
	(void)close(admin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(no_other_mailbox_is_asked_for_than_the_one_enrolled),
		ALONE(
		    who_wants_a_page_or_a_password_is_told_that_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
