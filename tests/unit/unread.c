/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: every mail, when mailseald waits for somebody to
 * read its log.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/log.h"
#include "tests/unit/skip.h"

#define STRANGER 1     /* daemon, on every Linux */
#define FLOOD 4000     /* lines: more than anything takes */
#define FLOOD_LINE 93  /* bytes of one as it is printed */
#define SOON_MS 10000  /* what ends has ended by then */
#define A_WHILE_MS 500 /* what has not ended by then hangs */
#define NEWS "mailseald: news: x=1\n"

static int saved = -1; /* the real standard error */
static int made[2];    /* the reader's end, and standard error */
static char seen[FLOOD_LINE * FLOOD];
static size_t seen_len;

/* The log goes to made[1] from here on; the real one comes back afterwards. */
static void
use_as_stderr(void)
{
	assert_true(dup2(made[1], STDERR_FILENO) >= 0);
	log_info("news", "x=1");
}

/* Read what comes within some time, behind what was read. */
static void
read_on(int wait_ms)
{
	struct pollfd some = { .fd = made[0], .events = POLLIN };
	ssize_t n;

	assert_true(seen_len < sizeof(seen) - 1);
	if (poll(&some, 1, wait_ms) == 0)
		return;
	n = read(made[0], seen + seen_len, sizeof(seen) - 1 - seen_len);
	assert_true(n > 0);
	seen_len += (size_t)n;
	seen[seen_len] = '\0';
}

/* Forget what was read, and read until this is there. */
static void
read_until(const char *text)
{
	size_t before = 0;

	for (seen_len = 0; seen_len == 0 || strstr(seen, text) == NULL;) {
		read_on(SOON_MS);
		assert_true(seen_len > before); /* else it never comes */
		before = seen_len;
	}
}

/* Log far more than fits anywhere while nobody reads. */
static void
flood(void)
{
	char text[FLOOD_LINE - sizeof("mailseald: event: \n") + 2];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < FLOOD; i++)
		log_warn("event", "%s", text);
}

/* The control: as it was done before. */
static void
flood_and_wait(void)
{
	char line[FLOOD_LINE];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < FLOOD; i++)
		if (write(STDERR_FILENO, line, sizeof(line)) < 0)
			return;
}

/* Whether it ends in time, as this user and with this standard error. */
static bool
ends(void (*act)(void), int fd, uid_t uid, int within_ms)
{
	int alive[2];
	struct pollfd end;
	pid_t child;

	assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(alive[0]);
		if (dup2(fd, STDERR_FILENO) < 0 ||
		    (uid != getuid() && setuid(uid) != 0))
			_exit(1);
		act();
		_exit(0);
	}
	(void)close(alive[1]); /* the child's is the last one */
	end = (struct pollfd){ .fd = alive[0] };
	if (poll(&end, 1, within_ms) == 0)
		assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &within_ms, 0), child);
	(void)close(alive[0]);
	return WIFEXITED(within_ms) && WEXITSTATUS(within_ms) == 0;
}

/* Read what was taken, and look whether each line of it is whole. */
static void
look_at_lines(int fd)
{
	char bytes[FLOOD_LINE * 64];
	ssize_t n, count = 0;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] == '\r')
				continue; /* a terminal's */
			count++;
			if ((bytes[i] == '\n') != (count % FLOOD_LINE == 0))
				fail_msg("byte %zd is '%c'", count, bytes[i]);
		}
	assert_in_range(count, FLOOD_LINE, FLOOD_LINE * (FLOOD - 1));
}

/* The log does not hang where a plain write does. */
static void
nobody_reads(uid_t uid, bool whole)
{
	assert_true(ends(flood, made[1], uid, SOON_MS));
	if (whole)
		look_at_lines(made[0]);
	assert_false(ends(flood_and_wait, made[1], uid, A_WHILE_MS));
	(void)close(made[0]);
	(void)close(made[1]);
}

static void
make_pipe(void)
{
	assert_int_equal(pipe2(made, O_CLOEXEC), 0);
}

static void
make_socket(void)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     made),
	    0);
}

static void
make_terminal(void)
{
	assert_int_equal(openpty(&made[0], &made[1], NULL, NULL, NULL), 0);
}

/* Both ends of it are in one descriptor, so that there is a reader. */
static void
make_fifo(void)
{
	char name[] = "/tmp/mailseal-unit-XXXXXX", path[64];

	assert_non_null(mkdtemp(name));
	(void)snprintf(path, sizeof(path), "%s/fifo", name);
	assert_int_equal(mkfifo(path, 0600), 0);
	made[0] = open(path, O_RDWR | O_CLOEXEC);
	made[1] = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(made[0] >= 0 && made[1] >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(name), 0);
}

static void
a_pipe_that_nobody_reads_does_not_hang_the_log(void **state)
{
	(void)state;
	make_pipe();
	nobody_reads(getuid(), true);
	make_fifo();
	nobody_reads(getuid(), true);
}

