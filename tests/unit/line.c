/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/error.h"
#include "proto/line.h"

/* A line as it lies in a connection's buffer; decoding happens in place. */
struct sample {
	char bytes[LINE_LONG_MAX + 1];
	struct line line;
};

static struct sample s;

static struct line *
start(const char *text)
{
	size_t len = strlen(text);

	assert_true(len <= LINE_LONG_MAX);
	memcpy(s.bytes, text, len);
	s.bytes[len] = '\n';
	line_start(&s.line, s.bytes, len);
	return &s.line;
}

static unsigned char
byte_of(const char *hex)
{
	char digits[3] = { hex[0], hex[1], '\0' };

	return (unsigned char)strtoul(digits, NULL, 16);
}

/* Turn \xNN into bytes; the new length. */
static size_t
unescape(char *text)
{
	size_t out = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '\\' && text[i + 1] == 'x') {
			text[out++] = (char)byte_of(text + i + 2);
			i += 3;
		} else {
			text[out++] = text[i];
		}
	}
	text[out] = '\0';
	return out;
}

/* Compare the fields with those of a golden line, parted by spaces. */
static void
compare(const struct line *line, char *decoded)
{
	char *rest = decoded;
	const char *word = strsep(&rest, " ");
	size_t count = 0;

	assert_string_equal(line->word, word);
	for (char *field; (field = strsep(&rest, " ")) != NULL; count++) {
		char *value = strchr(field, '=');
		size_t len;

		assert_non_null(value);
		*value++ = '\0';
		len = unescape(value);
		assert_true(count < line->count);
		assert_string_equal(line->field[count].key, field);
		assert_int_equal(line->field[count].len, len);
		assert_memory_equal(line->field[count].value, value, len);
	}
	assert_int_equal(line->count, count);
}

static void
check_golden(char *row, unsigned number)
{
	char *input = strsep(&row, "\t");
	const char *verdict = strsep(&row, "\t");
	struct line line;
	size_t len = unescape(input);

	assert_non_null(verdict);
	line_start(&line, input, len);
	if (strcmp(mailseal_error_name(line.error), verdict) != 0)
		fail_msg("row %u is %s, not %s", number,
		    mailseal_error_name(line.error), verdict);
	if (line.error == MAILSEAL_OK) {
		assert_non_null(row);
		compare(&line, row);
	} else {
		assert_int_equal(line.count, 0);
		assert_string_equal(line_word(&line), "");
	}
}

static void
every_golden_line_is_read_as_written_down(void **state)
{
	const char *path = getenv("MAILSEAL_GOLDEN");
	char row[1024];
	unsigned number = 0;
	FILE *file;

	(void)state;
	file = fopen(path == NULL ? "tests/unit/line.golden" : path, "r");
	assert_non_null(file);
	while (fgets(row, sizeof(row), file) != NULL) {
		assert_non_null(strchr(row, '\n'));
		row[strcspn(row, "\n")] = '\0';
		number++;
		if (row[0] != '#')
			check_golden(row, number);
	}
	fclose(file);
	assert_true(number > 50);
}

static void
every_byte_survives_writing_and_reading(void **state)
{
	unsigned char all[256];
	struct line_writer w;
	struct span value;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	line_begin(&w, s.bytes, sizeof(s.bytes), "item");
	line_put_bytes(&w, "all", all, sizeof(all));
	line_put(&w, "empty", "");
	line_put(&w, "absent", NULL);
	line_put_number(&w, "number", UINT64_MAX);
	line_put_prefixed(&w, "in_", "key", "v", 1);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	assert_int_equal(s.bytes[len - 1], '\n');
	assert_null(memchr(s.bytes, '\n', len - 1));

	line_start(&s.line, s.bytes, len - 1);
	value = line_get_bytes(&s.line, "all", 256);
	assert_int_equal(value.len, 256);
	assert_memory_equal(value.data, all, 256);
	assert_string_equal(line_get(&s.line, "empty", 0), "");
	assert_false(line_has(&s.line, "absent"));
	assert_true(
	    line_get_number(&s.line, "number", 0, UINT64_MAX) == UINT64_MAX);
	assert_string_equal(line_get(&s.line, "in_key", 1), "v");
	assert_int_equal(line_end(&s.line), MAILSEAL_OK);
}

