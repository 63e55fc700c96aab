/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the use of a mailbox for as long as an admin looks
 * for the fault, or because looking for it changed something.
 */
#include "tests/unit/doors.h"

/* To find out costs nothing of what is in force. */
static void
a_check_tells_faults_and_changes_nothing(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "check\n", "item kind=configuration folder=/tmp/");
	expect(fd, "ok count=1");
	write_file("etc/access.d/all.conf", "[a@b.c]\nallow = user:nobodyy\n");
	ask(fd, "check\n", "item kind=fault file=/tmp/");
	expect(fd, "item kind=configuration folder=/tmp/");
	expect(fd, "ok count=2");
	tell(fd, "check\n");
	assert_non_null(strstr(hear(fd),
	    "/etc/access.d/all.conf line=2 message=user:nobodyy:%20there"));
	expect(fd, "item ");
	expect(fd, "ok count=2");
	assert_int_equal(policy_count(broker->config->policy), 1);
	(void)close(fd);
}

/* What is no fault and perhaps a mistake does not keep a reload away. */
static void
a_check_tells_what_changes_nothing(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	write_file("etc/provider.d/own.conf",
	    "[provider]\nmodule = password\nsmtp_auth_host = mail.example\n"
	    "smtp_auth_ssl_trust = mail.example\n");
	tell(fd, "check\n");
	assert_non_null(strstr(hear(fd),
	    "/own.conf line=4 message=smtp_auth_ssl_trust%20is"));
	expect(fd, "item kind=configuration ");
	expect(fd, "ok count=2");
	(void)close(fd);
}

static void
a_check_tells_names_apart_where_they_may_be_unknown(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	write_file("etc/access.d/all.conf",
	    "[a@b.c]\nallow = user:nobodyy\nallow = user:root\n");
	ask(fd, "check\n", "item kind=fault ");
	expect(fd, "item kind=configuration ");
	expect(fd, "ok count=2");
	ask(fd, "check allow_unresolved=yes\n", "item kind=off file=/tmp/");
	assert_non_null(strstr(hear(fd), " providers=1 rules=1"));
	expect(fd, "ok count=2");
	ask(fd, "check allow_unresolved=maybe\n",
	    "error code=malformed reason=field_unknown ");
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(a_check_tells_faults_and_changes_nothing),
		AT_THE_DOORS(a_check_tells_what_changes_nothing),
		AT_THE_DOORS(
		    a_check_tells_names_apart_where_they_may_be_unknown),
	};

	return cmocka_run_group_tests_name("configuration", tests, NULL, NULL);
}
