/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/safefile.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/skip.h"

static char base[64];
static char why[SAFEFILE_WHY_MAX];

/* A path below the test's folder; four live at a time. */
static const char *
in(const char *name)
{
	static char path[4][256];
	static unsigned next;
	char *text = path[next++ % 4];

	(void)snprintf(text, sizeof(path[0]), "%s/%s", base, name);
	return text;
}

static void
make(const char *name, const char *content, mode_t mode)
{
	FILE *file = fopen(in(name), "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(in(name), mode), 0);
}

static int
try(const char *path, unsigned flags)
{
	int fd = -1, error = safefile_open(path, flags, &fd, why);

	assert_int_equal(error == MAILSEAL_OK, fd >= 0);
	if (fd >= 0)
		(void)close(fd);
	return error;
}

static void
a_file_of_ours_is_read(void **state)
{
	char *bytes = NULL;
	size_t len = 0;

	(void)state;
	make("good", "hello", 0644);
	assert_int_equal(safefile_read(in("good"), 0, 5, &bytes, &len, why),
	    MAILSEAL_OK);
	assert_int_equal(len, 5);
	assert_string_equal(bytes, "hello");
	free(bytes);
	assert_int_equal(safefile_read(in("good"), 0, 4, &bytes, &len, why),
	    MAILSEAL_E_TOOLONG);
}

static void
a_file_that_others_can_write_is_refused(void **state)
{
	(void)state;
	make("group", "x", 0664);
	assert_int_equal(try(in("group"), 0), MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(why, "group"));
	make("other", "x", 0646);
	assert_int_equal(try(in("other"), 0), MAILSEAL_E_UNSAFE);
}

static void
a_folder_above_that_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in("open"), 0755), 0);
	assert_int_equal(mkdir(in("open/inner"), 0755), 0);
	make("open/inner/file", "x", 0600);
	assert_int_equal(try(in("open/inner/file"), 0), MAILSEAL_OK);
	assert_int_equal(chmod(in("open"), 0775), 0);
	assert_int_equal(try(in("open/inner/file"), 0), MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(why, "/open "));
}

static void
a_link_is_refused_wherever_it_stands(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in("real"), 0755), 0);
	make("real/file", "x", 0600);
	assert_int_equal(symlink("real", in("way")), 0);
	assert_int_equal(symlink("file", in("real/link")), 0);
	assert_int_equal(try(in("way/file"), 0), MAILSEAL_E_UNSAFE);
	assert_int_equal(try(in("real/link"), 0), MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(why, "symbolic link"));
	assert_int_equal(try(in("real/../real/file"), 0), MAILSEAL_E_UNSAFE);
}

static void
what_is_no_file_is_refused_without_waiting(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in("fifo"), 0600), 0);
	assert_int_equal(try(in("fifo"), 0), MAILSEAL_E_UNSAFE);
	assert_int_equal(mkdir(in("folder"), 0755), 0);
	assert_int_equal(try(in("folder"), 0), MAILSEAL_E_UNSAFE);
	assert_int_equal(try(in("folder"), SAFEFILE_DIR), MAILSEAL_OK);
	assert_int_equal(try(in("folder/"), SAFEFILE_DIR), MAILSEAL_OK);
	assert_int_equal(try("/", SAFEFILE_DIR), MAILSEAL_OK);
}

static void
a_secret_that_others_can_read_is_refused(void **state)
{
	AUTO(secret) secret = NULL;
	struct secret *none = NULL;

	(void)state;
	make("loud", "key", 0640);
	assert_int_equal(safefile_read_secret(in("loud"), 64, &none, why),
	    MAILSEAL_E_UNSAFE);
	assert_null(none);
	make("quiet", "key", 0600);
	assert_int_equal(safefile_read_secret(in("quiet"), 64, &secret, why),
	    MAILSEAL_OK);
	assert_int_equal(secret->len, 3);
}

static void
a_stranger_s_file_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		SKIP("only root can give a file away");
	make("strange", "x", 0600);
	assert_int_equal(chown(in("strange"), 65534, 65534), 0);
	assert_int_equal(try(in("strange"), 0), MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(why, "65534"));
}

static void
a_missing_file_is_told_by_errno(void **state)
{
	(void)state;
	assert_int_equal(try(in("missing"), 0), MAILSEAL_E_IO);
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(why, "missing"));
}

static void
a_relative_path_starts_at_the_working_folder(void **state)
{
	char here[512];

	(void)state;
	make("near", "x", 0600);
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(base), 0);
	assert_int_equal(try("near", 0), MAILSEAL_OK);
	assert_int_equal(try("./near", 0), MAILSEAL_OK);
	assert_int_equal(chdir(here), 0);
}

static int
drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int
setup(void **state)
{
	(void)state;
	(void)umask(022);
	(void)snprintf(base, sizeof(base), "/tmp/mailseal-safefile-XXXXXX");
	if (mkdtemp(base) == NULL)
		return -1;
	return secret_arena_open(1024 * 1024);
}

static int
teardown(void **state)
{
	(void)state;
	return nftw(base, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_ours_is_read),
		cmocka_unit_test(a_file_that_others_can_write_is_refused),
		cmocka_unit_test(
		    a_folder_above_that_others_can_write_is_refused),
		cmocka_unit_test(a_link_is_refused_wherever_it_stands),
		cmocka_unit_test(what_is_no_file_is_refused_without_waiting),
		cmocka_unit_test(a_secret_that_others_can_read_is_refused),
		cmocka_unit_test(a_stranger_s_file_is_refused),
		cmocka_unit_test(a_missing_file_is_told_by_errno),
		cmocka_unit_test(a_relative_path_starts_at_the_working_folder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
