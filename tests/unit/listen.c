/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/listen.h"
#include "proto/error.h"

static char folder[64];
static char path[96];

static mode_t
mode_of(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
the_socket_has_the_mode_that_was_asked_for(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(listen_unix(path, 0600, &fd), MAILSEAL_OK);
	assert_int_equal(mode_of(), 0600);
	(void)close(fd);
	assert_int_equal(listen_unix(path, 0666, &fd), MAILSEAL_OK);
	assert_int_equal(mode_of(), 0666); /* whatever the umask is */
	(void)close(fd);
}

static void
a_living_process_is_not_pushed_aside(void **state)
{
	int fd = -1, second = -1;

	(void)state;
	assert_int_equal(listen_unix(path, 0600, &fd), MAILSEAL_OK);
	assert_int_equal(listen_unix(path, 0600, &second), MAILSEAL_E_EXISTS);
	assert_int_equal(second, -1);
	(void)close(fd); /* dead now: what it left is replaced */
	assert_int_equal(listen_unix(path, 0600, &second), MAILSEAL_OK);
	(void)close(second);
	assert_int_equal(unlink(path), 0);
}

static void
what_is_no_socket_is_left_alone(void **state)
{
	struct stat st;
	int fd = -1;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(listen_unix(path, 0600, &fd), MAILSEAL_E_EXISTS);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(rmdir(path), 0);
}

static void
a_missing_folder_and_a_long_path_are_told(void **state)
{
	char missing[128], longest[256];
	int fd = -1;

	(void)state;
	(void)snprintf(missing, sizeof(missing), "%s/none/socket", folder);
	assert_int_equal(listen_unix(missing, 0600, &fd), MAILSEAL_E_IO);
	assert_int_equal(errno, ENOENT);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(listen_unix(longest, 0600, &fd), MAILSEAL_E_TOOLONG);
	assert_int_equal(listen_unix("", 0600, &fd), MAILSEAL_E_TOOLONG);
}

/*
 * What a child makes of the sockets that it is passed, as systemd would pass
 * them; the child is this program.
 */
static int
pass(int fd, const char *name)
{
	char pid[16];
	struct passed passed[LISTEN_PASSED_MAX];
	size_t count = 99;
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0) {
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		return WEXITSTATUS(status);
	}
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "1", 1);
	(void)setenv("LISTEN_FDNAMES", name, 1);
	if (dup2(fd, 3) != 3)
		_exit(90);
	if (listen_passed(passed, &count) != MAILSEAL_OK)
		_exit(91);
	if (count != 1 || passed[0].fd != 3)
		_exit(92);
	if (strcmp(passed[0].name, name) != 0)
		_exit(93);
	if (getenv("LISTEN_FDS") != NULL)
		_exit(94);
	if ((fcntl(3, F_GETFL) & O_NONBLOCK) == 0 ||
	    (fcntl(3, F_GETFD) & FD_CLOEXEC) == 0)
		_exit(95);
	_exit(0);
}

static void
a_socket_of_systemd_is_taken_by_its_name(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(listen_unix(path, 0600, &fd), MAILSEAL_OK);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0); /* it blocks by now */
	assert_int_equal(pass(fd, "mailseal"), 0);
	assert_int_equal(pass(fd, "admin"), 0);
	(void)close(fd);
}

static void
what_is_passed_and_does_not_listen_is_refused(void **state)
{
	int pair[2], fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pass(pair[0], "mailseal"), 91);
	assert_int_equal(pass(fd, "mailseal"), 91);
	assert_int_equal(pass(datagram, "mailseal"), 91);
	(void)close(pair[0]);
	(void)close(pair[1]);
	(void)close(fd);
	(void)close(datagram);
}

static void
without_systemd_nothing_is_passed(void **state)
{
	struct passed passed[LISTEN_PASSED_MAX];
	size_t count = 99;

	(void)state;
	assert_int_equal(listen_passed(passed, &count), MAILSEAL_OK);
	assert_int_equal(count, 0);
}

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/mailseal-listen-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_socket_has_the_mode_that_was_asked_for),
		cmocka_unit_test(a_living_process_is_not_pushed_aside),
		cmocka_unit_test(what_is_no_socket_is_left_alone),
		cmocka_unit_test(a_missing_folder_and_a_long_path_are_told),
		cmocka_unit_test(a_socket_of_systemd_is_taken_by_its_name),
		cmocka_unit_test(what_is_passed_and_does_not_listen_is_refused),
		cmocka_unit_test(without_systemd_nothing_is_passed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
