/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the way to see whom the broker takes him for, when
 * it denies what he thinks is his.
 */
#include "tests/unit/cage.h"
#include "tests/unit/doors.h"
#include "tests/unit/skip.h"

#define UNIT "mailseal-unit-test.service"

/* What a process in a cage hears when it asks who it is. */
static char heard[HEARD_MAX];

static int
ask_whoami(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t n;

	alarm(30);
	if (fd < 0 || !connects(fd, DOOR_CONSUMER) ||
	    send(fd, "whoami\n", 7, 0) != 7)
		return 1;
	n = recv(fd, heard, sizeof(heard) - 1, 0);
	if (n <= 0)
		return 2;
	heard[n] = '\0';
	return strstr(heard, " unit=" UNIT " ") != NULL ? 0 : 3;
}

static void
a_service_sees_its_unit(void **state)
{
	int status;

	(void)state;
	assert_int_equal(mkdir(path_of("cgroup"), 0755), 0);
	status = wait_for(cage_start(path_of("cgroup"), UNIT, ask_whoami));
	if (cage_trouble(status) != NULL)
		SKIP(cage_trouble(status));
	assert_int_equal(status, 0);
}

/* The control: this process is in none that systemd would name. */
static void
who_has_no_unit_sees_none(void **state)
{
	int fd = enter(DOOR_CONSUMER);
	char unit[CGROUP_UNIT_MAX + 1];
	const char *line;

	(void)state;
	tell(fd, "whoami\n");
	line = hear(fd);
	assert_true(begins(line, "ok user="));
	assert_int_equal(strstr(line, " unit=") != NULL,
	    cgroup_unit_of_process(getpid(), unit));
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(a_service_sees_its_unit),
		AT_THE_DOORS(who_has_no_unit_sees_none),
	};

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
