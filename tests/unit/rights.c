/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: her mailboxes to a colleague who was only to watch
 * them, if one request were let in that his role does not need.
 */
#include "tests/unit/doors.h"
#include "tests/unit/skip.h"

#define DAEMON 1 /* users of Debian's */
#define BIN 2
#define SYS 3
#define GAMES 5

/*
 * What each request of the admin socket needs, written down a second time: a
 * verb without a row here fails, and so does one whose right was changed.
 */
static const struct {
	const char *verb;
	enum right needs;
} needed[] = {
	{ "hello", RIGHT_NONE },
	{ "whoami", RIGHT_NONE },
	{ "status", RIGHT_MONITOR },
	{ "list", RIGHT_MONITOR },
	{ "show", RIGHT_MONITOR },
	{ "provider_list", RIGHT_MONITOR },
	{ "provider_show", RIGHT_MONITOR },
	{ "slot_list", RIGHT_MONITOR },
	{ "access", RIGHT_MONITOR },
	{ "check", RIGHT_MONITOR },
	{ "verify", RIGHT_MONITOR },
	{ "config", RIGHT_MONITOR },
	{ "enroll_begin", RIGHT_ENROLL },
	{ "enroll_finish", RIGHT_ENROLL },
	{ "enroll_poll", RIGHT_ENROLL },
	{ "enroll_cancel", RIGHT_ENROLL },
	{ "enroll_poll", RIGHT_ENROLL },
	{ "enroll_confirm", RIGHT_ENROLL },
	{ "test", RIGHT_ENROLL },
	{ "provider_check", RIGHT_ENROLL },
	{ "init_begin", RIGHT_ADMIN },
	{ "init_finish", RIGHT_ADMIN },
	{ "unlock", RIGHT_ADMIN },
	{ "unlock_failed", RIGHT_ADMIN },
	{ "slot_remove", RIGHT_ADMIN },
	{ "provider_secret", RIGHT_ADMIN },
	{ "provider_new_cert", RIGHT_ADMIN },
	{ "provider_key", RIGHT_ADMIN },
	{ "provider_forget", RIGHT_ADMIN },
	{ "remove", RIGHT_ADMIN },
	{ "reload", RIGHT_ADMIN },
	{ "disable", RIGHT_ADMIN },
	{ "enable", RIGHT_ADMIN },
	{ "set", RIGHT_ADMIN },
	{ "rebind_show", RIGHT_ADMIN },
	{ "rebind", RIGHT_ADMIN },
};

static enum right
need_of(const char *verb)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (strcmp(needed[i].verb, verb) == 0)
			return needed[i].needs;
	fail_msg("which role may %s? Write it down", verb);
	return RIGHT_NONE;
}

static const struct {
	uid_t uid;
	enum right role;
} people[] = { { GAMES, RIGHT_NONE }, { DAEMON, RIGHT_MONITOR },
	{ BIN, RIGHT_ENROLL }, { SYS, RIGHT_ADMIN }, { 0, RIGHT_ADMIN } };
#define PEOPLE (sizeof(people) / sizeof(people[0]))

static int
open_with_roles(void **state)
{
	if (doors_prepare(state) != 0)
		return -1;
	write_file("etc/admin.conf",
	    "[roles]\nmonitor = user:daemon\nenroll = user:bin\n"
	    "admin = user:sys\n");
	return doors_open(state);
}

/* What is let in stumbles over the field; so nothing is done by it. */
static void
try_every_verb(int fd, enum right role_given)
{
	for (int i = 0; i < VERB_COUNT; i++) {
		const struct verb_row *row = verb_row((enum verb)i);
		char request[128];

		if ((row->doors & DOOR_ADMIN) == 0)
			continue;
		(void)snprintf(request, sizeof(request), "%s no_such_field=1\n",
		    row->name);
		ask(fd, request,
		    role_given >= need_of(row->name) ?
			"error code=malformed reason=field_" :
			"error code=denied reason=role ");
	}
}

static void
every_verb_is_for_its_role_and_those_above(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	for (size_t i = 0; i < PEOPLE; i++) {
		int fd = enter_as(people[i].uid, DOOR_ADMIN);

		try_every_verb(fd, people[i].role);
		(void)close(fd);
	}
}

static void
hello_lists_just_what_would_be_let_in(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	for (size_t i = 0; i < PEOPLE; i++) {
		int fd = enter_as(people[i].uid, DOOR_ADMIN);
		char expected[1024] = " verbs=";
		size_t len = strlen(expected);
		const char *line;

		for (int v = 0; v < VERB_COUNT; v++) {
			const struct verb_row *row = verb_row((enum verb)v);

			if ((row->doors & DOOR_ADMIN) != 0 &&
			    people[i].role >= need_of(row->name))
				len += (size_t)snprintf(expected + len,
				    sizeof(expected) - len, "%s%s",
				    expected[len - 1] == '=' ? "" : ",",
				    row->name);
		}
		tell(fd, "hello\n");
		line = hear(fd);
		assert_string_equal(strstr(line, " verbs="), expected);
		(void)close(fd);
	}
}

static void
a_denial_says_which_role_is_needed_and_where_it_is_given(void **state)
{
	const char *line;
	int fd;

	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	fd = enter_as(DAEMON, DOOR_ADMIN);
	ask(fd, "whoami\n", "ok user=daemon uid=1 ");
	tell(fd, "whoami\n");
	assert_non_null(strstr(hear(fd), " role=monitor"));
	tell(fd, "remove account=a@b.c\n");
	line = hear(fd);
	assert_non_null(strstr(line, "(remove%20needs%20the%20role%20admin)"));
	assert_non_null(strstr(line, "/etc/mailseal/admin.conf"));
	(void)close(fd);
}

/* A connection that is open already gains and loses with the file. */
static void
a_reload_gives_and_takes_roles_at_once(void **state)
{
	int fd, root = enter(DOOR_ADMIN);

	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	fd = enter_as(GAMES, DOOR_ADMIN);
	ask(fd, "status no_such_field=1\n", "error code=denied ");
	write_file("etc/admin.conf", "[roles]\nmonitor = user:games\n");
	ask(root, "reload\n", "ok providers=");
	ask(fd, "status no_such_field=1\n", "error code=malformed ");
	write_file("etc/admin.conf", "[roles]\nmonitor = user:gamess\n");
	ask(root, "reload\n", "error code=blocked reason=configuration ");
	ask(fd, "status no_such_field=1\n", "error code=malformed ");
	write_file("etc/admin.conf", "");
	ask(root, "reload\n", "ok providers=");
	ask(fd, "status no_such_field=1\n", "error code=denied ");
	(void)close(fd);
	(void)close(root);
}

#define WITH_ROLES(test) \
	cmocka_unit_test_setup_teardown(test, open_with_roles, doors_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ROLES(every_verb_is_for_its_role_and_those_above),
		WITH_ROLES(hello_lists_just_what_would_be_let_in),
		WITH_ROLES(
		    a_denial_says_which_role_is_needed_and_where_it_is_given),
		WITH_ROLES(a_reload_gives_and_takes_roles_at_once),
	};

	return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
