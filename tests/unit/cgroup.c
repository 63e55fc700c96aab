/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/cgroup.h"

/* A path, and the unit it must give; NULL: none. */
static const struct row {
	const char *path;
	const char *unit;
} rows[] = {
	/* What systemd makes. */
	{ "/system.slice/web.service", "web.service" },
	{ "/system.slice/system-campus\\x2dmail.slice/campus-mail@a.service",
	    "campus-mail@a.service" },
	{ "/init.scope", "init.scope" },
	{ "/web.service", "web.service" },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
	{ "/system.slice/mailseald.socket", "mailseald.socket" },
	/* A user's manager: what is below is the user's own choice. */
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service",
	    "user@1000.service" },
	{ "/user.slice/user-1000.slice/user@1000.service/init.scope",
	    "user@1000.service" },
	{ "/user.slice/user-1000.slice/user@1000.service",
	    "user@1000.service" },
	/* A container: what is inside calls itself as it likes. */
	{ "/machine.slice/systemd-nspawn@box.service/payload/system.slice/"
	  "web.service",
	    "systemd-nspawn@box.service" },
	{ "/system.slice/docker-0123abc.scope/system.slice/web.service",
	    "docker-0123abc.scope" },
	{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope",
	    "cri-containerd-1.scope" },
	/* Groups that were delegated. */
	{ "/system.slice/web.service/web.slice/mail.service", "web.service" },
	{ "/system.slice/web.service/..service", "web.service" },
	/* Escaped, because the kernel has a file of such a name. */
	{ "/system.slice/_cpu.service", "cpu.service" },
	{ "/system.slice/__private.service", "_private.service" },
	{ "/_memory.slice/web.service", "web.service" },
	/* Only slices, or nothing. */
	{ "/", NULL },
	{ "", NULL },
	{ "/system.slice", NULL },
	{ "/user.slice/user-1000.slice", NULL },
	{ "/-.slice", NULL },
	/* Names that systemd does not give. */
	{ "/docker/0123abc", NULL },
	{ "/lxc.payload.web/system.slice/web.service", NULL },
	{ "/.slice/web.service", NULL },
	{ "/system.slice/.service", NULL },
	{ "/system.slice/web.service (deleted)", NULL },
	{ "/system.slice/we b.service", NULL },
	{ "/system.slice/web.service\x01", NULL },
	{ "/system.slice//web.service", NULL },
	{ "/system.slice/_", NULL },
	{ "system.slice/web.service", NULL },
	{ "/system.slice/web.Service", NULL },
	/* Out of our own namespace. */
	{ "/..", NULL },
	{ "/../web.service", NULL },
	{ "/../../system.slice/web.service", NULL },
	{ "/system.slice/../web.service", NULL },
	{ "/system.slice/web.service/..", NULL },
};

static void
a_cgroup_path_gives_its_unit_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char unit[CGROUP_UNIT_MAX + 1] = "untouched";
		bool found = cgroup_unit(rows[i].path, unit);

		assert_int_equal(found, rows[i].unit != NULL);
		assert_string_equal(unit,
		    rows[i].unit != NULL ? rows[i].unit : "untouched");
	}
}

static void
a_name_beyond_the_longest_unit_is_none(void **state)
{
	char path[CGROUP_UNIT_MAX + 32], unit[CGROUP_UNIT_MAX + 1];
	int pad = CGROUP_UNIT_MAX - (int)strlen(".service");

	(void)state;
	(void)snprintf(path, sizeof(path), "/%0*d.service", pad, 0);
	assert_true(cgroup_unit(path, unit));
	assert_int_equal(strlen(unit), CGROUP_UNIT_MAX);
	(void)snprintf(path, sizeof(path), "/%0*d.service", pad + 1, 0);
	assert_false(cgroup_unit(path, unit));
}

static void
a_name_is_a_units_when_it_ends_in_its_kind(void **state)
{
	static const char *const no[] = { "", "web", ".service", "a/b.service",
		"a b.service", "x.slice", "/web.service", "web.service/" };

	(void)state;
	assert_true(cgroup_is_unit("web.service"));
	assert_true(cgroup_is_unit("a\\x2db@c:1_.scope"));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (cgroup_is_unit(no[i]))
			fail_msg("\"%s\" is taken for a unit", no[i]);
}

static void
a_process_that_is_not_there_has_no_unit(void **state)
{
	char unit[CGROUP_UNIT_MAX + 1];

	(void)state;
	assert_false(cgroup_unit_of_process(0, unit));
	assert_false(cgroup_unit_of_process(-1, unit));
	assert_false(cgroup_unit_of_process(0x7ffffffe, unit));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cgroup_path_gives_its_unit_and_no_other),
		cmocka_unit_test(a_name_beyond_the_longest_unit_is_none),
		cmocka_unit_test(a_name_is_a_units_when_it_ends_in_its_kind),
		cmocka_unit_test(a_process_that_is_not_there_has_no_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
