/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox, to who becomes another between two
 * looks at one request, or the answer, to a broker that looks too often.
 */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/caller.h"

static const char *unit_of_peer; /* NULL: it cannot be known */
static unsigned looks;
static char login_of_uid[512]; /* "": it has none */

static bool
find(const struct peer *peer, char unit[CGROUP_UNIT_MAX + 1])
{
	looks++;
	assert_int_equal(peer->uid, 7);
	if (unit_of_peer == NULL)
		return false;
	memcpy(unit, unit_of_peer, strlen(unit_of_peer) + 1);
	return true;
}

/* The users of this program: libc's, in the test's own words. */
struct passwd *
getpwuid(uid_t uid)
{
	static struct passwd pw = { .pw_name = login_of_uid };

	looks++;
	pw.pw_uid = uid;
	return login_of_uid[0] != '\0' ? &pw : NULL;
}

static const struct peer peer = { .fd = -1, .pid = 1, .uid = 7 };

static struct caller
start(void)
{
	struct caller caller;

	caller_start(&caller, &peer);
	assert_true(caller.find_unit == peer_unit);
	caller.find_unit = find;
	looks = 0;
	return caller;
}

static void
a_unit_is_looked_up_once_and_stays_what_it_was(void **state)
{
	struct caller caller = start();

	(void)state;
	assert_int_equal(looks, 0);
	unit_of_peer = "web.service";
	assert_string_equal(caller_unit(&caller), "web.service");
	unit_of_peer = "other.service";
	assert_string_equal(caller_unit(&caller), "web.service");
	assert_int_equal(looks, 1);
}

static void
no_unit_is_not_asked_for_again_either(void **state)
{
	struct caller caller = start();

	(void)state;
	unit_of_peer = NULL;
	assert_null(caller_unit(&caller));
	unit_of_peer = "web.service";
	assert_null(caller_unit(&caller));
	assert_int_equal(looks, 1);
}

/* This process is nobody's peer: the kernel is asked, and tells nothing. */
static void
without_a_connection_there_is_no_unit(void **state)
{
	struct caller caller;

	(void)state;
	caller_start(&caller, &peer);
	assert_null(caller_unit(&caller));
}

static void
what_is_supposed_is_not_looked_up(void **state)
{
	struct caller caller = start();
	char name[CGROUP_UNIT_MAX + 2];

	(void)state;
	unit_of_peer = "web.service";
	caller_suppose(&caller, NULL);
	assert_null(caller_unit(&caller));
	caller_suppose(&caller, "erp.service");
	assert_string_equal(caller_unit(&caller), "erp.service");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	caller_suppose(&caller, name); /* no unit has so long a name */
	assert_null(caller_unit(&caller));
	name[CGROUP_UNIT_MAX] = '\0';
	caller_suppose(&caller, name);
	assert_string_equal(caller_unit(&caller), name);
	assert_int_equal(looks, 0);
}

static void
a_login_name_is_looked_up_once_and_in_lower_case(void **state)
{
	struct caller caller = start();

	(void)state;
	memcpy(login_of_uid, "J.Doe", sizeof("J.Doe"));
	assert_string_equal(caller_login(&caller), "j.doe");
	login_of_uid[0] = '\0';
	assert_string_equal(caller_login(&caller), "j.doe");
	assert_int_equal(looks, 1);
	caller = start();
	assert_null(caller_login(&caller));
	assert_null(caller_login(&caller));
	assert_int_equal(looks, 1);
}

static void
a_name_too_long_for_an_address_owns_none(void **state)
{
	struct caller caller = start();

	(void)state;
	memset(login_of_uid, 'x', ACCOUNT_MAX + 1);
	login_of_uid[ACCOUNT_MAX + 1] = '\0';
	assert_null(caller_login(&caller));
	login_of_uid[ACCOUNT_MAX] = '\0';
	caller = start();
	assert_int_equal(strlen(caller_login(&caller)), ACCOUNT_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_unit_is_looked_up_once_and_stays_what_it_was),
		cmocka_unit_test(no_unit_is_not_asked_for_again_either),
		cmocka_unit_test(without_a_connection_there_is_no_unit),
		cmocka_unit_test(what_is_supposed_is_not_looked_up),
		cmocka_unit_test(
		    a_login_name_is_looked_up_once_and_in_lower_case),
		cmocka_unit_test(a_name_too_long_for_an_address_owns_none),
	};

	return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
