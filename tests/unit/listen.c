/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include <errno.h>
#include <sys/stat.h>
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
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