static void
a_socket_that_nobody_reads_does_not_hang_the_log(void **state)
{
	(void)state;
	make_socket();
	nobody_reads(getuid(), true);
}

/* What is cut there is told apart by a line's end of its own. */
static void
a_terminal_that_nobody_reads_does_not_hang_the_log(void **state)
{
	(void)state;
	make_terminal();
	nobody_reads(getuid(), false);
}

/* As "runuser -u mailseal mailseald" has it, and a container. */
static void
anothers_pipe_or_terminal_does_not_hang_the_log(void **state)
{
	(void)state;
	if (geteuid() != 0)
		SKIP("only root can become another user");
	make_pipe();
	nobody_reads(STRANGER, true);
	make_terminal();
	nobody_reads(STRANGER, false);
}

/* A pipe that is full, with lines lost after that. */
static void
lose_some(void)
{
	make_pipe();
	use_as_stderr();
	read_until(NEWS);
	flood();
}

static void
lines_that_were_lost_are_counted_and_told_once(void **state)
{
	unsigned long taken = 0;
	char wanted[128];

	(void)state;
	lose_some();
	assert_int_equal(fcntl(made[0], F_SETFL, O_NONBLOCK), 0);
	for (ssize_t n; (n = read(made[0], seen, sizeof(seen))) > 0;)
		taken += (unsigned long)n / FLOOD_LINE;
	assert_in_range(taken, 1, FLOOD - 1);
	(void)snprintf(wanted, sizeof(wanted),
	    "mailseald: log lines lost: %lu\n" NEWS, FLOOD - taken);
	log_info("news", "x=1");
	read_until(NEWS);
	assert_string_equal(seen, wanted);
	log_info("news", "x=1");
	read_until(NEWS);
	assert_string_equal(seen, NEWS);
}

static void
what_was_lost_can_be_told_without_another_line(void **state)
{
	(void)state;
	lose_some();
	assert_true(log_is_behind());
	log_catch_up(); /* there is no room yet */
	assert_true(log_is_behind());
	while (read(made[0], seen, sizeof(seen)) == sizeof(seen))
		;
	log_catch_up();
	assert_false(log_is_behind());
	read_until("mailseald: log lines lost: ");
	log_catch_up(); /* once is enough */
	log_info("news", "x=1");
	read_until(NEWS);
	assert_string_equal(seen, NEWS);
}

static void
say_the_news(void)
{
	log_info("news", "x=1");
}

/* The courier's children would all tell it. */
static void
what_a_parent_lost_its_children_do_not_tell(void **state)
{
	(void)state;
	lose_some();
	while (read(made[0], seen, sizeof(seen)) == sizeof(seen))
		;
	assert_true(ends(say_the_news, made[1], getuid(), SOON_MS));
	read_until(NEWS);
	assert_string_equal(seen, NEWS);
	log_info("news", "x=1"); /* and it is told by now */
}

/* Else the end of an outage is glued to half a line of its beginning. */
static void
after_a_line_that_was_cut_the_next_begins_at_a_beginning(void **state)
{
	struct termios raw;
	const char *lost;

	(void)state;
	make_terminal();
	assert_int_equal(tcgetattr(made[1], &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(made[1], TCSANOW, &raw), 0);
	use_as_stderr();
	read_until(NEWS);
	flood();
	for (seen_len = 0, lost = NULL; lost == NULL;) {
		read_on(10);
		log_info("news", "x=1"); /* as soon as there is room */
		lost = seen_len == 0 ? NULL : strstr(seen, "mailseald: log l");
	}
	assert_true(lost - seen > FLOOD_LINE);
	assert_int_equal(lost[-1], '\n');
	/* The one before it was cut indeed. */
	assert_int_equal(lost[-2], 'x');
	assert_int_not_equal(lost[-1 - FLOOD_LINE], '\n');
}

static int
setup(void **state)
{
	(void)state;
	(void)unsetenv("JOURNAL_STREAM");
	log_open("mailseald", LOG_LEVEL_INFO);
	made[0] = made[1] = -1;
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return saved < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)close(made[0]);
	(void)close(made[1]);
	if (dup2(saved, STDERR_FILENO) < 0)
		return -1;
	return close(saved);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_pipe_that_nobody_reads_does_not_hang_the_log),
		HERE(a_socket_that_nobody_reads_does_not_hang_the_log),
		HERE(a_terminal_that_nobody_reads_does_not_hang_the_log),
		HERE(anothers_pipe_or_terminal_does_not_hang_the_log),
		HERE(lines_that_were_lost_are_counted_and_told_once),
		HERE(what_was_lost_can_be_told_without_another_line),
		HERE(what_a_parent_lost_its_children_do_not_tell),
		HERE(after_a_line_that_was_cut_the_next_begins_at_a_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
