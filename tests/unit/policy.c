/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox to somebody whom no line allows, or the
 * use of it because a line was read as another.
 */
#include <unistd.h>

#include "broker/policy.h"
#include "tests/unit/conf.h"

#define DAEMON 1
#define WWW_DATA 33
#define NOBODY 65534
#define STAFF 50 /* a group of Debian's */

static struct policy *policy;

static int
read_policy(const char *text, bool strict)
{
	struct policy *read = NULL;
	int error;

	write_file("access.d/x.conf", text);
	memset(&fault, 0, sizeof(fault));
	error = policy_read(path_of("access.d"), strict, note_alarm, &read,
	    &fault);
	assert_int_equal(error == MAILSEAL_OK, read != NULL);
	if (read != NULL) {
		policy_free(policy);
		policy = read;
	}
	return error;
}

static void
accepts(const char *text)
{
	if (read_policy(text, true) != MAILSEAL_OK)
		fail_msg("%u: %s", fault.line, fault.text);
}

static void
refuses(const char *text, unsigned line, const char *why)
{
	assert_int_equal(read_policy(text, true), MAILSEAL_E_CONFIG);
	is_about(&fault, "x.conf", line, why);
}

/* The rule for a user of one supplementary group. */
static const struct rule *
match(uid_t uid, gid_t group, const char *name, enum service service)
{
	struct peer peer = { .pid = 1,
		.uid = uid,
		.gid = NOBODY,
		.group_count = 1,
		.groups = &group };
	struct caller caller;

	caller_start(&caller, &peer);
	return policy_match(policy, &caller, name, service);
}

static bool
may(uid_t uid, const char *name, enum service service)
{
	return match(uid, NOBODY, name, service) != NULL;
}

static void
what_no_line_allows_is_denied_to_root_too(void **state)
{
	(void)state;
	accepts("");
	assert_int_equal(policy_count(policy), 0);
	assert_false(may(0, "a@b.c", SERVICE_SMTP));
	accepts("[a@b.c]\nallow = user:daemon\n");
	assert_true(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_false(may(0, "a@b.c", SERVICE_SMTP));
	assert_false(may(WWW_DATA, "a@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "b@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@b.cc", SERVICE_SMTP));
	assert_false(may(DAEMON, "aa@b.c", SERVICE_SMTP));
}

static void
a_line_for_one_service_allows_no_other(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:daemon for:smtp\n"
		"allow = user:www-data for:imap,pop\n"
		"allow = user:root\n");
	assert_true(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@b.c", SERVICE_IMAP));
	assert_false(may(DAEMON, "a@b.c", SERVICE_POP));
	assert_false(may(WWW_DATA, "a@b.c", SERVICE_SMTP));
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_IMAP));
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_POP));
	for (int i = 0; i < SERVICE_COUNT; i++)
		assert_true(may(0, "a@b.c", (enum service)i));
}

static void
all_words_of_a_line_must_hold(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:daemon group:staff for:smtp\n");
	assert_null(match(DAEMON, NOBODY, "a@b.c", SERVICE_SMTP));
	assert_null(match(WWW_DATA, STAFF, "a@b.c", SERVICE_SMTP));
	assert_null(match(DAEMON, STAFF, "a@b.c", SERVICE_IMAP));
	assert_non_null(match(DAEMON, STAFF, "a@b.c", SERVICE_SMTP));
}

static void
a_group_is_the_first_or_one_of_the_others(void **state)
{
	gid_t none = 0;
	struct peer peer = { .uid = WWW_DATA, .gid = STAFF, .groups = &none };
	struct caller caller;

	(void)state;
	caller_start(&caller, &peer);
	accepts("[a@b.c]\nallow = group:staff\n");
	assert_non_null(policy_match(policy, &caller, "a@b.c", SERVICE_SMTP));
	assert_non_null(match(WWW_DATA, STAFF, "a@b.c", SERVICE_SMTP));
	assert_null(match(WWW_DATA, NOBODY, "a@b.c", SERVICE_SMTP));
	assert_null(match(STAFF, NOBODY, "a@b.c", SERVICE_SMTP)); /* a uid */
}

