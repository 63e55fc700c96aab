/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/skip.h"

#define ARENA 65536

static int
open_arena(void **state)
{
	(void)state;
	return secret_arena_open(ARENA);
}

static int
close_arena(void **state)
{
	(void)state;
	secret_arena_close();
	return 0;
}

static void
a_freed_secret_leaves_nothing_behind(void **state)
{
	struct secret *secret = secret_copy("hunter2-hunter2", 15);
	const unsigned char *bytes;

	(void)state;
	assert_non_null(secret);
	bytes = secret->data;
	assert_memory_equal(bytes, "hunter2-hunter2", 16); /* and a NUL */
	secret_free(secret);
	/* The arena is still ours to read; the block is not used again yet. */
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(bytes[i], 0);
}

static void
a_new_secret_is_zeroed_and_ended_by_nul(void **state)
{
	struct secret *used = secret_new(40);
	struct secret *again;

	(void)state;
	assert_non_null(used);
	memset(used->data, 0xff, 40);
	secret_free(used);
	again = secret_new(40);
	assert_non_null(again);
	for (size_t i = 0; i <= 40; i++)
		assert_int_equal(again->data[i], 0);
	secret_free(again);
}

static void
a_freed_block_serves_the_next_secret_of_its_size(void **state)
{
	struct secret *first = secret_new(100);
	struct secret *other = secret_new(1000);
	struct secret *second;
	size_t used = secret_arena_used();

	(void)state;
	assert_non_null(first);
	assert_non_null(other);
	secret_free(first);
	assert_true(secret_arena_used() < used);
	second = secret_new(120); /* of the same class */
	assert_ptr_equal(second, first);
	assert_int_equal(secret_arena_used(), used);
	secret_free(second);
	secret_free(other);
	assert_int_equal(secret_arena_used(), 0);
}

static void
secrets_never_overlap(void **state)
{
	struct secret *all[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		all[i] = secret_new(20 + i * 200);
		assert_non_null(all[i]);
		assert_int_equal((uintptr_t)all[i] % 16, 0);
		memset(all[i]->data, (int)i + 1, all[i]->len);
	}
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(all[i]->len, 20 + i * 200);
		for (size_t k = 0; k < all[i]->len; k++)
			assert_int_equal(all[i]->data[k], i + 1);
		assert_int_equal(all[i]->data[all[i]->len], 0);
		secret_free(all[i]);
	}
}

static void
a_full_arena_says_no(void **state)
{
	struct secret *all[ARENA / 1024];
	size_t count = 0;

	(void)state;
	while (count < sizeof(all) / sizeof(all[0]) &&
	    (all[count] = secret_new(900)) != NULL)
		count++;
	assert_true(count > ARENA / 2048 && count <= ARENA / 1024);
	assert_null(secret_new(900));
	assert_null(secret_copy("", 60000));
	assert_true(secret_arena_used() <= secret_arena_size());
	secret_free(all[--count]);
	all[count] = secret_new(900);
	assert_non_null(all[count]);
	for (size_t i = 0; i <= count; i++)
		secret_free(all[i]);
}

/* A crowd of exchanges would leave no room for the tokens they brought. */
static void
long_secrets_of_before_leave_room_for_short_ones_and_back(void **state)
{
	static struct secret *all[ARENA / 64 + 1];
	size_t count[3] = { 0 };

	(void)state;
	for (int round = 0; round < 3; round++) {
		size_t len = round == 1 ? 20 : 7000;

		while ((all[count[round]] = secret_new(len)) != NULL)
			count[round]++;
		for (size_t i = 0; i < count[round]; i += 2)
			secret_free(all[i]);
		for (size_t i = 1; i < count[round]; i += 2)
			secret_free(all[i]);
	}
	assert_true(count[0] >= ARENA / 8192 - 1);
	assert_true(count[1] > ARENA / 128);
	assert_int_equal(count[2], count[0]);
	assert_int_equal(secret_arena_used(), 0);
}

static void
a_secret_beyond_every_class_is_refused(void **state)
{
	(void)state;
	assert_null(secret_new(ARENA));
	assert_null(secret_new(1u << 18));
	assert_null(secret_new(SIZE_MAX));
	assert_null(secret_new(SIZE_MAX - 64));
}

