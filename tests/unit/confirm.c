/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the certainty that a yes was said by the one who was
 * asked, about what he was shown.
 */
#include "tests/unit/enrolling.h"

static void
a_delegate_is_stored_after_a_yes_and_not_before(void **state)
{
	(void)state;
	ask_for_jane("");
	assert_null(box());
	confirm("ok account=" BOX " login=" JANE " identity=" JANE);
	assert_string_equal(box()->login, JANE);
	assert_string_equal(box()->sub, "jane");
	assert_true(audit_has(" identity=" JANE " replaces=- confirmed=yes"));
	confirm("error code=blocked reason=enrolment_over ");
}

/* Two enrolments of one mailbox: the yes to one is none to replace the other. */
static void
a_yes_that_comes_after_another_enrolment_is_refused(void **state)
{
	char first[ENROLMENT_ID_LEN + 1];

	(void)state;
	ask_for_jane("");
	memcpy(first, id, sizeof(first));
	sign_in("", AS("john", "other"));
	meets(" in_username=john@campus.edu ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok confirm=delegate ");
	confirm("ok account=" BOX " login=john@campus.edu ");
	memcpy(id, first, sizeof(first));
	confirm("error code=denied reason=other_identity ");
	assert_string_equal(box()->login, "john@campus.edu");
}

/* Who was replaced while she signed in again is not back by that. */
static void
who_was_replaced_meanwhile_is_not_put_back_unasked(void **state)
{
	int probe, jane = admin;

	(void)state;
	enroll_jane();
	sign_in("", AS("jane", "other"));
	meets(" in_username=" JANE " ", SMTP_IN);
	probe = errand_comes(2000);
	assert_non_null(strstr(hear(probe), " in_username=" BOX " "));
	admin = enter(DOOR_ADMIN);
	sign_in(" replace_identity=yes", AS("john", "other"));
	meets(" in_username=john@campus.edu ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok confirm=delegate ");
	confirm("ok account=" BOX " login=john@campus.edu ");
	tell(probe, IMAP_IN);
	expect(jane, "error code=denied reason=other_identity ");
	(void)close(admin);
	admin = jane;
	assert_string_equal(box()->sub, "john");
	assert_string_equal(box()->login, "john@campus.edu");
	(void)close(probe);
}

/* Else a string goes to the server that an admin had just moved it from. */
static void
a_host_that_is_set_during_the_test_is_not_put_back(void **state)
{
	int probe, other;

	(void)state;
	enroll_jane();
	sign_in("", AS("jane", "other"));
	meets(" in_username=" JANE " ", SMTP_IN);
	probe = errand_comes(2000);
	assert_true(probe >= 0);
	(void)hear(probe);
	other = enter(DOOR_ADMIN);
	tell(other, "set account=" BOX " host=own.example.edu\n");
	meets(" set_host=own.example.edu ", SMTP_IN);
	expect(other, "ok account=" BOX);
	tell(probe, IMAP_IN);
	expect(admin, "error code=blocked reason=rebind ");
	assert_string_equal(box()->host, "own.example.edu");
	(void)close(probe);
	(void)close(other);
}

static void
a_yes_that_comes_after_a_reload_to_elsewhere_is_refused(void **state)
{
	(void)state;
	ask_for_jane("");
	write_provider("imap_host = imap.mallory.example\n");
	confirm("error code=blocked reason=rebind ");
	assert_null(box());
}

static void
a_yes_that_comes_too_late_is_none(void **state)
{
	struct peer root = { .fd = -1, .uid = 0 };
	struct enrolment *e;

	(void)state;
	ask_for_jane("");
	e = enrolment_find(id, &root);
	assert_non_null(e);
	assert_true(e->deadline.at_ms > now_ms() + (ENROLMENT_S - 30) * 1000);
	assert_int_equal(deadline_set(broker->deadlines, &e->deadline,
			     now_ms()),
	    0);
	settle();
	confirm("error code=blocked reason=enrolment_over ");
	assert_null(box());
}

static void
a_yes_is_the_own_admins_alone(void **state)
{
	struct peer other = { .fd = -1, .uid = 12345 };

	(void)state;
	ask_for_jane("");
	assert_null(enrolment_find(id, &other));
	ask(admin, "enroll_confirm id=0123456789abcdef0123456789abcdef\n",
	    "error code=blocked reason=enrolment_over ");
	ask(admin, "enroll_confirm\n",
	    "error code=malformed reason=field_missing ");
	assert_null(box());
}

static void
what_awaits_no_yes_cannot_be_confirmed(void **state)
{
	const char *line;

	(void)state;
	tell(admin,
	    "enroll_begin account=" BOX " provider=old without_recovery=yes\n");
	line = hear(admin);
	(void)snprintf(id, sizeof(id), "%.32s", line + strlen("ok id="));
	confirm("error code=unsupported ");
	confirm("error code=unsupported "); /* it is still there */
}

/* Else its string is handed out after the mail server stopped taking it. */
static void
a_token_that_waited_for_a_yes_is_served_no_longer_than_it_lives(void **state)
{
	struct peer root = { .fd = -1, .uid = 0 };
	struct enrolment *e;

	(void)state;
	ask_for_jane("");
	e = enrolment_find(id, &root);
	e->issued_ms -= 500 * 1000;
	confirm("ok account=" BOX);
	assert_non_null(box()->lease[SERVICE_SMTP].token);
	assert_true(box()->lease[SERVICE_SMTP].expires <= now_wall() + 100);
}

static void
one_that_died_meanwhile_is_not_served(void **state)
{
	struct peer root = { .fd = -1, .uid = 0 };

	(void)state;
	ask_for_jane("");
	enrolment_find(id, &root)->issued_ms -= 601 * 1000;
	confirm("ok account=" BOX);
	assert_null(box()->lease[SERVICE_SMTP].token);
	assert_string_equal(stored_refresh(BOX), "first");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_delegate_is_stored_after_a_yes_and_not_before),
		HERE(a_yes_that_comes_after_another_enrolment_is_refused),
		HERE(who_was_replaced_meanwhile_is_not_put_back_unasked),
		HERE(a_host_that_is_set_during_the_test_is_not_put_back),
		HERE(a_yes_that_comes_after_a_reload_to_elsewhere_is_refused),
		HERE(a_yes_that_comes_too_late_is_none),
		HERE(a_yes_is_the_own_admins_alone),
		HERE(what_awaits_no_yes_cannot_be_confirmed),
		HERE(
		    a_token_that_waited_for_a_yes_is_served_no_longer_than_it_lives),
		HERE(one_that_died_meanwhile_is_not_served),
	};

	return cmocka_run_group_tests_name("confirm", tests, NULL, NULL);
}
