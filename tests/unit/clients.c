/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his turn, because another user of the host took
 * every connection there is.
 */
#include "broker/takeover.h"
#include "tests/unit/doors.h"
#include "tests/unit/skip.h"

static void
one_user_cannot_take_every_connection(void **state)
{
	int fd[5];

	(void)state;
	broker->config->connections_per_user = 3;
	for (int i = 0; i < 3; i++)
		fd[i] = enter(DOOR_CONSUMER);
	fd[3] = enter(DOOR_CONSUMER);
	expect(fd[3], "error code=busy reason=busy message=");
	assert_null(hear(fd[3]));
	fd[4] = enter(DOOR_ADMIN); /* an admin still gets in */
	ask(fd[4], "whoami\n", "ok user=");
	ask(fd[2], "whoami\n", "ok user=");
	(void)close(fd[0]);
	settle();
	ask(fd[0] = enter(DOOR_CONSUMER), "whoami\n", "ok user=");
	for (int i = 0; i < 5; i++)
		(void)close(fd[i]);
}

static void
there_is_a_limit_for_all_and_one_for_admins(void **state)
{
	int fd[CLIENTS_ADMINS + 1], more;

	(void)state;
	broker->config->connections = 1;
	fd[0] = enter(DOOR_CONSUMER);
	more = enter(DOOR_CONSUMER);
	expect(more, "error code=busy ");
	(void)close(more);
	for (int i = 1; i <= CLIENTS_ADMINS; i++) {
		fd[i] = enter(DOOR_ADMIN);
		ask(fd[i], "whoami\n", "ok user=");
	}
	more = enter(DOOR_ADMIN);
	expect(more, "error code=busy ");
	(void)close(more);
	for (int i = 0; i <= CLIENTS_ADMINS; i++)
		(void)close(fd[i]);
}

/* An answer that comes late goes to nobody, not to who came after. */
static void
a_connection_that_is_gone_is_not_taken_for_the_next(void **state)
{
	struct conn_ref first = { 0, 0 }, second = { 0, 1 };
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	keyring_lock(broker->keyring);
	assert_null(clients_find(broker->clients, first)); /* asks nothing */
	tell(fd, "get account=billing@example.edu wait=300\n");
	(void)turn(1000);
	assert_non_null(clients_find(broker->clients, first));
	assert_null(clients_find(broker->clients, second));
	conn_close(clients_find(broker->clients, first));
	(void)close(fd);
	fd = enter(DOOR_CONSUMER);
	tell(fd, "get account=billing@example.edu wait=300\n");
	(void)turn(1000);
	assert_null(clients_find(broker->clients, first));
	assert_non_null(clients_find(broker->clients, second));
	assert_null(
	    clients_find(broker->clients, (struct conn_ref){ UINT32_MAX, 0 }));
	assert_null(clients_find(NULL, first));
	(void)close(fd);
}

static void
others_at_the_admin_socket_cannot_lock_the_admins_out(void **state)
{
	int fd[CLIENTS_ADMINS], admin;

	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	for (int i = 0; i < CLIENTS_ADMINS; i++)
		fd[i] = enter_as(1, DOOR_ADMIN); /* "daemon" on Debian */
	admin = enter(DOOR_ADMIN);
	ask(admin, "status\n", "item kind=broker ");
	(void)close(admin);
	for (int i = 0; i < CLIENTS_ADMINS; i++)
		(void)close(fd[i]);
}

/* Else she who is to watch the broker cannot, just when it is crowded. */
static void
whoever_has_a_role_gets_a_place_that_is_kept(void **state)
{
	int fd[CLIENTS_ADMINS / 2], watcher;

	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	write_file("etc/admin.conf", "[roles]\nmonitor = user:bin\n");
	assert_int_equal(takeover_reload(broker, STRICT, &fault), MAILSEAL_OK);
	for (int i = 0; i < CLIENTS_ADMINS / 2; i++)
		fd[i] = enter_as(1, DOOR_ADMIN); /* "daemon" on Debian */
	expect(watcher = enter_as(1, DOOR_ADMIN), "error code=busy ");
	(void)close(watcher);
	watcher = enter_as(2, DOOR_ADMIN); /* "bin" */
	ask(watcher, "status\n", "item kind=broker ");
	(void)close(watcher);
	for (int i = 0; i < CLIENTS_ADMINS / 2; i++)
		(void)close(fd[i]);
}

/* Else who is to watch the broker keeps its admin from locking a thief out. */
static void
watchers_leave_a_place_for_an_admin(void **state)
{
	int fd[CLIENTS_ADMINS], admin;

	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	write_file("etc/admin.conf",
	    "[roles]\nmonitor = user:daemon\nenroll = user:bin\n");
	assert_int_equal(takeover_reload(broker, STRICT, &fault), MAILSEAL_OK);
	for (int i = 0; i < CLIENTS_ADMINS; i++)
		fd[i] = enter_as(1 + (uid_t)i % 2, DOOR_ADMIN);
	expect(fd[CLIENTS_ADMINS - 1], "error code=busy ");
	for (int i = 0; i < 2; i++) {
		admin = enter(DOOR_ADMIN);
		ask(admin, "disable account=billing@example.edu\n",
		    "error code=blocked reason=no_account ");
		(void)close(admin);
		settle();
	}
	for (int i = 0; i < CLIENTS_ADMINS; i++)
		(void)close(fd[i]);
}

static void
descriptors_come_back_when_clients_go(void **state)
{
	unsigned before = count_fds();
	int fd[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		fd[i] = enter(DOOR_CONSUMER);
	assert_int_equal(clients_count(broker->clients), 100);
	for (int i = 0; i < 100; i++)
		(void)close(fd[i]);
	settle();
	assert_int_equal(clients_count(broker->clients), 0);
	assert_int_equal(count_fds(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(one_user_cannot_take_every_connection),
		AT_THE_DOORS(there_is_a_limit_for_all_and_one_for_admins),
		AT_THE_DOORS(
		    a_connection_that_is_gone_is_not_taken_for_the_next),
		AT_THE_DOORS(
		    others_at_the_admin_socket_cannot_lock_the_admins_out),
		AT_THE_DOORS(whoever_has_a_role_gets_a_place_that_is_kept),
		AT_THE_DOORS(watchers_leave_a_place_for_an_admin),
		AT_THE_DOORS(descriptors_come_back_when_clients_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
