/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a picture that his telephone reads, on a dark
 * terminal and on a light one; or a screen full of rubbish in its place.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The command is no library: its files are part of this test. */
#include "client/mailseal/fold.c"
#include "client/mailseal/glyph.c"
#include "client/mailseal/qrcode.c"
#include "client/mailseal/table.c"
#include "tests/unit/skip.h"

#define PAGE "https://microsoft.com/devicelogin"
#define DRAWN_MAX 65536
#define NO_LIBRARY "it needs " QRCODE_LIBRARY " (Debian: libqrencode4)"

static char drawn[DRAWN_MAX];

/* Draw it into drawn. */
static void
draw(const struct qrcode *code, bool colour)
{
	FILE *out = fmemopen(drawn, sizeof(drawn), "w");

	assert_non_null(out);
	qrcode_draw(out, code, colour);
	assert_int_equal(fclose(out), 0);
}

/* Whether each half of a drawn character is lit, as a terminal shows it. */
static const char *
see(const char *at, bool *upper, bool *lower)
{
	static const struct {
		const char *text;
		bool upper, lower;
	} signs[] = { { " ", false, false }, { "\xe2\x96\x80", true, false },
		{ "\xe2\x96\x84", false, true },
		{ "\xe2\x96\x88", true, true } };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t len = strlen(signs[i].text);

		if (strncmp(at, signs[i].text, len) != 0)
			continue;
		*upper = signs[i].upper;
		*lower = signs[i].lower;
		return at + len;
	}
	fail_msg("\"%.4s\" is none of the signs", at);
	return at;
}

/* What was drawn without colour is this code: lit where it is light. */
static void
is_drawn(const struct qrcode *code)
{
	const size_t width = (size_t)code->width, all = qrcode_columns(code);
	const char *at = drawn;

	for (size_t row = 0; row < all; row += 2) {
		for (size_t i = 0; i < all; i++) {
			bool lit[2];

			at = see(at, &lit[0], &lit[1]);
			for (size_t half = 0; half < 2; half++) {
				size_t y = row + half - QRCODE_QUIET;
				size_t x = i - QRCODE_QUIET;
				bool dark = y < width && x < width &&
				    (code->data[y * width + x] & 1) != 0;

				assert_int_equal(lit[half], !dark);
			}
		}
		assert_int_equal(*at++, '\n');
	}
	assert_int_equal(*at, '\0');
}

static void
each_module_is_drawn_with_a_quiet_zone_around(void **state)
{
	/* Bits but the lowest say what a module is for. */
	unsigned char data[] = { 0xff, 0xfe, 0x01, 0x02, 0xc1, 0x80, 0x03, 0x01,
		0x00 };
	struct qrcode code = { 1, 3, data };

	(void)state;
	draw(&code, false);
	is_drawn(&code);
	assert_int_equal(qrcode_columns(&code), 11);
	assert_int_equal(qrcode_lines(&code), 6);
}

static void
a_light_terminal_does_not_turn_it_over(void **state)
{
	unsigned char data[] = { 1 };
	struct qrcode code = { 1, 1, data };
	const char *at = drawn;

	(void)state;
	draw(&code, true);
	for (size_t line = 0; line < qrcode_lines(&code); line++) {
		/* White for what is lit, black behind it, said on each line. */
		assert_int_equal(strncmp(at, COLOURS, strlen(COLOURS)), 0);
		at = strchr(at, '\n');
		assert_non_null(at);
		assert_int_equal(strncmp(at - strlen(USUAL), USUAL,
				     strlen(USUAL)),
		    0);
		at++;
	}
	assert_int_equal(*at, '\0');
}

static void
the_librarys_code_has_its_three_corners(void **state)
{
	AUTO(qrcode) code = qrcode_new(PAGE);
	size_t last;

	(void)state;
	if (code == NULL)
		SKIP(NO_LIBRARY);
	draw(code, false);
	is_drawn(code);

	/* A finder: a dark ring of 7, a light one in it, and 3 dark ones. */
	last = (size_t)code->width - 7;
	for (size_t corner = 0; corner < 3; corner++)
		for (size_t i = 0; i < 7; i++) {
			size_t y = corner == 1 ? last : 0;
			size_t x = corner == 2 ? last : 0;
			bool dark = i != 1 && i != 5;

			assert_int_equal(is_light(code, QRCODE_QUIET + y + 3,
					     QRCODE_QUIET + x + i),
			    !dark);
		}
}

/* In the child: show it on a terminal of this size that speaks locale. */
static void
show_on(int terminal, const char *locale, unsigned short columns,
    unsigned short lines)
{
	const struct winsize size = { lines, columns, 0, 0 };

	(void)setenv("LC_ALL", locale, 1);
	(void)setenv("TERM", "xterm", 1);
	(void)unsetenv("NO_COLOR");
	if (ioctl(terminal, TIOCSWINSZ, &size) != 0 ||
	    dup2(terminal, STDOUT_FILENO) < 0)
		_exit(1);
	qrcode_show(PAGE);
	(void)fflush(stdout);
	_exit(0);
}

/* Whether anything shows there. */
static bool
shows(const char *locale, unsigned short columns, unsigned short lines)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave = -1, status = -1;
	ssize_t n, len = 0;
	pid_t child;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		show_on(slave, locale, columns, lines);
	(void)close(slave);
	/* It ends with EIO when the child has closed its end. */
	while ((n = read(master, drawn, sizeof(drawn))) > 0)
		len += n;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)close(master);
	return len > 0;
}

static void
it_is_drawn_only_where_it_fits(void **state)
{
	AUTO(qrcode) code = qrcode_new(PAGE);

	(void)state;
	if (code == NULL)
		SKIP(NO_LIBRARY);
	assert_true(shows("C.UTF-8", 80, 24));
	assert_false(shows("C", 80, 24));
	assert_false(shows("C.UTF-8", 24, 80));
	assert_false(shows("C.UTF-8", 80, 12));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_module_is_drawn_with_a_quiet_zone_around),
		cmocka_unit_test(a_light_terminal_does_not_turn_it_over),
		cmocka_unit_test(the_librarys_code_has_its_three_corners),
		cmocka_unit_test(it_is_drawn_only_where_it_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
