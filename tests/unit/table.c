/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The command is no library: its files are part of this test. */
#include "client/mailseal/fold.c"
#include "client/mailseal/glyph.c"
#include "client/mailseal/jsontext.c"
#include "client/mailseal/moment.c"
#include "client/mailseal/table.c"

#define AUTO(type) __attribute__((cleanup(type##_auto))) struct type *

static char *printed;
static size_t printed_len;

static FILE *
paper(void)
{
	FILE *out = open_memstream(&printed, &printed_len);

	assert_non_null(out);
	return out;
}

static void
assert_printed(FILE *out, const char *text)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(printed, text);
	free(printed);
	printed = NULL;
}

static void
columns_stand_below_their_headings(void **state)
{
	static const char *const heads[] = { "NAME", "N", "END", NULL };
	AUTO(table) table = table_new(heads);
	FILE *out = paper();

	(void)state;
	table_add(table, "j\xc3\xbcrgen@x", TINT_NONE); /* ü is one place */
	table_add(table, "1234", TINT_NONE);
	table_add(table, "now", TINT_NONE);
	table_add_note(table, "do something");
	table_add(table, "a", TINT_NONE);
	table_add(table, NULL, TINT_NONE);
	table_add(table, "", TINT_NONE);
	assert_true(table_print(table, out, false));
	assert_printed(out,
	    "NAME      N     END\n"
	    "j\xc3\xbcrgen@x  1234  now\n"
	    "  do something\n"
	    "a         -     -\n");
}

static void
a_note_fits_the_screen_and_breaks_between_two_thoughts(void **state)
{
	static const char *const heads[] = { "A", NULL };
	AUTO(table) table = table_new(heads);
	FILE *out = paper();

	(void)state;
	table_add(table, "x", TINT_NONE);
	table_add_note(table,
	    "the account is switched off; an admin may enable it again: "
	    "mailseal enable billing@college.edu");
	table_add_note(table,
	    "12345678901234567890123456789012345678901234567890123456789012345"
	    "6789012345678 of"); /* 78 and a word */
	table_add_note(table,
	    "12345678901234567890123456789012345678901234567890123456789012345"
	    "678901234567890 it"); /* no blank before the edge */
	table_add_note(table, "");
	assert_true(table_print(table, out, false));
	assert_printed(out,
	    "A\n"
	    "x\n"
	    "  the account is switched off;\n"
	    "  an admin may enable it again: mailseal enable "
	    "billing@college.edu\n"
	    "  1234567890123456789012345678901234567890123456789012345678901234"
	    "56789012345678\n"
	    "  of\n"
	    "  1234567890123456789012345678901234567890123456789012345678901234"
	    "5678901234567890\n"
	    "  it\n");
}

static void
pairs_have_no_heading(void **state)
{
	static const char *const heads[] = { "", "", NULL };
	AUTO(table) table = table_new(heads);
	FILE *out = paper();

	(void)state;
	table_add_pair(table, "login:", "a");
	table_add_pair(table, "absent:", NULL);
	table_add_pair(table, "id:", "b");
	assert_true(table_print(table, out, false));
	assert_printed(out, "login:  a\nid:     b\n");
}

static void
colour_does_not_move_the_next_column(void **state)
{
	static const char *const heads[] = { "A", "B", NULL };
	AUTO(table) table = table_new(heads);
	FILE *out = paper();

	(void)state;
	table_add(table, "bad", TINT_BAD);
	table_add(table, "x", TINT_NONE);
	assert_true(table_print(table, out, true));
	assert_printed(out,
	    "\033[1mA\033[0m    \033[1mB\033[0m\n"
	    "\033[31mbad\033[0m  x\n");
}

static void
text_from_elsewhere_cannot_steer_the_terminal(void **state)
{
	FILE *out = paper();

	(void)state;
	glyph_print(out,
	    "a\033[2Jb\rc\x7f\xc2\x9b"
	    "d\xff\xe2\x80\xae\xc3\xa9");
	assert_printed(out, "a?[2Jb?c??d??\xc3\xa9");
}

