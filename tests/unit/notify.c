/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: "systemctl status" that tells whether the broker is
 * up, locked, or stopping.
 */
#include "broker/notify.h"
#include "broker/stop.h"
#include "tests/unit/doors.h"

static int systemd; /* where the test listens in its place */

static int
open_with_systemd(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (doors_setup(state) != 0)
		return -1;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify",
	    folder);
	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (systemd < 0 ||
	    bind(systemd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -1;
	return setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

static int
close_with_systemd(void **state)
{
	(void)close(systemd);
	(void)unsetenv("NOTIFY_SOCKET");
	return doors_teardown(state);
}

/* The next message; NULL when there is none. */
static const char *
message(void)
{
	static char text[512];
	ssize_t n = recv(systemd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

static void
the_status_says_when_the_key_opens_and_closes(void **state)
{
	(void)state;
	assert_int_equal(notify_open(broker), 0);
	notify_ready(broker);
	assert_string_equal(message(), "READY=1\nSTATUS=0 accounts");
	settle();
	assert_null(message()); /* what did not change is not told */
	keyring_lock(broker->keyring);
	ask(enter(DOOR_CONSUMER), "whoami\n", "ok ");
	assert_string_equal(message(),
	    "STATUS=0 accounts, locked: \"mailseal status\" tells why");
}

static void
a_reload_and_the_end_are_told(void **state)
{
	(void)state;
	notify_reloading();
	assert_true(begins(message(), "RELOADING=1\nMONOTONIC_USEC="));
	assert_int_equal(stop_begin(broker), 0);
	assert_true(begins(message(), "STOPPING=1\n"));
}

static void
a_broker_that_hangs_is_found_by_the_watchdog(void **state)
{
	char pid[16];
	int fed = 0;

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "100000", 1), 0);
	assert_int_equal(notify_open(broker), 0);
	(void)unsetenv("WATCHDOG_PID");
	(void)unsetenv("WATCHDOG_USEC");
	for (uint64_t begun = now_ms(); now_ms() < begun + 300;)
		(void)turn(10);
	for (const char *m; (m = message()) != NULL;)
		fed += strcmp(m, "WATCHDOG=1") == 0;
	assert_in_range(fed, 2, 20);
}

#define UNDER_SYSTEMD(test)                                      \
	cmocka_unit_test_setup_teardown(test, open_with_systemd, \
	    close_with_systemd)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNDER_SYSTEMD(the_status_says_when_the_key_opens_and_closes),
		UNDER_SYSTEMD(a_reload_and_the_end_are_told),
		UNDER_SYSTEMD(a_broker_that_hangs_is_found_by_the_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
