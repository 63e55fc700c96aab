/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the trace of who had his string, to a disk that is
 * full or a journal that is stopped; or his mail, while somebody waits.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "broker/log.h"
#include "broker/sink.h"
#include "tests/unit/scribe.h"
#include "tests/unit/skip.h"

static struct sink *sink;
static struct journal *journal;
static int saved = -1; /* the real standard error */

static bool
takes(const char *more)
{
	static struct deed_lines lines;
	const struct deed deed = { "removed", "a@b.c", NULL, NULL, more };

	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_OK);
	return sink_takes(sink, &lines);
}

static void
open_at(const char *name)
{
	assert_int_equal(sink_open(name != NULL ? path_of(name) : NULL, &sink),
	    MAILSEAL_OK);
	sink_use(sink, journal);
}

static const char *
text_of(const char *name)
{
	static char bytes[65536];
	FILE *file = fopen(path_of(name), "r");

	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
	(void)fclose(file);
	return bytes;
}

/* Whether the file has this line, from its beginning to its end. */
static bool
has_line(const char *name, const char *more)
{
	char end[128];
	const char *text = text_of(name), *at;

	(void)snprintf(end, sizeof(end), " result=ok %s\n", more);
	at = strstr(text, end);
	if (at == NULL)
		return false;
	while (at > text && at[-1] != '\n')
		at--;
	return strncmp(at, "20", 2) == 0 &&
	    strncmp(at + 20, " audit event=removed ", 21) == 0;
}

static void
the_journal_comes_before_the_file(void **state)
{
	(void)state;
	scribe_comes();
	open_at("audit");
	assert_true(takes("n=1"));
	assert_true(scribe_reads());
	expect_field("MAILSEAL_N", "1");
	assert_string_equal(text_of("audit"), "");
}

static void
the_file_has_what_the_journal_does_not_take(void **state)
{
	(void)state;
	open_at("audit");
	assert_true(takes("n=1")); /* it is not there */
	assert_true(has_line("audit", "n=1"));
	scribe_comes();
	scribe_is_flooded(); /* it is stopped */
	assert_true(takes("n=2"));
	assert_true(has_line("audit", "n=2"));
	assert_int_equal(scribe_reads_all(), 0);
	assert_true(takes("n=3"));
	assert_int_equal(scribe_reads_all(), 1);
	assert_false(has_line("audit", "n=3"));
	scribe_dies(); /* it is gone */
	assert_true(takes("n=4"));
	assert_true(has_line("audit", "n=4"));
}

/* Standard error of a service ends in the same journal. */
static void
standard_error_is_no_way_round_a_journal_that_is_ill(void **state)
{
	int err = open(path_of("err"), O_RDWR | O_CREAT | O_APPEND, 0600);

	(void)state;
	assert_true(dup2(err, STDERR_FILENO) >= 0);
	(void)close(err);
	open_at(NULL);
	assert_true(takes("n=1")); /* none was ever there */
	assert_true(has_line("err", "n=1"));
	scribe_comes();
	assert_true(takes("n=2"));
	scribe_goes();
	assert_false(takes("n=3"));
	assert_false(has_line("err", "n=2"));
	assert_false(has_line("err", "n=3"));
}