static void
numbers_stand_for_users_and_groups_without_a_name(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:54321\nallow = group:54322\n");
	assert_true(may(54321, "a@b.c", SERVICE_SMTP));
	assert_non_null(match(DAEMON, 54322, "a@b.c", SERVICE_SMTP));
	assert_false(may(54322, "a@b.c", SERVICE_SMTP));
	refuses("[a@b.c]\nallow = user:4294967295\n", 2, "no such user");
	refuses("[a@b.c]\nallow = user:-1\n", 2, "no such user");
	refuses("[a@b.c]\nallow = group:99999999999\n", 2, "no such group");
	refuses("[a@b.c]\nallow = user:\n", 2, "no such user");
}

static void
a_star_stands_for_one_whole_domain_and_no_more(void **state)
{
	(void)state;
	accepts("[*@Staff.College.EDU]\nallow = user:daemon\n");
	assert_true(may(DAEMON, "a@staff.college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@x.staff.college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@xstaff.college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@staff.college.edu.x", SERVICE_SMTP));
	assert_false(may(DAEMON, "@staff.college.edu", SERVICE_SMTP));
	refuses("[*]\nallow = user:daemon\n", 2, "[*]");
	refuses("[*@*]\nallow = user:daemon\n", 2, "[*@*]");
	refuses("[*@*.edu]\nallow = user:daemon\n", 2, "[*@*.edu]");
	refuses("[a*@b.c]\nallow = user:daemon\n", 2, "[a*@b.c]");
	refuses("[a@]\nallow = user:daemon\n", 2, "[a@]");
	refuses("[@b.c]\nallow = user:daemon\n", 2, "[@b.c]");
	refuses("[a@b@c]\nallow = user:daemon\n", 2, "[a@b@c]");
	refuses("[billing]\nallow = user:daemon\n", 2, "[billing]");
}

static void
an_address_is_the_same_in_any_case(void **state)
{
	(void)state;
	accepts("[Admissions@College.EDU]\nAllow = user:daemon\n");
	assert_true(may(DAEMON, "admissions@college.edu", SERVICE_SMTP));
}

static void
every_line_of_every_section_and_file_counts(void **state)
{
	(void)state;
	write_file("access.d/a.conf",
	    "[*@b.c]\nallow = user:daemon for:smtp\n");
	write_file("access.d/y.conf", "[a@b.c]\nallow = user:www-data\n");
	accepts("[a@b.c]\nallow = user:daemon for:imap\n"
		"[*@b.c]\nallow = user:root for:pop\n");
	assert_int_equal(policy_count(policy), 4);
	assert_true(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_true(may(DAEMON, "a@b.c", SERVICE_IMAP));
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_POP));
	assert_true(may(0, "a@b.c", SERVICE_POP));
	assert_false(may(0, "a@b.c", SERVICE_SMTP));
}

static void
a_rule_knows_where_it_stands(void **state)
{
	const struct rule *rule;

	(void)state;
	accepts("# head\n\n[a@b.c]\nallow = user:root\nallow = user:daemon\n");
	rule = match(DAEMON, NOBODY, "a@b.c", SERVICE_SMTP);
	assert_int_equal(rule->line, 5);
	assert_string_equal(rule->file, path_of("access.d/x.conf"));
}

static void
a_line_that_grants_the_password_goes_before_others(void **state)
{
	const struct rule *rule;

	(void)state;
	accepts("[a@b.c]\nallow = user:daemon\nallow = group:staff\n"
		"allow = user:daemon for:smtp may-have-password\n");
	rule = match(DAEMON, STAFF, "a@b.c", SERVICE_SMTP);
	assert_int_equal(rule->line, 4);
	assert_true(rule->may_have_password);
	rule = match(DAEMON, STAFF, "a@b.c", SERVICE_IMAP);
	assert_int_equal(rule->line, 2);
	assert_false(rule->may_have_password);
	assert_false(
	    match(WWW_DATA, STAFF, "a@b.c", SERVICE_SMTP)->may_have_password);
}

