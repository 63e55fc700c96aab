/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the use of his mailbox, because a line was read as
 * another; or an admin his evening, because a fault was not named.
 */
#include <unistd.h>

#include "broker/cgroup.h"
#include "broker/rules.h"
#include "broker/service.h"
#include "tests/unit/conf.h"

#define NEEDS "names a user:, a group:, a unit: or the owner"

static struct rules *rules;
static bool units_are_known;

static int
read_rules(const char *text, enum strictness strictness)
{
	struct rules_terms terms = { strictness, units_are_known, note_alarm };
	struct rules *read = NULL;
	int error;

	write_file("access.d/x.conf", text);
	memset(&fault, 0, sizeof(fault));
	error = rules_read(path_of("access.d"), &terms, &read, &fault);
	assert_int_equal(error == MAILSEAL_OK, read != NULL);
	if (read != NULL) {
		rules_free(rules);
		rules = read;
	}
	return error;
}

static void
accepts(const char *text)
{
	if (read_rules(text, STRICT) != MAILSEAL_OK)
		fail_msg("%u: %s", fault.line, fault.text);
}

static void
refuses(const char *text, unsigned line, const char *why)
{
	assert_int_equal(read_rules(text, STRICT), MAILSEAL_E_CONFIG);
	is_about(&fault, "x.conf", line, why);
}

static void
every_word_of_a_line_is_kept(void **state)
{
	const struct allow *a;

	(void)state;
	accepts("[Erp@B.c]\nallow = user:daemon group:staff for:imap,pop "
		"unit:erp@*.service\towner preferred may-have-password # x\n"
		"allow = group:54321\n");
	assert_int_equal(rules->count, 2);
	a = &rules->at[0];
	assert_string_equal(a->pattern, "erp@b.c");
	assert_true(a->by_user && a->by_group && a->owner && a->preferred);
	assert_true(a->rule.may_have_password);
	assert_int_equal(a->uid, 1);
	assert_int_equal(a->gid, 50);
	assert_string_equal(a->group, "staff");
	assert_string_equal(a->unit, "erp@*.service");
	assert_int_equal(a->services, 1u << SERVICE_IMAP | 1u << SERVICE_POP);
	a = &rules->at[1];
	assert_false(a->by_user || a->owner || a->preferred);
	assert_null(a->unit);
	assert_int_equal(a->gid, 54321);
	assert_int_equal(a->services, 7);
}

static void
lines_stand_in_the_order_of_files_and_know_their_place(void **state)
{
	(void)state;
	write_file("access.d/a.conf", "[z@b.c]\nallow = user:root\n");
	write_file("access.d/y.conf", "[a@b.c]\nallow = user:root\n");
	accepts("# head\n\n[z@b.c]\nallow = user:root\nAllow = user:daemon\n"
		"allow = user:games\n[a@b.c]\nallow = owner\n");
	assert_int_equal(rules->count, 6);
	assert_string_equal(rules->at[0].rule.file, path_of("access.d/a.conf"));
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(rules->at[i].rule.line, i + 3);
		assert_string_equal(rules->at[i].rule.file,
		    path_of("access.d/x.conf"));
	}
	assert_int_equal(rules->at[4].rule.line, 8);
	assert_string_equal(rules->at[5].rule.file, path_of("access.d/y.conf"));
}

static void
what_is_not_known_is_named_with_its_line(void **state)
{
	(void)state;
	refuses("[a@b.c]\nallow = user:erpp\n", 2,
	    "user:erpp: there is no such user");
	refuses("[a@b.c]\nallow = user:root\nallow = group:erpp\n", 3,
	    "group:erpp: there is no such group");
	refuses("[a@b.c]\n\nallow = user:root preferredd\n", 3,
	    "preferredd: the word is not known");
	refuses("[a@b.c]\nallow = user:root owner:x\n", 2, "not known");
	refuses("[a@b.c]\nallow = user:root for:smpt\n", 2, "for:smpt: ");
	refuses("[a@b.c]\nallow = user:root for:smtp,,fax\n", 2, "for:");
	refuses("[a@b.c]\nallow = user:root for:\n", 2, "for:");
	refuses("[a@b.c]\ndeny = user:root\n", 2, "key deny is not known");
	refuses("[a@b.c]\nallow = User:root\n", 2, "not known");
	refuses("[a@b.c]\nallow = user:4294967295\n", 2, "no such user");
	refuses("[a@b.c]\nallow = user:-1\n", 2, "no such user");
	refuses("[a@b.c]\nallow = group:99999999999\n", 2, "no such group");
	refuses("[a@b.c]\nallow = user:\n", 2, "no such user");
}

