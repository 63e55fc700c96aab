/* SPDX-License-Identifier: ISC */
/*
 * Sentences on a terminal, of a width that each test sets.  What a reader would
 * lose: words that are cut in two, and commands that are copied in pieces.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/mailseal/fold.c"
#include "client/mailseal/glyph.c"

#define SENTENCE                                                          \
	"jane@college.edu signed in, who can open admissions@college.edu" \
	" as a delegate."

/* What a terminal of so many columns was sent, without carriage returns. */
static void
print_on(unsigned short columns, const char *text, size_t column, size_t indent,
    char shown[1024])
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char bytes[1024];
	FILE *slave;
	ssize_t n;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	slave = fdopen(open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC),
	    "w");
	assert_non_null(slave);
	fold_print(slave, text, column, indent);
	(void)fclose(slave);
	while ((n = read(master, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (bytes[i] != '\r')
				*shown++ = bytes[i];
	*shown = '\0';
	(void)close(master);
}

static void
a_line_ends_between_two_words(void **state)
{
	char shown[1024];

	(void)state;
	print_on(76, SENTENCE, 0, 2, shown);
	assert_string_equal(shown,
	    "jane@college.edu signed in, who can open admissions@college.edu"
	    " as a\n  delegate.");
	print_on(78, SENTENCE, 0, 2, shown); /* it just fits */
	assert_string_equal(shown, SENTENCE);
	print_on(78, SENTENCE, 1, 0, shown); /* one column further right */
	assert_string_equal(shown,
	    "jane@college.edu signed in, who can open admissions@college.edu"
	    " as a\ndelegate.");
}

static void
a_command_stays_in_one_piece(void **state)
{
	char shown[1024];

	(void)state;
	print_on(60, "it has no recovery code; run \"mailseal slot add file\"",
	    12, 2, shown);
	assert_string_equal(shown,
	    "it has no recovery code; run\n  \"mailseal slot add file\"");
	print_on(60,
	    "sign in as before, or: mailseal enroll a@college.edu; or not", 10,
	    2, shown);
	assert_string_equal(shown,
	    "sign in as before, or:\n"
	    "  mailseal enroll a@college.edu; or not");
	/* One that no line can hold is broken as words are. */
	print_on(40,
	    "run: mailseal enroll admissions@college.edu --replace-identity", 0,
	    0, shown);
	assert_string_equal(shown,
	    "run: mailseal enroll\nadmissions@college.edu\n"
	    "--replace-identity");
}

static void
a_word_that_no_line_holds_is_printed_whole(void **state)
{
	char shown[1024], word[401] = "";

	(void)state;
	for (size_t i = 0; i < 400; i += 2)
		memcpy(word + i, "\xc3\xa9", 2);
	print_on(80, word, 79, 2, shown);
	assert_string_equal(shown, word);
}

static void
a_terminal_that_is_very_narrow_breaks_lines_itself(void **state)
{
	char shown[1024];

	(void)state;
	print_on(20, SENTENCE, 0, 0, shown);
	assert_string_equal(shown, SENTENCE);
	print_on(0, SENTENCE, 0, 0, shown); /* it does not tell: 80 */
	assert_string_equal(shown, SENTENCE);
}

static void
what_goes_to_a_file_stays_one_line(void **state)
{
	FILE *out = tmpfile();
	char text[256] = "";

	(void)state;
	assert_non_null(out);
	fold_print(out, SENTENCE " " SENTENCE, 0, 0);
	rewind(out);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, out),
	    2 * strlen(SENTENCE) + 1);
	assert_string_equal(text, SENTENCE " " SENTENCE);
	(void)fclose(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_ends_between_two_words),
		cmocka_unit_test(a_command_stays_in_one_piece),
		cmocka_unit_test(a_word_that_no_line_holds_is_printed_whole),
		cmocka_unit_test(
		    a_terminal_that_is_very_narrow_breaks_lines_itself),
		cmocka_unit_test(what_goes_to_a_file_stays_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
