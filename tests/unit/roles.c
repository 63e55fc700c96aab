/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: her mailboxes to a colleague who was only to watch
 * them, because a line was read as another.
 */
#include <unistd.h>

#include "broker/roles.h"
#include "tests/unit/conf.h"

#define DAEMON 1 /* users of Debian's */
#define BIN 2
#define SYS 3
#define GAMES 5
#define NOBODY 65534
#define STAFF 50 /* a group of Debian's */

static struct roles *roles;

static int
read_roles(const char *text, enum strictness strictness)
{
	struct roles *read = NULL;
	int error;

	write_file("admin.conf", text);
	memset(&fault, 0, sizeof(fault));
	error = roles_read(path_of("admin.conf"), strictness, note_alarm, &read,
	    &fault);
	assert_int_equal(error == MAILSEAL_OK, read != NULL);
	if (read != NULL) {
		roles_free(roles);
		roles = read;
	}
	return error;
}

static void
accepts(const char *text)
{
	if (read_roles(text, STRICT) != MAILSEAL_OK)
		fail_msg("%u: %s", fault.line, fault.text);
}

static void
refuses(const char *text, unsigned line, const char *why)
{
	assert_int_equal(read_roles(text, STRICT), MAILSEAL_E_CONFIG);
	is_about(&fault, "admin.conf", line, why);
}

/* The role of a user of one supplementary group. */
static enum right
role_in(uid_t uid, gid_t group)
{
	struct peer peer = { .pid = 1,
		.uid = uid,
		.gid = NOBODY,
		.group_count = 1,
		.groups = &group };

	return roles_of(roles, &peer);
}

static enum right
role(uid_t uid)
{
	return role_in(uid, NOBODY);
}

static void
without_the_file_root_has_every_role_and_nobody_else_any(void **state)
{
	struct roles *none = NULL;

	(void)state;
	assert_int_equal(roles_read(path_of("admin.conf"), STRICT, note_alarm,
			     &none, &fault),
	    MAILSEAL_OK);
	roles = none;
	assert_int_equal(role(0), RIGHT_ADMIN);
	assert_int_equal(role(geteuid()), RIGHT_ADMIN);
	assert_int_equal(role(DAEMON), RIGHT_NONE);
	assert_int_equal(role(NOBODY), RIGHT_NONE);
	assert_int_equal(roles_count(roles), 0);
	accepts("");
	accepts("[roles]\n");
	accepts("[roles]\nmonitor =\n");
	assert_int_equal(role(DAEMON), RIGHT_NONE);
}

static void
each_is_given_what_a_line_says_and_the_most_of_several(void **state)
{
	(void)state;
	accepts("[roles]\nmonitor = user:daemon user:bin\tgroup:staff\n"
		"enroll = user:bin user:54321\nMonitor = user:sys # too\n"
		"admin = user:sys\n");
	assert_int_equal(role(DAEMON), RIGHT_MONITOR);
	assert_int_equal(role(BIN), RIGHT_ENROLL);
	assert_int_equal(role(SYS), RIGHT_ADMIN);
	assert_int_equal(role(54321), RIGHT_ENROLL);
	assert_int_equal(role(GAMES), RIGHT_NONE);
	assert_int_equal(role(STAFF), RIGHT_NONE); /* a uid */
	assert_int_equal(role_in(GAMES, STAFF), RIGHT_MONITOR);
	assert_int_equal(role_in(SYS, STAFF), RIGHT_ADMIN);
	assert_int_equal(role(0), RIGHT_ADMIN);
	accepts("[roles]\nadmin = user:sys\nenroll = user:sys\n");
	assert_int_equal(role(SYS), RIGHT_ADMIN); /* in any order */
}

static void
a_role_knows_where_it_was_given(void **state)
{
	const struct role_line *line;

	(void)state;
	accepts("# head\n[roles]\nadmin = user:sys\n\n"
		"monitor = user:daemon  group:staff # both\n");
	assert_int_equal(roles_count(roles), 2);
	for (size_t i = 0; i < 2; i++) {
		line = roles_line(roles, i);
		assert_string_equal(line->origin.file, path_of("admin.conf"));
		if (line->role == RIGHT_ADMIN)
			assert_int_equal(line->origin.line, 3);
		else {
			assert_int_equal(line->role, RIGHT_MONITOR);
			assert_int_equal(line->origin.line, 5);
			assert_string_equal(line->words,
			    "user:daemon  group:staff");
		}
	}
}

