/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the use of a mailbox whose server knows another name
 * for it than its address.
 */
#include <sodium.h>

#include "tests/unit/courier.h"

#define NAME "a@campus.edu"

static int admin;

static int
open_here(void **state)
{
	if (open_with_courier(state) != 0)
		return -1;
	admin = enter(DOOR_ADMIN);
	return 0;
}

static int
close_here(void **state)
{
	(void)close(admin);
	return close_with_courier(state);
}

/* Else a server that knows no other login refuses the new password. */
static void
to_enroll_anew_keeps_the_login_that_was_set(void **state)
{
	(void)state;
	enroll_password(admin, "p@campus.edu", "p@campus.edu",
	    " login=p@campus.edu ");
	ask(admin, "set account=p@campus.edu login=p4711\n", "ok account=");
	enroll_password(admin, "p@campus.edu", "p4711",
	    "ok account=p@campus.edu login=p4711 ");
	ask(admin, "show account=p@campus.edu\n",
	    "ok account=p@campus.edu login=p4711 ");
}

/* Else such a mailbox could never be enrolled: the address is refused. */
static void
a_first_enrolment_may_name_the_login(void **state)
{
	(void)state;
	enroll_password(admin, "p@campus.edu login=p4711", "p4711",
	    "ok account=p@campus.edu login=p4711 ");
	ask(admin, "enroll_begin account=p@campus.edu login=a%20b\n",
	    "error code=malformed reason=field_unknown ");
}

/* Else who may just enrol has the mail of billing go by his own mailbox. */
static void
the_login_of_an_enrolment_stands_in_the_audit(void **state)
{
	char text[4096];
	FILE *file;

	(void)state;
	enroll_password(admin, "p@campus.edu login=mallory", "mallory",
	    "ok account=p@campus.edu login=mallory ");
	enroll_password(admin, "q@campus.edu", "q@campus.edu",
	    "ok account=q@campus.edu ");
	ask(admin, "set account=q@campus.edu login=CAMPUS\\x\n", "ok account=");
	file = fopen(path_of("audit"), "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	assert_non_null(
	    strstr(text, " provider=old signs_in_as=mallory tested=yes\n"));
	assert_non_null(strstr(text, " provider=old tested=yes\n"));
	assert_non_null(strstr(text, " signs_in_as=CAMPUS\\x5cx\n"));
}

/* The string of the next caller, decoded. */
static const char *
string_of(const char *name)
{
	static char plain[256];
	const char *line, *text;
	size_t len = 0;
	int fd = ask_for(name);

	line = hear(fd);
	text = line == NULL ? NULL : strstr(line, " initial_response=");
	if (text == NULL)
		fail_msg("%s", line != NULL ? line : "(closed)");
	assert_int_equal(sodium_base642bin((unsigned char *)plain,
			     sizeof(plain) - 1, text + 18, strlen(text + 18),
			     "%3D", &len, NULL, sodium_base64_VARIANT_ORIGINAL),
	    0);
	plain[len] = '\0';
	(void)close(fd);
	return plain;
}

static void
the_very_next_string_carries_the_login_that_was_set(void **state)
{
	struct accounts *again = NULL;

	(void)state;
	(void)adopt(NAME);
	serve(NAME, 600);
	assert_string_equal(string_of(NAME),
	    "user=a@campus.edu\001auth=Bearer access\001\001");
	ask(admin, "set account=" NAME " login=CAMPUS%5Cjdoe\n",
	    "error code=malformed "); /* a backslash needs no escape */
	ask(admin, "set account=" NAME " login=CAMPUS\\jdoe\n",
	    "ok account=a@campus.edu login=CAMPUS\\jdoe state=good ");
	assert_string_equal(string_of(NAME),
	    "user=CAMPUS\\jdoe\001auth=Bearer access\001\001");
	assert_int_equal(errand_comes(100), -1); /* by the token at hand */
	ask(admin, "show account=" NAME "\n",
	    "ok account=a@campus.edu login=CAMPUS\\jdoe ");
	ask(admin, "list\n", "item account=a@campus.edu login=CAMPUS\\jdoe ");
	expect(admin, "ok count=1");
	assert_int_equal(accounts_load(broker->store, &again), 0);
	assert_string_equal(accounts_find(again, NAME)->login, "CAMPUS\\jdoe");
	accounts_free(again);
	ask(admin, "set account=" NAME " login=" NAME "\n", "ok account=");
	assert_string_equal(string_of(NAME),
	    "user=a@campus.edu\001auth=Bearer access\001\001");
}

static void
a_login_that_no_server_could_be_told_is_refused(void **state)
{
	static const char *const junk[] = { "", "a%20b", "a%0Ab", "a%00b",
		"%01", "m%C3%BCller" };
	struct account *a = adopt(NAME);
	char request[512];

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		(void)snprintf(request, sizeof(request),
		    "set account=" NAME " login=%s\n", junk[i]);
		ask(admin, request, "error code=malformed ");
	}
	(void)snprintf(request, sizeof(request),
	    "set account=" NAME " login=%0255d\n", 1);
	ask(admin, request, "error code=malformed reason=too_long ");
	ask(admin, "set account=" NAME "\n",
	    "error code=malformed reason=field_missing ");
	ask(admin, "set account=b@campus.edu login=x\n",
	    "error code=blocked reason=no_account ");
	assert_string_equal(a->login, NAME);
	(void)snprintf(request, sizeof(request),
	    "set account=" NAME " login=%0254d\n", 1);
	ask(admin, request, "ok account=");
}

static void
all_of_it_is_audited_and_an_account_must_be_there(void **state)
{
	char text[8192];
	FILE *file;
	size_t len;

	(void)state;
	(void)adopt(NAME);
	ask(admin, "disable account=b@campus.edu\n",
	    "error code=blocked reason=no_account ");
	ask(admin, "enable account=b@campus.edu\n",
	    "error code=blocked reason=no_account ");
	ask(admin, "enable\n", "error code=malformed reason=field_missing ");
	ask(admin, "disable account=b\n", "error code=malformed ");
	ask(admin, "disable account=" NAME "\n", "ok account=");
	ask(admin, "enable account=" NAME "\n", "ok account=");
	ask(admin, "set account=" NAME " login=jdoe\n", "ok account=");
	file = fopen(path_of("audit"), "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	assert_non_null(strstr(text,
	    "event=disabled account=a@campus.edu user=root uid=0 "));
	assert_non_null(strstr(text,
	    "event=enabled account=a@campus.edu user=root uid=0 "));
	assert_non_null(strstr(text, "event=changed account=a@campus.edu "));
	assert_non_null(strstr(text, " signs_in_as=jdoe\n"));
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, open_here, close_here)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_first_enrolment_may_name_the_login),
		HERE(the_login_of_an_enrolment_stands_in_the_audit),
		HERE(to_enroll_anew_keeps_the_login_that_was_set),
		HERE(the_very_next_string_carries_the_login_that_was_set),
		HERE(a_login_that_no_server_could_be_told_is_refused),
		HERE(all_of_it_is_audited_and_an_account_must_be_there),
	};

	return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
