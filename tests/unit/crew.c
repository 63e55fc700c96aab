/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/crew.h"
#include "broker/listen.h"
#include "proto/error.h"

static struct crew crew;
static char path[64];

static int
prepare(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/mailseal-crew-%d",
	    (int)getpid());
	crew.signals = -1;
	crew.folder = "/nowhere";
	crew.anchors.path = "/dev/null";
	crew.max = 2;
	return listen_unix(path, 0600, &crew.listener);
}

static int
clear(void **state)
{
	(void)state;
	x509_close(&crew.anchors);
	return close(crew.listener) + unlink(path);
}

static int
call_in(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	crew_accept(&crew);
	return fd;
}

/* Other processes of this test have the descriptor, too. */
static void
hang_up(int connection)
{
	assert_int_equal(shutdown(connection, SHUT_RDWR), 0);
	assert_int_equal(close(connection), 0);
}

static unsigned
count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	(void)closedir(folder);
	return count;
}

/* Wait for a child to end, and take leave of it. */
static void
reap(pid_t pid)
{
	siginfo_t ended;

	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT),
	    0);
	crew_reap(&crew);
}

static void
a_child_that_does_not_end_is_killed_and_leaves_nothing(void **state)
{
	unsigned before = count_descriptors();
	int connection = call_in();
	pid_t pid = crew.hand[0].pid;

	(void)state;
	assert_int_equal(crew.count, 1);
	/* It is itself as soon as it leads its group. */
	while (getpgid(pid) != pid)
		(void)sched_yield();
	assert_int_equal(kill(pid, SIGSTOP), 0);
	crew.hand[0].kill_ms = clock_ms();
	crew_kill_late(&crew);
	reap(pid);
	assert_int_equal(crew.count, 0);
	assert_int_equal(close(connection), 0);
	assert_int_equal(count_descriptors(), before);
}

/* What a module of the child has started, which holds a pipe. */
static pid_t
start_below(pid_t leader, int held)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		while (setpgid(0, leader) != 0)
			(void)sched_yield();
		if (write(held, "x", 1) == 1)
			for (;;)
				(void)pause();
		_exit(EXIT_FAILURE);
	}
	return pid;
}

static void
what_a_module_started_ends_with_its_exchange(void **state)
{
	int connection = call_in(), held[2];
	pid_t pid = crew.hand[0].pid;
	char c;

	(void)state;
	assert_int_equal(pipe2(held, O_CLOEXEC), 0);
	while (getpgid(pid) != pid)
		(void)sched_yield();
	(void)start_below(pid, held[1]);
	assert_int_equal(read(held[0], &c, 1), 1); /* it is in the group */
	assert_int_equal(close(held[1]), 0);
	hang_up(connection); /* and so the child ends */
	reap(pid);
	assert_int_equal(crew.count, 0);
	assert_int_equal(read(held[0], &c, 1), 0);
	assert_int_equal(close(held[0]), 0);
	while (wait(NULL) > 0)
		;
}

static void
a_child_that_dies_is_answered_for(void **state)
{
	static const char said[] = "ok class=transient reason=courier "
				   "detail=its%20child:%20it%20died%20of%20"
				   "signal%2015";
	int connection = call_in();
	pid_t pid = crew.hand[0].pid;
	char reply[512] = "";

	(void)state;
	while (getpgid(pid) != pid)
		(void)sched_yield();
	assert_int_equal(kill(pid, SIGTERM), 0);
	reap(pid);
	assert_true(recv(connection, reply, sizeof(reply) - 1, 0) > 0);
	assert_memory_equal(reply, said, sizeof(said) - 1);
	assert_int_equal(recv(connection, reply, sizeof(reply), 0), 0);
	assert_int_equal(close(connection), 0);
}

static void
a_child_that_answers_is_not_answered_for(void **state)
{
	static const char request[] = "exchange op=refresh module=none\n";
	int connection = call_in();
	pid_t pid = crew.hand[0].pid;
	char reply[2048] = "";
	ssize_t len;

	(void)state;
	assert_int_equal(send(connection, request, sizeof(request) - 1, 0),
	    sizeof(request) - 1);
	reap(pid);
	len = recv(connection, reply, sizeof(reply) - 1, MSG_WAITALL);
	assert_true(len > 0);
	assert_non_null(strstr(reply, "detail=module%20none:%20/nowhere"));
	assert_ptr_equal(strchr(reply, '\n'), reply + len - 1);
	assert_int_equal(close(connection), 0);
}

static void
one_exchange_too_many_hears_that_we_are_busy(void **state)
{
	int first = call_in(), second = call_in(), third = call_in();
	pid_t one = crew.hand[0].pid, two = crew.hand[1].pid;
	char reply[256] = "";

	(void)state;
	assert_int_equal(crew.count, 2);
	assert_true(recv(third, reply, sizeof(reply) - 1, 0) > 0);
	assert_non_null(strstr(reply, "reason=busy"));
	hang_up(first);
	hang_up(second);
	assert_int_equal(close(third), 0);
	reap(one);
	if (crew.count > 0)
		reap(two);
	assert_int_equal(crew.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_child_that_does_not_end_is_killed_and_leaves_nothing),
		cmocka_unit_test(what_a_module_started_ends_with_its_exchange),
		cmocka_unit_test(a_child_that_dies_is_answered_for),
		cmocka_unit_test(a_child_that_answers_is_not_answered_for),
		cmocka_unit_test(one_exchange_too_many_hears_that_we_are_busy),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