static void
what_is_not_known_is_named_with_its_line(void **state)
{
	(void)state;
	accepts("[roles]\nadmin = user:daemon\n");
	refuses("[roles]\nadmin = user:damon\n", 2,
	    "user:damon: there is no such user");
	refuses("[roles]\nmonitor = user:bin\nadmin = user:sys group:staf\n", 3,
	    "group:staf: there is no such group");
	refuses("[roles]\nadmin = daemon\n", 2, "user:NAME or group:NAME");
	refuses("[roles]\nadmin = User:daemon\n", 2, "user:NAME or group:NAME");
	refuses("[roles]\nadmin = user:daemon,user:bin\n", 2, "no such user");
	refuses("[roles]\nadmin = user:\n", 2, "no such user");
	refuses("[roles]\n\nadmins = user:daemon\n", 3, "admins is not known");
	refuses("[roles]\nnone = user:daemon\n", 2, "none is not known");
	refuses("[role]\nadmin = user:daemon\n", 2, "[role] is not known");
	refuses("[roles]\njunk\n", 2, "qual sign");
	assert_int_equal(alarms, 0);
	assert_int_equal(role(DAEMON), RIGHT_ADMIN); /* the old ones stay */
}

static void
at_start_a_faulty_line_is_off_and_the_others_hold(void **state)
{
	(void)state;
	assert_int_equal(read_roles("[roles]\nmonitor = user:daemon\n"
				    "admin = user:bin user:damon\n"
				    "enroll = user:sys\n"
				    "[more]\nadmin = user:games\n",
			     LENIENT),
	    MAILSEAL_OK);
	assert_int_equal(alarms, 2);
	assert_int_equal(roles_off(roles), 2);
	is_about(&alarmed, "admin.conf", 6, "[more]");
	assert_int_equal(role(DAEMON), RIGHT_MONITOR);
	assert_int_equal(role(BIN), RIGHT_NONE);
	assert_int_equal(role(SYS), RIGHT_ENROLL);
	assert_int_equal(role(GAMES), RIGHT_NONE);
}

static void
names_may_be_unknown_where_that_is_wanted_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(read_roles("[roles]\nmonitor = user:daemon\n"
				    "admin = user:damon group:staf user:bin\n"
				    "enroll = user:sys\n",
			     STRICT_BUT_NAMES),
	    MAILSEAL_OK);
	assert_int_equal(roles_off(roles), 1);
	assert_int_equal(alarms, 1);
	is_about(&alarmed, "admin.conf", 3,
	    "user:damon: there is no such user");
	assert_int_equal(role(BIN), RIGHT_NONE);
	assert_int_equal(role(SYS), RIGHT_ENROLL);
	assert_int_equal(read_roles("[roles]\nadmin = user:damon bin\n",
			     STRICT_BUT_NAMES),
	    MAILSEAL_E_CONFIG);
	is_about(&fault, "admin.conf", 2, "bin: a role is given to user:NAME");
	assert_int_equal(read_roles("[role]\nadmin = user:damon\n",
			     STRICT_BUT_NAMES),
	    MAILSEAL_E_CONFIG);
	assert_int_equal(role(SYS), RIGHT_ENROLL);
}

static void
a_file_that_others_could_have_written_gives_nothing(void **state)
{
	struct roles *read = NULL;

	(void)state;
	accepts("[roles]\nadmin = user:daemon\n");
	assert_int_equal(chmod(path_of("admin.conf"), 0666), 0);
	assert_int_equal(roles_read(path_of("admin.conf"), STRICT, note_alarm,
			     &read, &fault),
	    MAILSEAL_E_UNSAFE);
	assert_null(read);
	assert_int_equal(alarms, 0);
	assert_int_equal(roles_read(path_of("admin.conf"), LENIENT, note_alarm,
			     &read, &fault),
	    MAILSEAL_OK);
	is_about(&alarmed, "admin.conf", 0, "admin.conf");
	roles_free(roles);
	roles = read;
	assert_int_equal(role(DAEMON), RIGHT_NONE);
	assert_int_equal(role(0), RIGHT_ADMIN);
}

static int
forget_roles(void **state)
{
	roles_free(roles);
	roles = NULL;
	return remove_folder(state);
}

#define HERE(test) \
	cmocka_unit_test_setup_teardown(test, fresh_folder, forget_roles)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(without_the_file_root_has_every_role_and_nobody_else_any),
		HERE(each_is_given_what_a_line_says_and_the_most_of_several),
		HERE(a_role_knows_where_it_was_given),
		HERE(what_is_not_known_is_named_with_its_line),
		HERE(at_start_a_faulty_line_is_off_and_the_others_hold),
		HERE(
		    names_may_be_unknown_where_that_is_wanted_and_nothing_else),
		HERE(a_file_that_others_could_have_written_gives_nothing),
	};

	return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
