/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox, to whoever signed in while an admin
 * looked away.
 */
#include "tests/unit/enrolling.h"

static void
the_mailbox_itself_is_nobodys_question(void **state)
{
	(void)state;
	sign_in("", AS("box", "same"));
	meets(" in_username=" BOX " ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok account=" BOX " login=" BOX " identity=" BOX);
	assert_false(audit_has("identity="));
}

/* What the module calls the same must be the same by its name as well. */
static void
a_match_without_the_name_is_a_question_too(void **state)
{
	(void)state;
	sign_in("", AS("jane", "same"));
	meets(" in_username=" JANE " ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok confirm=delegate ");
}

static void
an_address_that_nobody_verified_is_a_question(void **state)
{
	const char *line;

	(void)state;
	sign_in("", AS("m1", "probable"));
	meets(" in_username=m1@campus.edu ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	line = hear(admin);
	assert_true(begins(line, "ok confirm=probable "));
	assert_non_null(strstr(line, "did%20not%20verify"));
	assert_null(box());
}

static void
a_sign_in_without_a_name_is_a_question(void **state)
{
	(void)state;
	sign_in("", "id_iss=i id_sub=s id_match=unknown");
	meets(" in_username=" BOX " ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok confirm=unknown ");
	confirm("ok account=" BOX " login=" BOX " provider=campus ");
}

static void
who_cannot_open_the_mailbox_is_another_person(void **state)
{
	(void)state;
	sign_in("", AS("jane", "other"));
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap", NO);
	assert_non_null(strstr(hear(admin),
	    "reason=wrong_person message=" BOX ":%20another%20person%20signed"
	    "%20in%20(" JANE "%20signed%20in);%20sign%20in%20as%20" BOX ","));
	confirm("error code=blocked reason=enrolment_over ");
	assert_null(box());
}

/* Else a mail server that is down makes a liar of the right person. */
static void
a_server_that_is_down_accuses_nobody(void **state)
{
	(void)state;
	sign_in("", AS("jane", "other"));
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap", "ok class=transient reason=silent\n");
	expect(admin, "error code=unavailable reason=silent ");
	assert_null(box());
}

static void
a_guest_is_refused_before_the_mailbox_is_tried(void **state)
{
	(void)state;
	sign_in("", AS("jane", "other") " id_guest=1");
	assert_non_null(strstr(hear(admin), "reason=wrong_person "));
	assert_int_equal(errand_comes(50), -1);
}

/* Submission takes jane by her own name, whatever mailbox is meant. */
static void
without_imap_only_a_mail_shows_a_delegate(void **state)
{
	(void)state;
	write_provider("");
	sign_in("", AS("jane", "other"));
	assert_non_null(strstr(hear(admin), "imap_host"));
	assert_int_equal(errand_comes(50), -1);
	assert_null(box());
}

static void
another_delegate_is_refused_and_both_are_named(void **state)
{
	const char *line;

	(void)state;
	enroll_jane();
	sign_in("", AS("john", "other"));
	line = hear(admin);
	assert_true(begins(line, "error code=denied reason=other_identity "));
	assert_non_null(strstr(line,
	    "john@campus.edu%20signed%20in,%20" JANE "%20is%20enrolled"));
	assert_int_equal(errand_comes(50), -1);
	assert_string_equal(box()->login, JANE);
}

static void
he_takes_her_place_where_an_admin_says_so(void **state)
{
	(void)state;
	enroll_jane();
	sign_in(" replace_identity=yes", AS("john", "other"));
	meets(" in_username=john@campus.edu ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok confirm=delegate ");
	confirm("ok account=" BOX " login=john@campus.edu ");
	assert_true(audit_has(
	    " identity=john@campus.edu replaces=" JANE " confirmed=yes"));
	ask(admin,
	    "enroll_begin account=" BOX " provider=campus "
	    "replace_identity=no\n",
	    "error code=malformed reason=field_unknown ");
}

/* Who was said yes to is not asked about at each sign-in. */
static void
the_same_delegate_signs_in_again_unasked(void **state)
{
	(void)state;
	enroll_jane();
	sign_in("", AS("jane", "other"));
	meets(" in_username=" JANE " ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok account=" BOX " login=" JANE);
}

/* A name that changed at the provider takes the login along. */
static void
a_delegate_with_a_new_name_signs_in_by_that(void **state)
{
	(void)state;
	enroll_jane();
	sign_in("",
	    "id_iss=i id_sub=jane id_name=jd@campus.edu id_match=other");
	meets(" in_username=jd@campus.edu ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok account=" BOX " login=jd@campus.edu ");
}

static void
the_login_that_was_set_for_a_delegate_stays(void **state)
{
	(void)state;
	enroll_jane();
	ask(admin, "set account=" BOX " login=j.doe@campus.edu\n", "ok ");
	sign_in("", AS("jane", "other"));
	meets(" in_username=j.doe@campus.edu ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok account=" BOX " login=j.doe@campus.edu ");
}

/* Else a mail server's whim takes a mailbox off that worked. */
static void
what_works_is_not_given_up_for_what_an_admin_must_allow(void **state)
{
	(void)state;
	enroll_jane();
	sign_in("", AS("jane", "other"));
	meets("set_service=smtp",
	    "ok class=admin reason=login_refused detail=off\n");
	expect(admin, "error code=blocked reason=login_refused ");
	assert_int_equal(box()->state, GRANT_GOOD);
	assert_false(box()->untested);
	assert_string_equal(stored_refresh(BOX), "first");
}

static void
a_password_takes_the_place_of_a_sign_in_when_it_works(void **state)
{
	const char *line;
	char text[128];

	(void)state;
	enroll_jane();
	tell(admin,
	    "enroll_begin account=" BOX " provider=old without_recovery=yes\n");
	line = hear(admin);
	(void)snprintf(id, sizeof(id), "%.32s", line + strlen("ok id="));
	(void)snprintf(text, sizeof(text), "enroll_finish id=%s password=pw\n",
	    id);
	tell(admin, text);
	meets(" in_username=" BOX " ",
	    "ok class=reauth reason=wrong_password detail=535\n");
	expect(admin, "error code=reauth reason=wrong_password ");
	assert_int_equal(box()->type, ACCOUNT_OAUTH);
	assert_string_equal(stored_refresh(BOX), "first");
	enroll_password(admin, BOX, BOX, " notice=no%20allow%20line");
	assert_int_equal(box()->type, ACCOUNT_PASSWORD);
	sign_in("", AS("john", "other"));
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap", NO);
	expect(admin, "error code=denied reason=wrong_person ");
	assert_int_equal(box()->type, ACCOUNT_PASSWORD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(the_mailbox_itself_is_nobodys_question),
		HERE(a_match_without_the_name_is_a_question_too),
		HERE(an_address_that_nobody_verified_is_a_question),
		HERE(a_sign_in_without_a_name_is_a_question),
		HERE(who_cannot_open_the_mailbox_is_another_person),
		HERE(a_server_that_is_down_accuses_nobody),
		HERE(a_guest_is_refused_before_the_mailbox_is_tried),
		HERE(without_imap_only_a_mail_shows_a_delegate),
		HERE(another_delegate_is_refused_and_both_are_named),
		HERE(he_takes_her_place_where_an_admin_says_so),
		HERE(the_same_delegate_signs_in_again_unasked),
		HERE(a_delegate_with_a_new_name_signs_in_by_that),
		HERE(the_login_that_was_set_for_a_delegate_stays),
		HERE(what_works_is_not_given_up_for_what_an_admin_must_allow),
		HERE(a_password_takes_the_place_of_a_sign_in_when_it_works),
	};

	return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