static void
only_real_characters_are_taken_for_such(void **state)
{
	static const char *const wrong[] = { "\xc0\x80", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
		"\xc3", "\xe2\x82", "\x80" };
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(glyph_at(wrong[i], &len), UINT32_MAX);
		assert_int_equal(len, 1);
	}
	assert_int_equal(glyph_at("\xe2\x82\xac", &len), 0x20ac);
	assert_int_equal(len, 3);
	assert_int_equal(glyph_at("\xf0\x9f\x93\xa7", &len), 0x1f4e7);
	assert_int_equal(len, 4);
}

static void
times_are_said_as_people_say_them(void **state)
{
	static const struct {
		int64_t gap;
		const char *text;
	} cases[] = { { 0, "just now" }, { -4, "just now" }, { -5, "5 s ago" },
		{ -119, "119 s ago" }, { -120, "2 min ago" }, { 1, "in 1 s" },
		{ 2520, "in 42 min" }, { 7199, "in 119 min" },
		{ 7200, "in 2 hours" }, { -3 * 86400, "3 days ago" },
		{ 86400, "in 24 hours" }, { 90 * 86400, "in 90 days" } };
	char text[MOMENT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(moment_say(1795456789 + cases[i].gap,
					1795456789, text),
		    cases[i].text);
	assert_string_equal(moment_of_field(NULL, 0, text), "-");
	assert_string_equal(moment_of_field("x", 0, text), "-");
	assert_int_equal(moment_read("18446744073709551616"), -1);
	assert_int_equal(moment_read(""), -1);
	assert_int_equal(moment_read("-1"), -1);
}

static void
json_is_valid_whatever_is_in_it(void **state)
{
	FILE *out = paper();
	struct jsontext json = { .out = out };

	(void)state;
	jsontext_open(&json, NULL, '{');
	jsontext_text(&json, "quote\"", "a\"b\\c/\n\t\001\x7f");
	jsontext_text(&json, "utf8", "\xc3\xa9\xff\xed\xa0\x80");
	jsontext_number(&json, "n", -7);
	jsontext_open(&json, "none", '[');
	jsontext_close(&json, ']');
	jsontext_open(&json, "some", '[');
	jsontext_open(&json, NULL, '{');
	jsontext_close(&json, '}');
	jsontext_number(&json, NULL, 1);
	jsontext_close(&json, ']');
	jsontext_close(&json, '}');
	assert_printed(out,
	    "{\n"
	    "  \"quote\\\"\": \"a\\\"b\\\\c/\\u000a\\u0009\\u0001\\u007f\",\n"
	    "  \"utf8\": \"\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\",\n"
	    "  \"n\": -7,\n"
	    "  \"none\": [],\n"
	    "  \"some\": [\n"
	    "    {},\n"
	    "    1\n"
	    "  ]\n"
	    "}\n");
}

static void
a_day_is_read_as_one_or_not_at_all(void **state)
{
	static const char *const bad[] = { "", "2027", "2027-02-30", "27-05-01",
		"2027-5-1", "2027-05-01 ", " 2027-05-01", "2027-13-01",
		"01.05.2027", "1969-12-31", "99999-01-01" };
	char text[MOMENT_SIZE];

	(void)state;
	assert_int_equal(moment_of_date("2027-05-01"), 1809129600);
	assert_int_equal(moment_of_date("2028-02-29"), 1835395200);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(moment_of_date(bad[i]), -1);
	assert_string_equal(moment_date("1809129600", 1809129600 - 8 * 86400,
				text),
	    "2027-05-01 (in 8 days)");
	assert_string_equal(moment_date(NULL, 0, text), "-");
	assert_string_equal(moment_date("x", 0, text), "-");
	assert_non_null(moment_date("253402300799", 0, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_stand_below_their_headings),
		cmocka_unit_test(
		    a_note_fits_the_screen_and_breaks_between_two_thoughts),
		cmocka_unit_test(pairs_have_no_heading),
		cmocka_unit_test(colour_does_not_move_the_next_column),
		cmocka_unit_test(text_from_elsewhere_cannot_steer_the_terminal),
		cmocka_unit_test(only_real_characters_are_taken_for_such),
		cmocka_unit_test(times_are_said_as_people_say_them),
		cmocka_unit_test(json_is_valid_whatever_is_in_it),
		cmocka_unit_test(a_day_is_read_as_one_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