static void
a_value_that_is_needlessly_encoded_is_refused(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool plain = c >= 0x21 && c <= 0x7e && c != '%';
		char text[16];

		(void)snprintf(text, sizeof(text), "a b=%%%02X", c);
		assert_int_equal(start(text)->error,
		    plain ? MAILSEAL_E_MALFORMED : MAILSEAL_OK);
		(void)snprintf(text, sizeof(text), "a b=%%%02x", c);
		if (strpbrk(text + 5, "abcdef") != NULL)
			assert_int_equal(start(text)->error,
			    MAILSEAL_E_MALFORMED);
	}
}

static void
a_field_beyond_its_limit_is_refused(void **state)
{
	(void)state;
	start("get account=abcdef");
	assert_null(line_get(&s.line, "account", 5));
	assert_string_equal(s.line.culprit, "account");
	assert_int_equal(line_end(&s.line), MAILSEAL_E_TOOLONG);

	start("get account=abcdef");
	assert_string_equal(line_get(&s.line, "account", 6), "abcdef");
	assert_int_equal(line_end(&s.line), MAILSEAL_OK);

	/* Decoded bytes count, not those on the wire. */
	start("get account=%20%20");
	assert_string_equal(line_get(&s.line, "account", 2), "  ");
}

static void
a_field_too_many_is_refused(void **state)
{
	char text[LINE_FIELDS_MAX * 8 + 16] = "a";
	size_t at = 1;

	(void)state;
	for (int i = 0; i < LINE_FIELDS_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    " k%d=", i);
	assert_int_equal(start(text)->error, MAILSEAL_OK);
	assert_int_equal(s.line.count, LINE_FIELDS_MAX);
	(void)snprintf(text + at, sizeof(text) - at, " last=");
	assert_int_equal(start(text)->error, MAILSEAL_E_TOOLONG);
	assert_int_equal(s.line.count, 0);
}

static void
a_nul_never_hides_the_end_of_a_text(void **state)
{
	struct span value;

	(void)state;
	start("get account=root%00@college.edu");
	assert_null(line_get(&s.line, "account", 254));
	assert_int_equal(line_end(&s.line), MAILSEAL_E_MALFORMED);

	start("get account=a%00b");
	value = line_get_bytes(&s.line, "account", 254);
	assert_int_equal(value.len, 3);
	assert_int_equal(line_end(&s.line), MAILSEAL_OK);
}

static void
an_unknown_field_is_an_error_in_requests_only(void **state)
{
	(void)state;
	start("get account=a later=b");
	assert_non_null(line_get(&s.line, "account", 9));
	assert_int_equal(line_end_reply(&s.line), MAILSEAL_OK);
	assert_int_equal(line_end(&s.line), MAILSEAL_E_UNKNOWN);
	assert_string_equal(s.line.culprit, "later");
}

static void
the_first_failure_is_the_one_told(void **state)
{
	(void)state;
	start("get a=1 b=xx");
	assert_null(line_need(&s.line, "account", 9));
	assert_null(line_get(&s.line, "b", 1));
	line_fail(&s.line, MAILSEAL_E_DENIED, "a");
	assert_int_equal(line_end(&s.line), MAILSEAL_E_MISSING);
	assert_string_equal(s.line.culprit, "account");
}

static void
a_number_has_one_spelling_and_a_limit(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int error;
	} cases[] = { { "a n=0", 9, 0 }, { "a n=9", 9, 0 },
		{ "a n=10", 9, MAILSEAL_E_TOOLONG },
		{ "a n=5", 0, MAILSEAL_E_TOOLONG },
		{ "a n=00", 9, MAILSEAL_E_MALFORMED },
		{ "a n=09", 9, MAILSEAL_E_MALFORMED },
		{ "a n=-1", 9, MAILSEAL_E_MALFORMED },
		{ "a n=+1", 9, MAILSEAL_E_MALFORMED },
		{ "a n=1x", 99, MAILSEAL_E_MALFORMED },
		{ "a n=%201", 9, MAILSEAL_E_MALFORMED },
		{ "a n=", 9, MAILSEAL_E_MALFORMED },
		{ "a n=18446744073709551615", UINT64_MAX, 0 },
		{ "a n=18446744073709551616", UINT64_MAX, MAILSEAL_E_TOOLONG },
		{ "a n=111111111111111111111", UINT64_MAX,
		    MAILSEAL_E_TOOLONG } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(cases[i].text);
		(void)line_get_number(&s.line, "n", 7, cases[i].max);
		assert_int_equal(line_end(&s.line), cases[i].error);
	}
	start("a");
	assert_int_equal(line_get_number(&s.line, "n", 7, 9), 7);
}