/* Without a condition on the caller a line would hold for everybody. */
static void
a_line_that_names_nobody_is_refused(void **state)
{
	(void)state;
	refuses("[a@b.c]\nallow =\n", 2, NEEDS);
	refuses("[a@b.c]\nallow = for:smtp\n", 2, NEEDS);
	refuses("[a@b.c]\nallow = preferred may-have-password\n", 2, NEEDS);
	accepts("[a@b.c]\nallow = unit:erp.service\n");
	accepts("[a@b.c]\nallow = owner\n");
}

static void
a_line_that_can_never_hold_or_says_two_things_is_refused(void **state)
{
	(void)state;
	refuses("[a@b.c]\nallow = user:root user:daemon\n", 2, "two lines");
	refuses("[a@b.c]\nallow = group:root group:staff\n", 2, "one group");
	refuses("[a@b.c]\nallow = user:root for:smtp for:imap\n", 2, "for:");
	refuses("[a@b.c]\nallow = unit:a.service unit:a.service\n", 2,
	    "one unit: to a line");
}

static void
a_unit_is_a_whole_name_or_a_glob_of_one(void **state)
{
	char text[512] = "[a@b.c]\nallow = unit:", *end = strchr(text, '\0');

	(void)state;
	accepts("[a@b.c]\nallow = unit:campus-mail@*.service\n"
		"allow = unit:user@1000.service\nallow = unit:[ab].scope\n"
		"allow = unit:a\\x2db.service\nallow = unit:erp*\n");
	assert_string_equal(rules->at[3].unit, "a\\x2db.service");
	refuses("[a@b.c]\nallow = unit:erp\n", 2, "unit:erp: it is not the");
	refuses("[a@b.c]\nallow = unit:erp.slice\n", 2, "the whole name");
	refuses("[a@b.c]\nallow = unit:.service\n", 2, "the whole name");
	refuses("[a@b.c]\nallow = unit:a/b.service\n", 2, "the whole name");
	refuses("[a@b.c]\nallow = unit:\n", 2, "every unit");
	refuses("[a@b.c]\nallow = unit:*\n", 2, "every unit");
	refuses("[a@b.c]\nallow = user:root unit:?*\n", 2, "every unit");
	memset(end, '*', CGROUP_UNIT_MAX);
	memcpy(end + CGROUP_UNIT_MAX, "x\n", 3);
	refuses(text, 2, "the whole name");
}

static void
where_the_kernel_cannot_tell_units_a_line_with_one_is_refused(void **state)
{
	(void)state;
	units_are_known = false;
	refuses("[a@b.c]\nallow = user:root\n"
		"allow = user:root unit:erp.service\n",
	    3, "unit:erp.service: it needs Linux 6.5");
	assert_int_equal(read_rules("[a@b.c]\nallow = unit:erp.service\n"
				    "allow = user:root\n",
			     LENIENT),
	    0);
	assert_int_equal(rules->count, 1);
	assert_true(rules->at[0].by_user); /* not the other, without its unit */
	assert_int_equal(alarms, 1);
	accepts("[a@b.c]\nallow = user:root owner preferred\n");
}

/* Else a request without an address would mean any of a domain's. */
static void
preferred_names_one_account(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:root preferred\n"
		"[*@b.c]\nallow = owner preferred\n"
		"allow = user:root owner preferred\n");
	refuses("[*@b.c]\nallow = user:root preferred\n", 2,
	    "goes with owner only");
}

static void
a_section_is_an_address_or_a_whole_domain(void **state)
{
	(void)state;
	refuses("[*]\nallow = user:daemon\n", 2, "[*]");
	refuses("[*@*]\nallow = user:daemon\n", 2, "[*@*]");
	refuses("[*@*.edu]\nallow = user:daemon\n", 2, "[*@*.edu]");
	refuses("[a*@b.c]\nallow = user:daemon\n", 2, "[a*@b.c]");
	refuses("[a@]\nallow = user:daemon\n", 2, "[a@]");
	refuses("[@b.c]\nallow = user:daemon\n", 2, "[@b.c]");
	refuses("[a@b@c]\nallow = user:daemon\n", 2, "[a@b@c]");
	refuses("[billing]\nallow = user:daemon\n", 2, "[billing]");
}

