/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the meaning of a line that he wrote, read as
 * something else without a word.
 */
#include <unistd.h>

#include "tests/unit/conf.h"

/* What was read: "section|key|value|line;" for each entry. */
static char told[1024];

static int
tell(void *arg, const struct ini_entry *e, struct fault *f)
{
	size_t len = strlen(told);

	(void)f;
	(void)snprintf(told + len, sizeof(told) - len, "%s|%s|%s|%u;",
	    e->section, e->key, e->value, e->line);
	return arg != NULL ? *(const int *)arg : MAILSEAL_OK;
}

static int
read_text(const char *text)
{
	write_file("x.conf", text);
	told[0] = '\0';
	memset(&fault, 0, sizeof(fault));
	return ini_read(path_of("x.conf"), tell, NULL, &fault);
}

static void
reads(const char *text, const char *expected)
{
	int error = read_text(text);

	if (error != MAILSEAL_OK)
		fail_msg("%u: %s", fault.line, fault.text);
	assert_string_equal(told, expected);
}

static void
refuses(const char *text, unsigned line, const char *why)
{
	assert_int_equal(read_text(text), MAILSEAL_E_CONFIG);
	is_about(&fault, "x.conf", line, why);
}

static void
a_comment_behind_a_section_is_one(void **state)
{
	(void)state;
	reads("[a] # one\nx = 1\n[b]\t#two ]\ny = 2\n", "a|x|1|2;b|y|2|4;");
	refuses("[a]# no blank before it\nx = 1\n", 1, "");
	refuses("[a # b]\nx = 1\n[a # b]\n", 3, "");
	reads("[a # b]\nx = 1\n", "a # b|x|1|2;");
}

static void
a_fault_of_a_whole_file_names_no_line(void **state)
{
	struct fault one = { .file = "/etc/x.conf", .text = "it is empty" };
	char words[FAULT_WORDS_MAX];

	(void)state;
	fault_say(&one, words);
	assert_string_equal(words, "/etc/x.conf: it is empty");
	one.line = 3;
	fault_say(&one, words);
	assert_string_equal(words, "/etc/x.conf:3: it is empty");
}

static void
every_entry_comes_with_its_section_and_line(void **state)
{
	(void)state;
	reads("# head\n[a]\nx = 1\n\n; more\n[b]\ny=2\n", "a|x|1|3;b|y|2|7;");
	reads("", "");
	reads("\n# nothing\n", "");
	reads("[a]\nx =\n", "a|x||2;");
}

static void
a_hash_behind_a_blank_ends_a_value_and_no_other_does(void **state)
{
	(void)state;
	reads("[a]\nx = one # two\n", "a|x|one|2;");
	reads("[a]\nx = one#two\n", "a|x|one#two|2;");
	reads("[a]\nx = # all of it\n", "a|x||2;");
	reads("[a]\nx =           # a # b\n", "a|x||2;");
	reads("[a]\nx = one   # two # three\n", "a|x|one|2;");
	reads("[a]\nx = one ; two\n", "a|x|one ; two|2;");
}

static void
keys_are_the_same_in_any_case(void **state)
{
	(void)state;
	reads("[a]\nSMTP_Auth_Host = H\n", "a|smtp_auth_host|H|2;");
}

static void
a_key_that_repeats_is_told_each_time(void **state)
{
	(void)state;
	reads("[a]\nallow = 1\nallow = 2\nx = 3\nAllow = 4\n",
	    "a|allow|1|2;a|allow|2|3;a|allow|4|5;a|x|3|4;");
}

static void
a_section_that_repeats_is_refused(void **state)
{
	(void)state;
	refuses("[a]\nx = 1\n[b]\ny = 1\n[a]\nz = 1\n", 5, "uplicate section");
	refuses("[a@B.c]\nx = 1\n[A@b.c]\nz = 1\n", 3, "uplicate section");
}