static void
fields_with_a_prefix_come_one_by_one(void **state)
{
	const char *key;
	struct span value;

	(void)state;
	start("a set_x=1 in_y=2 set_z=3");
	assert_true(line_next(&s.line, "set_", &key, &value));
	assert_string_equal(key, "x");
	assert_true(line_next(&s.line, "set_", &key, &value));
	assert_string_equal(key, "z");
	assert_memory_equal(value.data, "3", 1);
	assert_false(line_next(&s.line, "set_", &key, &value));
	assert_int_equal(line_end(&s.line), MAILSEAL_E_UNKNOWN);
}

static void
a_wiped_field_is_gone_from_the_buffer(void **state)
{
	(void)state;
	start("enroll_finish password=hunter2");
	line_wipe(&s.line, "password");
	line_wipe(&s.line, "nothing");
	assert_null(memmem(s.bytes, 40, "hunter2", 7));
}

static void
a_line_that_does_not_fit_is_never_sent_cut(void **state)
{
	struct line_writer w;
	size_t len = 99;

	(void)state;
	/* "ok a=%20" and LF are 9 bytes. */
	for (size_t size = 0; size <= 9; size++) {
		line_begin(&w, s.bytes, size, "ok");
		line_put(&w, "a", " ");
		assert_int_equal(line_finish(&w, &len),
		    size < 9 ? MAILSEAL_E_TOOLONG : MAILSEAL_OK);
		assert_int_equal(len, size < 9 ? 99 : 9);
	}
}

static void
a_key_that_is_none_is_never_written(void **state)
{
	static const char *const bad[] = { "", "A", "a b", "a=", "a\n", "a.b",
		"abcdefghijklmnopqrstuvwxyz0123456" };
	struct line_writer w;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(line_is_key(bad[i]));
		line_begin(&w, s.bytes, sizeof(s.bytes), bad[i]);
		assert_int_equal(line_finish(&w, &len), MAILSEAL_E_MALFORMED);
		line_begin(&w, s.bytes, sizeof(s.bytes), "ok");
		line_put(&w, bad[i], "x");
		assert_int_equal(line_finish(&w, &len), MAILSEAL_E_MALFORMED);
	}
	line_begin(&w, s.bytes, sizeof(s.bytes), "ok");
	line_put_prefixed(&w, "a_long_prefix_for_a_key", "and_the_rest", "", 0);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_E_MALFORMED);
}

static void
the_longest_line_can_be_read_and_written(void **state)
{
	struct line_writer w;
	static char text[LINE_LONG_MAX];
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	line_begin(&w, s.bytes, LINE_LONG_MAX, "a");
	line_put_bytes(&w, "b", text, LINE_LONG_MAX - 5);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	assert_int_equal(len, LINE_LONG_MAX);
	line_start(&s.line, s.bytes, len - 1);
	assert_int_equal(line_get_bytes(&s.line, "b", len).len,
	    LINE_LONG_MAX - 5);
	assert_int_equal(line_end(&s.line), MAILSEAL_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_line_is_read_as_written_down),
		cmocka_unit_test(every_byte_survives_writing_and_reading),
		cmocka_unit_test(a_value_that_is_needlessly_encoded_is_refused),
		cmocka_unit_test(a_field_beyond_its_limit_is_refused),
		cmocka_unit_test(a_field_too_many_is_refused),
		cmocka_unit_test(a_nul_never_hides_the_end_of_a_text),
		cmocka_unit_test(an_unknown_field_is_an_error_in_requests_only),
		cmocka_unit_test(the_first_failure_is_the_one_told),
		cmocka_unit_test(a_number_has_one_spelling_and_a_limit),
		cmocka_unit_test(fields_with_a_prefix_come_one_by_one),
		cmocka_unit_test(a_wiped_field_is_gone_from_the_buffer),
		cmocka_unit_test(a_line_that_does_not_fit_is_never_sent_cut),
		cmocka_unit_test(a_key_that_is_none_is_never_written),
		cmocka_unit_test(the_longest_line_can_be_read_and_written),
	};

	return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
