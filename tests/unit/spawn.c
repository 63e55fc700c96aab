/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the secret of a slot to whoever can see arguments
 * and environments, or an afternoon behind a program that never ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The command is no library: its file is part of this test. */
#include "client/mailseal/spawn.c"

#define SHELL "/bin/sh"
#define SOON_S 10 /* what should end does */

static char output[65536];

/* A shell's script with this for its stdin. */
static struct spawn
script(const char *text, const char *input, size_t len)
{
	return (struct spawn){ .path = SHELL,
		.word = { "-c", text },
		.input = input,
		.input_len = len,
		.output = output,
		.output_size = sizeof(output) };
}

static unsigned
count_fds(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void
what_goes_in_comes_out(void **state)
{
	struct spawn s = script("cat", "secret", 6);

	(void)state;
	assert_true(spawn_run(&s, SOON_S));
	assert_int_equal(s.output_len, 6);
	assert_string_equal(output, "secret");
	assert_string_equal(s.said, "");
}

/* More than a pipe holds, in both directions at once. */
static void
a_lot_goes_through(void **state)
{
	static char lot[300000], back[300001];
	struct spawn s = script("cat", lot, sizeof(lot));

	(void)state;
	memset(lot, 'x', sizeof(lot));
	s.output = back;
	s.output_size = sizeof(back);
	assert_true(spawn_run(&s, SOON_S));
	assert_int_equal(s.output_len, sizeof(lot));
	assert_memory_equal(back, lot, sizeof(lot));
}

static void
a_program_that_reads_nothing_kills_nobody(void **state)
{
	static char lot[300000];
	struct spawn s = script("exec <&-; echo done", lot, sizeof(lot));

	(void)state;
	assert_true(spawn_run(&s, SOON_S));
	assert_string_equal(output, "done\n");
}

static void
more_output_than_asked_for_is_a_failure(void **state)
{
	struct spawn s = script("echo 12345", NULL, 0);

	(void)state;
	s.output_size = 7;
	assert_true(spawn_run(&s, SOON_S));
	s.output_size = 6;
	assert_false(spawn_run(&s, SOON_S));
	assert_string_equal(output, "12345");
	assert_non_null(strstr(s.said, "more than was asked for"));
	s.output_size = 0; /* nobody wants it */
	assert_true(spawn_run(&s, SOON_S));
}

static void
the_last_line_tells_what_was_wrong(void **state)
{
	struct spawn s = script("seq 3000 >&2; echo ' '; echo why >&2; "
				"echo >&2; exit 3",
	    NULL, 0);

	(void)state;
	assert_false(spawn_run(&s, SOON_S));
	assert_string_equal(s.said, "why");
	s = script("exit 3", NULL, 0);
	assert_false(spawn_run(&s, SOON_S));
	assert_string_equal(s.said, SHELL ": it ended with status 3");
	s = script("kill -9 $$", NULL, 0);
	assert_false(spawn_run(&s, SOON_S));
	assert_string_equal(s.said, SHELL ": it ended with status 137");
}

static void
a_program_that_is_not_there_says_so(void **state)
{
	struct spawn s = { .path = "/no/such/program" };

	(void)state;
	assert_false(spawn_run(&s, SOON_S));
	assert_string_equal(s.said,
	    "/no/such/program: No such file or directory");
}

static void
what_does_not_end_is_ended(void **state)
{
	struct spawn s = script("exec sleep 60", NULL, 0);
	int64_t start = channel_now_ms();

	(void)state;
	assert_false(spawn_run(&s, 1));
	assert_true(channel_now_ms() - start < 30000);
	assert_string_equal(s.said, SHELL ": not done after 1 s");
	assert_string_equal(output, "");
}

/* A child of it that lives on and holds the pipes is not waited for. */
static void
its_own_children_are_not_waited_for(void **state)
{
	struct spawn s = script("sleep 5 & echo $!", NULL, 0);
	int64_t start = channel_now_ms();

	(void)state;
	assert_true(spawn_run(&s, 30));
	assert_true(channel_now_ms() - start < 4000);
	assert_int_equal(kill((pid_t)atoi(output), SIGKILL), 0);
}

static void
it_gets_an_environment_of_our_own(void **state)
{
	struct spawn s = script("env; pwd", NULL, 0);

	(void)state;
	assert_int_equal(setenv("LD_PRELOAD", "/nowhere/evil.so", 1), 0);
	assert_int_equal(setenv("MINE", "secret", 1), 0);
	assert_true(spawn_run(&s, SOON_S));
	assert_null(strstr(output, "evil"));
	assert_null(strstr(output, "MINE"));
	assert_non_null(strstr(output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
	assert_non_null(strstr(output, "\n/\n"));
	assert_string_equal(getenv("MINE"), "secret"); /* ours is as it was */
	(void)unsetenv("LD_PRELOAD");
	(void)unsetenv("MINE");
}

/* Signals that wait here end it as they should. */
static void
it_gets_the_signals_as_usual(void **state)
{
	struct spawn s = script("kill -INT $$; sleep 60", NULL, 0);
	sigset_t held, before;

	(void)state;
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGINT);
	assert_int_equal(sigprocmask(SIG_BLOCK, &held, &before), 0);
	assert_false(spawn_run(&s, SOON_S));
	assert_string_equal(s.said, SHELL ": it ended with status 130");
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void
nothing_stays_open_and_nobody_unburied(void **state)
{
	struct spawn s = script("true", "x", 1);
	unsigned before = count_fds();

	(void)state;
	assert_true(spawn_run(&s, SOON_S));
	s.path = "/no/such/program";
	assert_false(spawn_run(&s, SOON_S));
	assert_int_equal(count_fds(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_lot_goes_through),
		cmocka_unit_test(a_program_that_reads_nothing_kills_nobody),
		cmocka_unit_test(more_output_than_asked_for_is_a_failure),
		cmocka_unit_test(the_last_line_tells_what_was_wrong),
		cmocka_unit_test(a_program_that_is_not_there_says_so),
		cmocka_unit_test(what_does_not_end_is_ended),
		cmocka_unit_test(its_own_children_are_not_waited_for),
		cmocka_unit_test(it_gets_an_environment_of_our_own),
		cmocka_unit_test(it_gets_the_signals_as_usual),
		cmocka_unit_test(nothing_stays_open_and_nobody_unburied),
	};

	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