static void
a_line_that_is_nothing_is_refused(void **state)
{
	(void)state;
	refuses("[a]\nx = 1\njunk\n", 3, "qual sign");
	refuses("[a]\n= 1\n", 2, "name is missing");
	refuses("[a\nx = 1\n", 1, "closing bracket");
	refuses("[]\nx = 1\n", 1, "ection name");
}

/* A rule before its section must not be dropped without a word. */
static void
a_key_before_the_first_section_is_refused(void **state)
{
	(void)state;
	if (read_text("x = 1\n[a]\ny = 1\n") == MAILSEAL_OK)
		assert_non_null(strstr(told, "|x|1|1;"));
	if (read_text("x = 1\n") == MAILSEAL_OK)
		assert_non_null(strstr(told, "|x|1|1;"));
}

/* An indented line never continues the value above it. */
static void
an_indented_line_is_a_line_of_its_own(void **state)
{
	(void)state;
	reads("[a]\nx = 1\n  y = 2\n\tz = 3\n", "a|x|1|2;a|y|2|3;a|z|3|4;");
	refuses("[a]\nallow = user:erp\n  for:smtp\n", 3, "qual sign");
	refuses("[a]\nx = 1\n # a comment starts at the edge\n", 3,
	    "qual sign");
	refuses("[a]\nx = 1 \\\ny\n", 3, "qual sign");
}

static void
lines_that_end_as_elsewhere_are_read(void **state)
{
	(void)state;
	reads("[a]\r\nx = 1\r\n", "a|x|1|2;");
	reads("[a]\nx = \"1\"  \t \ny = a  b", "a|x|\"1\"|2;a|y|a  b|3;");
}

static void
a_value_or_file_too_long_is_refused(void **state)
{
	static char text[INI_FILE_MAX + 2];

	(void)state;
	memset(text, '#', sizeof(text) - 1);
	assert_int_not_equal(read_text(text), MAILSEAL_OK);
	is_about(&fault, "x.conf", 0, "more than 65536 bytes");
	text[INI_FILE_MAX] = '\0';
	reads(text, "");
	memset(text, 'x', sizeof(text));
	memcpy(text, "[a]\nk = ", 8);
	text[8 + INI_VALUE_MAX + 1] = '\0';
	refuses(text, 2, "too long");
	text[8 + INI_VALUE_MAX] = '\0';
	assert_int_equal(read_text(text), MAILSEAL_OK);
}

static void
a_nul_byte_is_refused(void **state)
{
	FILE *file = fopen(path_of("x.conf"), "w");

	(void)state;
	assert_int_equal(fwrite("[a]\nx = 1\0\n", 1, 11, file), 11);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path_of("x.conf"), 0644), 0);
	assert_int_equal(ini_read(path_of("x.conf"), tell, NULL, &fault),
	    MAILSEAL_E_CONFIG);
	is_about(&fault, "x.conf", 0, "NUL");
}

static int
try(const char *name)
{
	told[0] = '\0';
	return ini_read(path_of(name), tell, NULL, &fault);
}

static void
a_file_that_others_could_have_changed_is_refused(void **state)
{
	(void)state;
	write_file("x.conf", "[a]\nx = 1\n");
	assert_int_equal(chmod(path_of("x.conf"), 0664), 0);
	assert_int_equal(try("x.conf"), MAILSEAL_E_UNSAFE);
	is_about(&fault, "x.conf", 0, "x.conf");
	assert_int_equal(chmod(path_of("x.conf"), 0646), 0);
	assert_int_equal(try("x.conf"), MAILSEAL_E_UNSAFE);
	assert_int_equal(chmod(path_of("x.conf"), 0644), 0);
	assert_int_equal(try("x.conf"), MAILSEAL_OK);
	make_subfolder("d");
	write_file("d/x.conf", "[a]\nx = 1\n");
	assert_int_equal(chmod(path_of("d"), 0775), 0);
	assert_int_equal(try("d/x.conf"), MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(fault.text, "/d "));
	assert_int_equal(symlink("x.conf", path_of("link.conf")), 0);
	assert_int_equal(try("link.conf"), MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(fault.text, "symbolic link"));
	assert_int_equal(try("missing.conf"), MAILSEAL_E_IO);
	is_about(&fault, "missing.conf", 0, "No such file");
	assert_string_equal(told, "");
}