/* Let files grow to this size and no further, as a disk that is full. */
static void
let_files_grow_to(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Have ten bytes of a line go to the disk, and no more. */
static void
fill_the_disk(void)
{
	let_files_grow_to((rlim_t)strlen(text_of("audit")) + 10);
	assert_false(takes("n=2"));
	let_files_grow_to(RLIM_INFINITY);
}

static void
a_line_that_a_full_disk_took_in_part_is_taken_back(void **state)
{
	size_t before;

	(void)state;
	open_at("audit");
	assert_true(takes("n=1"));
	before = strlen(text_of("audit"));
	fill_the_disk();
	assert_int_equal(strlen(text_of("audit")), before);
	assert_true(takes("n=3"));
	assert_true(has_line("audit", "n=1"));
	assert_true(has_line("audit", "n=3"));
}

/* As "chattr +a" has it. */
static bool
only_append(bool on)
{
	int fd = open(path_of("audit"), O_RDONLY), flags = 0, done = -1;

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags = on ? flags | FS_APPEND_FL : flags & ~FS_APPEND_FL;
		done = ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	(void)close(fd);
	return done == 0;
}

static void
a_piece_that_must_stay_is_ended_before_the_next_line(void **state)
{
	size_t before;

	(void)state;
	open_at("audit");
	assert_true(takes("n=1"));
	if (!only_append(true))
		SKIP("this user or file system has no chattr +a");
	before = strlen(text_of("audit"));
	fill_the_disk();
	assert_int_equal(strlen(text_of("audit")), before + 10);
	assert_true(takes("n=3"));
	assert_true(only_append(false));
	assert_true(has_line("audit", "n=1"));
	assert_true(has_line("audit", "n=3"));
}

/* As "tail" on another line would take it for one. */
static void
half_a_line_of_before_stands_alone(void **state)
{
	FILE *file = fopen(path_of("audit"), "w");

	(void)state;
	assert_non_null(file);
	assert_true(fputs("2026-11-23T19:28:00Z audit event=ser", file) >= 0);
	assert_int_equal(fclose(file), 0);
	open_at("audit");
	assert_true(takes("n=1"));
	assert_true(has_line("audit", "n=1"));
	/* And a whole one is not followed by an empty one. */
	assert_int_equal(sink_reopen(sink, path_of("audit")), MAILSEAL_OK);
	assert_true(takes("n=2"));
	assert_null(strstr(text_of("audit"), "\n\n"));
}

static void
a_pipe_is_never_waited_for(void **state)
{
	struct sink *none = NULL;
	int reader, lines = 0;

	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(sink_open(path_of("fifo"), &none), MAILSEAL_E_IO);
	assert_null(none);
	reader = open(path_of("fifo"), O_RDONLY | O_NONBLOCK);
	open_at("fifo");
	while (takes("n=1"))
		assert_true(++lines < 10000); /* and it is full some time */
	assert_true(lines > 100);
	/* What it took are whole lines. */
	for (char byte = 0; read(reader, &byte, 1) == 1;)
		lines -= byte == '\n';
	assert_int_equal(lines, 0);
	assert_true(takes("n=2"));
	(void)close(reader);
	assert_false(takes("n=3"));
	reader = open(path_of("fifo"), O_RDONLY | O_NONBLOCK);
	assert_true(takes("n=4"));
	(void)close(reader);
}

/* The control: one who opens and writes as usual does not come back. */
static void
who_waits_for_that_pipe_does_not_come_back(void **state)
{
	int alive[2], status;
	struct pollfd end;
	pid_t child;

	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)open(path_of("fifo"), O_WRONLY | O_APPEND);
		_exit(0);
	}
	(void)close(alive[1]);
	end = (struct pollfd){ .fd = alive[0] };
	assert_int_equal(poll(&end, 1, 300), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)close(alive[0]);
}

/* As after "mv audit audit.1", for which one sends SIGHUP. */
static void
a_file_that_was_moved_is_made_anew(void **state)
{
	char moved[PATH_LEN];

	(void)state;
	open_at("audit");
	assert_true(takes("n=1"));
	(void)snprintf(moved, sizeof(moved), "%s", path_of("audit.1"));
	assert_int_equal(rename(path_of("audit"), moved), 0);
	assert_true(takes("n=2"));
	assert_int_equal(sink_reopen(sink, path_of("audit")), MAILSEAL_OK);
	assert_true(takes("n=3"));
	assert_true(has_line("audit.1", "n=2"));
	assert_true(has_line("audit", "n=3"));
	/* One that cannot be opened leaves the one before. */
	assert_int_equal(sink_reopen(sink, path_of("no/audit")), MAILSEAL_E_IO);
	assert_true(takes("n=4"));
	assert_true(has_line("audit", "n=4"));
}

static int
setup(void **state)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	log_open("test", LOG_LEVEL_ERROR);
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (saved < 0 || make_folder(state) != 0)
		return -1;
	journal = journal_new(path_of("journal"));
	return journal != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	sink_free(sink);
	sink = NULL;
	journal_free(journal);
	scribe_goes();
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(the_journal_comes_before_the_file),
		HERE(the_file_has_what_the_journal_does_not_take),
		HERE(standard_error_is_no_way_round_a_journal_that_is_ill),
		HERE(a_line_that_a_full_disk_took_in_part_is_taken_back),
		HERE(a_piece_that_must_stay_is_ended_before_the_next_line),
		HERE(half_a_line_of_before_stands_alone),
		HERE(a_pipe_is_never_waited_for),
		HERE(who_waits_for_that_pipe_does_not_come_back),
		HERE(a_file_that_was_moved_is_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
