/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/courier/load.h"
#include "proto/error.h"
#include "tests/unit/skip.h"

static char base[64];
static char *image; /* the shipped module oidc */
static size_t image_len;
static char why[SAFEFILE_WHY_MAX];

/* The modules lie beside the folder of the tests of this flavour. */
static int
read_image(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);
	FILE *file;

	if (len < 0)
		return -1;
	path[len] = '\0';
	for (unsigned up = 0; up < 3; up++)
		*strrchr(path, '/') = '\0';
	strncat(path, "/module/oidc.so", 32);
	file = fopen(path, "rb");
	if (file == NULL)
		return 0; /* the tests then skip */
	image = malloc(1 << 22);
	if (image != NULL)
		image_len = fread(image, 1, 1 << 22, file);
	return fclose(file);
}

static void
put(const char *name, const char *bytes, size_t len, mode_t mode)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	(void)unlink(path);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Load in a process of its own, as the courier does; why comes back. */
static int
load(const char *name)
{
	const struct mailseal_module *module = NULL;
	int status, tell[2];
	pid_t pid;

	assert_int_equal(pipe(tell), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int error;

		memset(why, 0, sizeof(why));
		error = load_module(base, name, &module, why);
		if ((error == MAILSEAL_OK) != (module != NULL) ||
		    write(tell[1], why, sizeof(why)) != sizeof(why))
			_exit(127);
		_exit(-error);
	}
	(void)close(tell[1]);
	assert_int_equal(read(tell[0], why, sizeof(why)), sizeof(why));
	(void)close(tell[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status) == 0, why[0] == '\0');
	return -WEXITSTATUS(status);
}

static void
need_image(void)
{
	if (image == NULL)
		SKIP("the modules of this flavour are not built");
}

static void
a_module_of_ours_is_loaded(void **state)
{
	(void)state;
	need_image();
	put("oidc.so", image, image_len, 0644);
	assert_int_equal(load("oidc"), MAILSEAL_OK);
}

static void
a_module_under_another_name_is_refused(void **state)
{
	(void)state;
	need_image();
	put("other.so", image, image_len, 0644);
	assert_int_equal(load("other"), MAILSEAL_E_MODULE);
	assert_non_null(strstr(why, "another name"));
}

static void
a_module_of_another_major_version_is_refused(void **state)
{
	const uint32_t head[2] = { MAILSEAL_MODULE_MAGIC,
		MAILSEAL_MODULE_MAJOR };
	uint32_t major = MAILSEAL_MODULE_MAJOR + 1;
	char *copy, *at;

	(void)state;
	need_image();
	copy = malloc(image_len);
	assert_non_null(copy);
	memcpy(copy, image, image_len);
	at = memmem(copy, image_len, head, sizeof(head));
	assert_non_null(at);
	memcpy(at + sizeof(head[0]), &major, sizeof(major));
	put("oidc.so", copy, image_len, 0644);
	free(copy);
	assert_int_equal(load("oidc"), MAILSEAL_E_MODULE);
	assert_non_null(strstr(why, "major"));
}

static void
a_module_that_the_group_can_write_is_refused(void **state)
{
	(void)state;
	need_image();
	put("oidc.so", image, image_len, 0664);
	assert_int_equal(load("oidc"), MAILSEAL_E_MODULE);
	assert_non_null(strstr(why, "writable"));
}

static void
a_module_behind_a_link_is_refused(void **state)
{
	char path[256];

	(void)state;
	need_image();
	put("real.so", image, image_len, 0644);
	(void)snprintf(path, sizeof(path), "%s/oidc.so", base);
	(void)unlink(path);
	assert_int_equal(symlink("real.so", path), 0);
	assert_int_equal(load("oidc"), MAILSEAL_E_MODULE);
	assert_non_null(strstr(why, "symbolic link"));
	assert_int_equal(unlink(path), 0);
}

static void
a_module_in_a_folder_that_others_can_write_is_refused(void **state)
{
	(void)state;
	need_image();
	put("oidc.so", image, image_len, 0644);
	assert_int_equal(chmod(base, 0777), 0);
	assert_int_equal(load("oidc"), MAILSEAL_E_MODULE);
	assert_int_equal(chmod(base, 0755), 0);
	assert_int_equal(load("oidc"), MAILSEAL_OK);
}

static void
a_name_cannot_leave_the_folder(void **state)
{
	(void)state;
	assert_int_equal(load("../oidc"), MAILSEAL_E_MODULE);
	assert_int_equal(load("a/b"), MAILSEAL_E_MODULE);
	assert_int_equal(load(""), MAILSEAL_E_MODULE);
	assert_int_equal(load("OIDC"), MAILSEAL_E_MODULE);
	assert_int_equal(load("abcdefghijklmnopqrstuvwxyzabcdefg"),
	    MAILSEAL_E_MODULE);
}

static void
what_is_no_module_is_refused(void **state)
{
	(void)state;
	put("text.so", "hello", 5, 0644);
	assert_int_equal(load("text"), MAILSEAL_E_MODULE);
	assert_int_equal(load("missing"), MAILSEAL_E_MODULE);
}

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(base, sizeof(base), "/tmp/mailseal-load-XXXXXX");
	if (mkdtemp(base) == NULL || chmod(base, 0755) != 0)
		return -1;
	return read_image();
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
teardown(void **state)
{
	(void)state;
	free(image);
	return nftw(base, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_of_ours_is_loaded),
		cmocka_unit_test(a_module_under_another_name_is_refused),
		cmocka_unit_test(a_module_of_another_major_version_is_refused),
		cmocka_unit_test(a_module_that_the_group_can_write_is_refused),
		cmocka_unit_test(a_module_behind_a_link_is_refused),
		cmocka_unit_test(
		    a_module_in_a_folder_that_others_can_write_is_refused),
		cmocka_unit_test(a_name_cannot_leave_the_folder),
		cmocka_unit_test(what_is_no_module_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