static void
what_is_not_known_is_named_with_its_line(void **state)
{
	(void)state;
	refuses("[a@b.c]\nallow = user:erpp\n", 2,
	    "user:erpp: there is no such");
	refuses("[a@b.c]\nallow = user:root\nallow = group:erpp\n", 3,
	    "group:erpp: there is no such group");
	refuses("[a@b.c]\n\nallow = user:root preferredd\n", 3,
	    "preferredd: the word is not known");
	refuses("[a@b.c]\nallow = user:root for:smpt\n", 2, "for:smpt: ");
	refuses("[a@b.c]\nallow = user:root for:smtp,,fax\n", 2, "for:");
	refuses("[a@b.c]\nallow = user:root for:\n", 2, "for:");
	refuses("[a@b.c]\ndeny = user:root\n", 2, "key deny is not known");
	refuses("[a@b.c]\nallow = for:smtp\n", 2, "names a user: or a group:");
	refuses("[a@b.c]\nallow =\n", 2, "names a user: or a group:");
	refuses("[a@b.c]\nallow = User:root\n", 2, "not known");
}

static void
a_line_that_can_never_hold_or_says_two_things_is_refused(void **state)
{
	(void)state;
	refuses("[a@b.c]\nallow = user:root user:daemon\n", 2, "two lines");
	refuses("[a@b.c]\nallow = group:root group:staff\n", 2, "one group");
	refuses("[a@b.c]\nallow = user:root for:smtp for:imap\n", 2, "for:");
}

static void
at_start_a_faulty_line_is_off_and_the_others_hold(void **state)
{
	(void)state;
	assert_int_equal(read_policy("[a@b.c]\nallow = user:daemon\n"
				     "allow = user:erpp\n"
				     "allow = user:www-data\n",
			     false),
	    0);
	assert_int_equal(alarms, 1);
	is_about(&alarmed, "x.conf", 3, "user:erpp");
	assert_true(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_SMTP));
	assert_int_equal(policy_count(policy), 2);
}

static void
at_start_a_faulty_file_is_off_and_the_others_hold(void **state)
{
	(void)state;
	write_file("access.d/a.conf", "[a@b.c]\nallow = user:daemon\njunk\n");
	write_file("access.d/b.conf", "[a@b.c]\nallow = user:root\n");
	assert_int_equal(chmod(path_of("access.d/b.conf"), 0666), 0);
	assert_int_equal(read_policy("[a@b.c]\nallow = user:www-data\n", false),
	    0);
	assert_int_equal(alarms, 2);
	is_about(&alarmed, "b.conf", 0, "b.conf");
	assert_false(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_false(may(0, "a@b.c", SERVICE_SMTP)); /* anybody wrote that */
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_SMTP));
}

static void
a_reload_refuses_what_others_could_have_written(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:daemon\n");
	assert_int_equal(chmod(path_of("access.d"), 0775), 0);
	assert_int_equal(read_policy("[a@b.c]\nallow = user:root\n", true),
	    MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(fault.text, "access.d"));
	assert_int_equal(chmod(path_of("access.d"), 0755), 0);
	assert_int_equal(symlink("x.conf", path_of("access.d/y.conf")), 0);
	assert_int_equal(read_policy("[a@b.c]\nallow = user:root\n", true),
	    MAILSEAL_E_UNSAFE);
	is_about(&fault, "y.conf", 0, "symbolic link");
}

static int
setup(void **state)
{
	if (fresh_folder(state) != 0)
		return -1;
	make_subfolder("access.d");
	return 0;
}

static int
teardown(void **state)
{
	policy_free(policy);
	policy = NULL;
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(what_no_line_allows_is_denied_to_root_too),
		HERE(a_line_for_one_service_allows_no_other),
		HERE(all_words_of_a_line_must_hold),
		HERE(a_group_is_the_first_or_one_of_the_others),
		HERE(numbers_stand_for_users_and_groups_without_a_name),
		HERE(a_star_stands_for_one_whole_domain_and_no_more),
		HERE(an_address_is_the_same_in_any_case),
		HERE(every_line_of_every_section_and_file_counts),
		HERE(a_rule_knows_where_it_stands),
		HERE(a_line_that_grants_the_password_goes_before_others),
		HERE(what_is_not_known_is_named_with_its_line),
		HERE(a_line_that_can_never_hold_or_says_two_things_is_refused),
		HERE(at_start_a_faulty_line_is_off_and_the_others_hold),
		HERE(at_start_a_faulty_file_is_off_and_the_others_hold),
		HERE(a_reload_refuses_what_others_could_have_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
