/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the line that says why, or who had a hand in it.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/log.h"

static int saved = -1; /* the real standard error */
static int pipe_ends[2];
static char seen[8192];

/* Standard error goes into a pipe. */
static int catch (void **state)
{
	(void)state;
	(void)unsetenv("JOURNAL_STREAM");
	log_open("mailseald", LOG_LEVEL_INFO);
	log_offer(NULL, NULL);
	if (pipe2(pipe_ends, O_NONBLOCK) != 0)
		return -1;
	saved = dup(STDERR_FILENO);
	return dup2(pipe_ends[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int
release(void **state)
{
	(void)state;
	(void)dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return 0;
}

/* What has been logged since the last call. */
static const char *
logged(void)
{
	ssize_t n = read(pipe_ends[0], seen, sizeof(seen) - 1);

	seen[n > 0 ? n : 0] = '\0';
	return seen;
}

static void
a_line_says_who_speaks_and_what_happened(void **state)
{
	(void)state;
	log_warn("token denied", "account=%s peer=%s/%u", "a@b.c", "erp", 7u);
	assert_string_equal(logged(),
	    "mailseald: token denied: account=a@b.c peer=erp/7\n");
}

static void
what_is_below_the_threshold_is_not_said(void **state)
{
	(void)state;
	log_debug("detail", "x=1");
	assert_string_equal(logged(), "");
	log_info("news", "x=1");
	assert_string_equal(logged(), "mailseald: news: x=1\n");
	log_open("mailseald", LOG_LEVEL_ERROR);
	log_warn("warning", "x=1");
	log_info("news", "x=1");
	assert_string_equal(logged(), "");
	log_error("fault", "x=1");
	assert_string_equal(logged(), "mailseald: fault: x=1\n");
}

/* Say that the journal has our standard error, or something near it. */
static void
name_stream(unsigned long long device_off, unsigned long long inode_off,
    const char *end)
{
	struct stat st;
	char text[64];

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(text, sizeof(text), "%llu:%llu%s",
	    (unsigned long long)st.st_dev + device_off,
	    (unsigned long long)st.st_ino + inode_off, end);
	assert_int_equal(setenv("JOURNAL_STREAM", text, 1), 0);
}

static void
the_journal_gets_the_level_with_each_line(void **state)
{
	(void)state;
	log_open("mailseald", LOG_LEVEL_DEBUG);
	name_stream(0, 0, "");
	log_error("a", "x");
	log_warn("b", "x");
	log_info("c", "x");
	log_debug("d", "x");
	assert_string_equal(logged(), "<3>a: x\n<4>b: x\n<6>c: x\n<7>d: x\n");
}

/* A terminal or file shows no <N> because an ancestor was a service. */
static void
what_is_not_the_journals_gets_plain_lines(void **state)
{
	(void)state;
	name_stream(0, 0, "");
	assert_true(log_is_journal());
	for (int i = 0; i < 5; i++) {
		if (i == 0)
			name_stream(1, 0, "");
		else if (i == 1)
			name_stream(0, 1, "");
		else if (i == 2)
			name_stream(0, 0, "0");
		else
			(void)setenv("JOURNAL_STREAM", i == 3 ? "" : "8", 1);
		assert_false(log_is_journal());
		log_error("a", "x");
		assert_string_equal(logged(), "mailseald: a: x\n");
	}
}

static char offered[256];

static bool
take_or_leave(void *arg, int priority, const char *event, const char *text)
{
	(void)snprintf(offered, sizeof(offered), "%d %s %s", priority, event,
	    text);
	return *(const bool *)arg;
}

/* Else the journal has it twice, or nobody has it. */
static void
what_is_taken_elsewhere_is_not_printed(void **state)
{
	bool takes = true;

	(void)state;
	log_offer(take_or_leave, &takes);
	log_warn("refresh failed", "account=%s", "a@b.c");
	assert_string_equal(offered, "4 refresh failed account=a@b.c");
	assert_string_equal(logged(), "");
	takes = false;
	log_warn("refresh failed", "account=%s", "a@b.c");
	assert_string_equal(logged(),
	    "mailseald: refresh failed: account=a@b.c\n");
	offered[0] = '\0';
	log_debug("below", "x=1"); /* log_level holds there, too */
	assert_string_equal(offered, "");
}

static void
a_line_too_long_is_cut_and_still_one_line(void **state)
{
	char text[4000];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_warn("long", "text=%s", text);
	line = logged();
	assert_int_equal(strlen(line), 1024);
	assert_ptr_equal(strchr(line, '\n'), line + 1023);
	log_warn(text, "x=%d", 1);
	assert_int_equal(strlen(logged()), 1024);
}

static void
foreign_bytes_cannot_forge_a_line(void **state)
{
	(void)state;
	log_warn("refused", "text=%s", printable("a\nmailseald: all well\r"));
	assert_string_equal(logged(),
	    "mailseald: refused: text=a\\x0amailseald: all well\\x0d\n");
}

static void
every_byte_becomes_printable(void **state)
{
	char all[256];

	(void)state;
	for (size_t part = 0; part < 256; part += 64) {
		const char *text;

		for (size_t i = 0; i < 64; i++)
			all[i] = (char)(part + i);
		text = printable_bytes(all, 64);
		for (; *text != '\0'; text++)
			assert_true(*text >= 0x20 && *text < 0x7f);
	}
	assert_string_equal(printable("a\\b"), "a\\x5cb");
	assert_string_equal(printable("\xc3\xbc"), "\\xc3\\xbc");
	assert_string_equal(printable_bytes("a\0b", 3), "a\\x00b");
	assert_string_equal(printable_bytes("", 0), "");
	assert_string_equal(printable(NULL), "-");
	assert_string_equal(printable("a b"), "a b");
	assert_string_equal(printable_word("a b"), "a\\x20b");
	assert_string_equal(printable_word(NULL), "-");
}

static void
a_long_text_is_cut_and_says_so(void **state)
{
	char text[241];
	const char *cut;

	(void)state;
	memset(text, 1, sizeof(text));
	assert_int_equal(strlen(printable_bytes(text, 240)), 960);
	cut = printable_bytes(text, 241);
	assert_int_equal(strlen(cut), 963);
	assert_string_equal(cut + 960, "...");
}

static void
four_texts_live_at_a_time(void **state)
{
	const char *a = printable("a"), *b = printable("b");
	const char *c = printable("c"), *d = printable("d");

	(void)state;
	assert_string_equal(a, "a");
	assert_string_equal(b, "b");
	assert_string_equal(c, "c");
	assert_string_equal(d, "d");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, catch, release)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_says_who_speaks_and_what_happened),
		TEST(what_is_below_the_threshold_is_not_said),
		TEST(the_journal_gets_the_level_with_each_line),
		TEST(what_is_not_the_journals_gets_plain_lines),
		TEST(what_is_taken_elsewhere_is_not_printed),
		TEST(a_line_too_long_is_cut_and_still_one_line),
		TEST(foreign_bytes_cannot_forge_a_line),
		cmocka_unit_test(every_byte_becomes_printable),
		cmocka_unit_test(a_long_text_is_cut_and_says_so),
		cmocka_unit_test(four_texts_live_at_a_time),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