/* What a process without the right to lock memory sees. */
static int
open_unlocked(void)
{
	struct rlimit none = { 0, 0 };

	/* Root may lock whatever the limit says. */
	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
	    (getuid() == 0 && setuid(65534) != 0))
		return 2;
	if (secret_arena_open(ARENA) != MAILSEAL_OK)
		return 3;
	return secret_arena_is_locked() ? 1 : 0;
}

static void
memory_that_is_not_locked_is_told(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	SKIP("the sanitizer makes mlock() do nothing and succeed");
#endif
	assert_true(secret_arena_is_locked());
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(open_unlocked());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
a_secret_taken_from_a_line_is_wiped_there(void **state)
{
	char bytes[] = "enroll_finish id=7 password=hunter2%20x";
	struct secret *secret = NULL;
	struct line line;

	(void)state;
	line_start(&line, bytes, strlen(bytes));
	assert_int_equal(secret_from_line(&line, "password", 64, &secret), 0);
	assert_non_null(secret);
	assert_int_equal(secret->len, 9);
	assert_memory_equal(secret->data, "hunter2 x", 9);
	assert_null(memmem(bytes, sizeof(bytes), "hunter2", 7));
	assert_string_equal(line_get(&line, "id", 9), "7");
	assert_int_equal(line_end(&line), MAILSEAL_OK);
	secret_free(secret);
}

static void
a_secret_field_has_a_limit_and_may_be_absent(void **state)
{
	char bytes[] = "enroll_finish password=hunter2";
	struct secret mark, *secret = &mark;
	struct line line;

	(void)state;
	line_start(&line, bytes, strlen(bytes));
	assert_int_equal(secret_from_line(&line, "token", 64, &secret), 0);
	assert_null(secret);
	secret = &mark;
	assert_int_equal(secret_from_line(&line, "password", 6, &secret),
	    MAILSEAL_E_TOOLONG);
	assert_ptr_equal(secret, &mark);
	assert_int_equal(line_end(&line), MAILSEAL_E_TOOLONG);
}

static void
what_is_cut_off_is_wiped(void **state)
{
	struct secret *secret = secret_copy("0123456789", 10);

	(void)state;
	assert_non_null(secret);
	secret_cut(secret, 20); /* longer: nothing happens */
	assert_int_equal(secret->len, 10);
	secret_cut(secret, 4);
	assert_int_equal(secret->len, 4);
	assert_memory_equal(secret->data, "0123\0\0\0\0\0\0", 10);
	secret_free(secret);
}

static void
secrets_are_equal_when_all_bytes_are(void **state)
{
	struct secret *a = secret_copy("abc", 3);
	struct secret *b = secret_copy("abc", 3);
	struct secret *c = secret_copy("abd", 3);
	struct secret *d = secret_copy("abcd", 4);

	(void)state;
	assert_true(secret_equal(a, b));
	assert_false(secret_equal(a, c));
	assert_false(secret_equal(a, d));
	secret_free(a);
	secret_free(b);
	secret_free(c);
	secret_free(d);
}

static void
ownership_moves_and_is_never_shared(void **state)
{
	struct secret *from = secret_new(1);
	struct secret *to = secret_move(&from);

	(void)state;
	assert_null(from);
	assert_non_null(to);
	secret_free(to);
	secret_free(NULL);
	assert_int_equal(secret_arena_used(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_freed_secret_leaves_nothing_behind),
		TEST(a_new_secret_is_zeroed_and_ended_by_nul),
		TEST(a_freed_block_serves_the_next_secret_of_its_size),
		TEST(secrets_never_overlap),
		TEST(a_full_arena_says_no),
		TEST(long_secrets_of_before_leave_room_for_short_ones_and_back),
		TEST(a_secret_beyond_every_class_is_refused),
		TEST(memory_that_is_not_locked_is_told),
		TEST(a_secret_taken_from_a_line_is_wiped_there),
		TEST(a_secret_field_has_a_limit_and_may_be_absent),
		TEST(what_is_cut_off_is_wiped),
		TEST(secrets_are_equal_when_all_bytes_are),
		TEST(ownership_moves_and_is_never_shared),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
