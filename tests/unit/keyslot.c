/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: every mailbox, when the last way to the key could
 * be removed; and a night, when nobody is told why the host did not open it.
 */
#include "tests/unit/doors.h"

static int64_t
add_slot(const char *kind, const char *label, struct secret **secret)
{
	int64_t id = 0;

	assert_int_equal(keyring_init_begin(broker->keyring, secret), 0);
	assert_int_equal(keyring_init_finish(broker->keyring, kind, label,
			     *secret, &id),
	    0);
	return id;
}

static void
unlock(int fd, const struct secret *secret, const char *start)
{
	char request[128] = "unlock secret=", *at = request + strlen(request);

	for (size_t i = 0; i < secret->len; i++, at += 2)
		(void)snprintf(at, 3, "%02x", secret->data[i]);
	memcpy(at, "\n", 2);
	ask(fd, request, start);
}

static void
the_last_slot_is_not_removed(void **state)
{
	int fd = enter(DOOR_ADMIN);
	AUTO(secret) secret = NULL;

	(void)state;
	ask(fd, "slot_remove slot=1\n", "error code=blocked reason=last_slot ");
	(void)add_slot("credential", "host", &secret);
	ask(fd, "slot_remove slot=1\n", "ok slot=1 kind=file label=test");
	ask(fd, "slot_remove slot=2\n", "error code=blocked reason=last_slot ");
	ask(fd, "slot_remove slot=1\n", "error code=blocked reason=no_slot ");
	keyring_lock(broker->keyring);
	unlock(fd, slot_secret, "error code=denied reason=wrong_key ");
	unlock(fd, secret, "ok slot=2");
	(void)close(fd);
}

static void
a_slot_is_removed_by_its_number_only(void **state)
{
	int fd = enter(DOOR_ADMIN);
	AUTO(secret) secret = NULL;

	(void)state;
	(void)add_slot("credential", "host", &secret);
	ask(fd, "slot_remove\n", "error code=malformed reason=field_missing ");
	ask(fd, "slot_remove slot=0\n", "error code=blocked reason=no_slot ");
	ask(fd, "slot_remove slot=3\n", "error code=blocked reason=no_slot ");
	ask(fd, "slot_remove slot=host\n", "error code=malformed ");
	ask(fd, "slot_remove slot=99999999999999999999\n",
	    "error code=malformed ");
	keyring_lock(broker->keyring);
	ask(fd, "slot_remove slot=2\n", "error code=locked ");
	unlock(fd, secret, "ok slot=2");
	(void)close(fd);
}

static void
why_a_credential_did_not_open_is_shown_until_it_does(void **state)
{
	int fd = enter(DOOR_ADMIN);
	AUTO(secret) secret = NULL;

	(void)state;
	(void)add_slot("credential", "host", &secret);
	keyring_lock(broker->keyring);
	ask(fd, "unlock_failed label=host message=it%20is%20gone\n",
	    "ok slot=2 kind=credential label=host");
	unlock(fd, slot_secret, "ok slot=1");
	for (int twice = 0; twice < 2; twice++) {
		ask(fd, "slot_list\n",
		    "item kind=slot id=1 type=file "
		    "label=test state=ok");
		expect(fd,
		    twice == 0 ?
			"item kind=slot id=2 type=credential label=host "
			"state=failed message=it%20is%20gone" :
			"item kind=slot id=2 type=credential label=host "
			"state=ok");
		expect(fd, "ok count=2");
		unlock(fd, secret, "ok slot=2");
	}
	(void)close(fd);
}

static void
status_has_the_slots_too(void **state)
{
	int fd = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	keyring_lock(broker->keyring);
	ask(fd, "status\n", "item kind=broker ");
	line = hear(fd);
	assert_true(begins(line, "item kind=slot id=1 "));
	assert_non_null(strstr(line, " state=untried"));
	(void)close(fd);
}

static void
only_a_credential_that_there_is_can_fail(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "unlock_failed label=host message=x\n",
	    "error code=blocked reason=no_slot "
	    "message=there%20is%20no%20such%20slot%20(host)");
	ask(fd, "unlock_failed label=test message=x\n", /* that is a file */
	    "error code=blocked reason=no_slot ");
	ask(fd, "unlock_failed label=test\n", "error code=malformed ");
	assert_int_equal(broker->opening.count, 0);
	(void)close(fd);
}

/* What is enrolled without one is lost with the host. */
static void
nothing_is_enrolled_without_a_recovery_code(void **state)
{
	int fd = enter(DOOR_ADMIN);
	AUTO(secret) secret = NULL;

	(void)state;
	ask(fd, "enroll_begin account=billing@example.edu\n",
	    "error code=blocked reason=no_recovery "
	    "message=billing@example.edu:%20");
	ask(fd,
	    "enroll_begin account=billing@example.edu without_recovery=no\n",
	    "error code=malformed reason=field_unknown ");
	ask(fd,
	    "enroll_begin account=billing@example.edu without_recovery=yes\n",
	    "ok id=");
	(void)add_slot("recovery", "paper", &secret);
	ask(fd, "enroll_begin account=billing@example.edu\n", "ok id=");
	keyring_lock(broker->keyring);
	ask(fd, "enroll_begin account=billing@example.edu\n",
	    "error code=locked reason=locked ");
	(void)close(fd);
}

static void
a_long_story_is_cut(void **state)
{
	char request[2200] = "unlock_failed label=host message=";
	int fd = enter(DOOR_ADMIN);
	AUTO(secret) secret = NULL;
	size_t len = strlen(request);
	const char *why;

	(void)state;
	(void)add_slot("credential", "host", &secret);
	memset(request + len, 'x', TEXT_MAX);
	memcpy(request + len + TEXT_MAX, "\n", 2);
	ask(fd, request, "ok slot=2 ");
	assert_int_equal(opening_of(&broker->opening, 2, &why), OPENING_FAILED);
	assert_int_equal(strlen(why), OPENING_WHY_MAX - 1);
	memcpy(request + len + TEXT_MAX, "x\n", 3);
	ask(fd, request, "error code=malformed reason=too_long ");
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(the_last_slot_is_not_removed),
		AT_THE_DOORS(a_slot_is_removed_by_its_number_only),
		AT_THE_DOORS(
		    why_a_credential_did_not_open_is_shown_until_it_does),
		AT_THE_DOORS(status_has_the_slots_too),
		AT_THE_DOORS(only_a_credential_that_there_is_can_fail),
		AT_THE_DOORS(nothing_is_enrolled_without_a_recovery_code),
		AT_THE_DOORS(a_long_story_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