static void
what_the_reader_refuses_names_the_line(void **state)
{
	int error = MAILSEAL_E_CONFIG;

	(void)state;
	write_file("x.conf", "[a]\nx = 1\ny = 2\n");
	told[0] = '\0';
	assert_int_equal(ini_read(path_of("x.conf"), tell, &error, &fault),
	    MAILSEAL_E_CONFIG);
	assert_string_equal(told, "a|x|1|2;"); /* and the rest is not told */
	is_about(&fault, "x.conf", 2, "");
}

static void
a_folder_lists_its_conf_files_in_order(void **state)
{
	char **names = NULL;

	(void)state;
	assert_int_equal(ini_names(path_of("none"), &names, &fault), 0);
	assert_null(names[0]);
	ini_names_free(names);
	make_subfolder("d");
	write_file("d/b.conf", "");
	write_file("d/a.conf", "");
	write_file("d/a.conf.bak", "");
	write_file("d/.conf", "");
	write_file("d/.hidden.conf", "");
	write_file("d/README", "");
	assert_int_equal(ini_names(path_of("d"), &names, &fault), 0);
	assert_string_equal(names[0], "a.conf");
	assert_string_equal(names[1], "b.conf");
	assert_null(names[2]);
	ini_names_free(names);
	assert_int_equal(chmod(path_of("d"), 0777), 0);
	assert_int_equal(ini_names(path_of("d"), &names, &fault),
	    MAILSEAL_E_UNSAFE);
	assert_int_equal(ini_names(path_of("d/README"), &names, &fault),
	    MAILSEAL_E_UNSAFE);
}

static void
yes_and_no_are_known_in_any_case(void **state)
{
	(void)state;
	assert_int_equal(ini_bool("Y"), 1);
	assert_int_equal(ini_bool("Yes"), 1);
	assert_int_equal(ini_bool("on"), 1);
	assert_int_equal(ini_bool("TRUE"), 1);
	assert_int_equal(ini_bool("1"), 1);
	assert_int_equal(ini_bool(""), 0);
	assert_int_equal(ini_bool("n"), 0);
	assert_int_equal(ini_bool("off"), 0);
	assert_int_equal(ini_bool("False"), 0);
	assert_int_equal(ini_bool("0"), 0);
	assert_int_equal(ini_bool("maybe"), -1);
	assert_int_equal(ini_bool("10"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FRESH_FOLDER(a_comment_behind_a_section_is_one),
		IN_FRESH_FOLDER(a_fault_of_a_whole_file_names_no_line),
		IN_FRESH_FOLDER(every_entry_comes_with_its_section_and_line),
		IN_FRESH_FOLDER(
		    a_hash_behind_a_blank_ends_a_value_and_no_other_does),
		IN_FRESH_FOLDER(keys_are_the_same_in_any_case),
		IN_FRESH_FOLDER(a_key_that_repeats_is_told_each_time),
		IN_FRESH_FOLDER(a_section_that_repeats_is_refused),
		IN_FRESH_FOLDER(a_line_that_is_nothing_is_refused),
		IN_FRESH_FOLDER(a_key_before_the_first_section_is_refused),
		IN_FRESH_FOLDER(an_indented_line_is_a_line_of_its_own),
		IN_FRESH_FOLDER(lines_that_end_as_elsewhere_are_read),
		IN_FRESH_FOLDER(a_value_or_file_too_long_is_refused),
		IN_FRESH_FOLDER(a_nul_byte_is_refused),
		IN_FRESH_FOLDER(
		    a_file_that_others_could_have_changed_is_refused),
		IN_FRESH_FOLDER(what_the_reader_refuses_names_the_line),
		IN_FRESH_FOLDER(a_folder_lists_its_conf_files_in_order),
		IN_FRESH_FOLDER(yes_and_no_are_known_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