/* A user may yet be made; a word that is none never will be. */
static void
a_line_with_an_unknown_name_can_be_left_out_alone(void **state)
{
	(void)state;
	assert_int_equal(read_rules("[a@b.c]\nallow = user:erpp for:smtp\n"
				    "allow = user:daemon group:erpp\n"
				    "allow = user:daemon for:imap\n",
			     STRICT_BUT_NAMES),
	    0);
	assert_int_equal(alarms, 2);
	is_about(&alarmed, "x.conf", 3, "group:erpp: there is no such group");
	assert_int_equal(rules->off, 2);
	assert_int_equal(rules->count, 1); /* none without the unknown word */
	assert_int_equal(rules->at[0].rule.line, 4);
}

static void
another_fault_goes_before_an_unknown_name(void **state)
{
	static const char *const texts[] = {
		"[a@b.c]\nallow = user:erpp preferredd\n",
		"[a@b.c]\nallow = user:erpp group:erpp for:fax\n",
		"[*@b.c]\nallow = user:erpp preferred\n",
		"[a]\nallow = user:erpp\n", "[a@b.c]\nalow = user:erpp\n",
		"[a@b.c]\nallow = user:erpp user:daemon\n"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_rules(texts[i], STRICT_BUT_NAMES),
		    MAILSEAL_E_CONFIG);
		assert_null(strstr(fault.text, "there is no such"));
	}
	assert_int_equal(alarms, 0);
	write_file("access.d/y.conf", "junk\n");
	assert_int_equal(read_rules("[a@b.c]\nallow = user:erpp\n",
			     STRICT_BUT_NAMES),
	    MAILSEAL_E_CONFIG);
}

static void
at_start_a_faulty_line_is_off_and_the_others_hold(void **state)
{
	(void)state;
	assert_int_equal(read_rules("[a@b.c]\nallow = user:daemon\n"
				    "allow = user:erpp\n"
				    "allow = user:www-data\n",
			     LENIENT),
	    0);
	assert_int_equal(alarms, 1);
	is_about(&alarmed, "x.conf", 3, "user:erpp");
	assert_int_equal(rules->count, 2);
	assert_int_equal(rules->at[0].uid, 1);
	assert_int_equal(rules->at[1].uid, 33);
}

static void
at_start_a_faulty_file_is_off_and_the_others_hold(void **state)
{
	(void)state;
	write_file("access.d/a.conf", "[a@b.c]\nallow = user:daemon\njunk\n");
	write_file("access.d/b.conf", "[a@b.c]\nallow = user:root\n");
	assert_int_equal(chmod(path_of("access.d/b.conf"), 0666), 0);
	assert_int_equal(read_rules("[a@b.c]\nallow = user:www-data\n",
			     LENIENT),
	    0);
	assert_int_equal(alarms, 2);
	assert_int_equal(rules->off, 2);
	is_about(&alarmed, "b.conf", 0, "b.conf");
	assert_int_equal(rules->count, 1); /* anybody wrote that of root's */
	assert_int_equal(rules->at[0].uid, 33);
}

static void
a_reload_refuses_what_others_could_have_written(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:daemon\n");
	assert_int_equal(chmod(path_of("access.d"), 0775), 0);
	assert_int_equal(read_rules("[a@b.c]\nallow = user:root\n", STRICT),
	    MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(fault.text, "access.d"));
	assert_int_equal(chmod(path_of("access.d"), 0755), 0);
	assert_int_equal(symlink("x.conf", path_of("access.d/y.conf")), 0);
	assert_int_equal(read_rules("[a@b.c]\nallow = user:root\n", STRICT),
	    MAILSEAL_E_UNSAFE);
	is_about(&fault, "y.conf", 0, "symbolic link");
}

static int
setup(void **state)
{
	units_are_known = true;
	if (fresh_folder(state) != 0)
		return -1;
	make_subfolder("access.d");
	return 0;
}

static int
teardown(void **state)
{
	rules_free(rules);
	rules = NULL;
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(every_word_of_a_line_is_kept),
		HERE(lines_stand_in_the_order_of_files_and_know_their_place),
		HERE(what_is_not_known_is_named_with_its_line),
		HERE(a_line_that_names_nobody_is_refused),
		HERE(a_line_that_can_never_hold_or_says_two_things_is_refused),
		HERE(a_unit_is_a_whole_name_or_a_glob_of_one),
		HERE(
		    where_the_kernel_cannot_tell_units_a_line_with_one_is_refused),
		HERE(preferred_names_one_account),
		HERE(a_section_is_an_address_or_a_whole_domain),
		HERE(a_line_with_an_unknown_name_can_be_left_out_alone),
		HERE(another_fault_goes_before_an_unknown_name),
		HERE(at_start_a_faulty_line_is_off_and_the_others_hold),
		HERE(at_start_a_faulty_file_is_off_and_the_others_hold),
		HERE(a_reload_refuses_what_others_could_have_written),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
