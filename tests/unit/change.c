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

static void
the_address_to_send_as_is_told_and_taken_back(void **state)
{
	struct accounts *again = NULL;
	const char *line;
	int fd;

	(void)state;
	(void)adopt(NAME);
	serve(NAME, 600);
	ask(admin, "set account=" NAME " send_as=office@campus.edu\n",
	    "ok account=" NAME " login=" NAME " send_as=office@campus.edu ");
	fd = ask_for(NAME);
	expect(fd,
	    "ok account=" NAME " login=" NAME
	    " mechanism=xoauth2 send_as=office@campus.edu ");
	ask(admin, "list\n",
	    "item account=" NAME " login=" NAME " send_as=office@campus.edu ");
	expect(admin, "ok count=1");
	assert_int_equal(accounts_load(broker->store, &again), 0);
	assert_string_equal(accounts_find(again, NAME)->send_as,
	    "office@campus.edu");
	accounts_free(again);
	ask(admin, "set account=" NAME " send_as=office\n",
	    "error code=malformed reason=field_unknown ");
	ask(admin, "set account=" NAME " send_as=\n", "ok account=" NAME);
	tell(fd, "get account=" NAME "\n");
	line = hear(fd);
	assert_true(begins(line, "ok account="));
	assert_null(strstr(line, "send_as"));
	(void)close(fd);
}

/* The login at a host that is to be an account's own, answered so. */
static void
try_host(const char *host, const char *answer)
{
	char words[128];
	int login = errand_comes(2000);
	const char *line;

	assert_true(login >= 0);
	line = hear(login);
	(void)snprintf(words, sizeof(words), " origins=smtp://%s:587 ", host);
	if (line == NULL || strstr(line, words) == NULL)
		fail_msg("%s", line != NULL ? line : "(closed)");
	tell(login, answer);
	(void)close(login);
}

#define WELCOME "ok class=ok mechanism=xoauth2 code=235 detail=hi\n"

/* Else a slip of the hand takes a mailbox that worked off. */
static void
a_host_counts_when_the_login_there_worked(void **state)
{
	struct account *a = adopt(NAME);
	char *before = strdup(a->bound);
	int fd;

	(void)state;
	serve(NAME, 600);
	tell(admin, "set account=" NAME " host=relay.campus.edu\n");
	try_host("relay.campus.edu",
	    "ok class=transient reason=network detail=no%20route\n");
	expect(admin, "error code=unavailable reason=network ");
	assert_string_equal(a->host, "");
	assert_string_equal(a->bound, before);

	tell(admin, "set account=" NAME " host=relay.campus.edu\n");
	try_host("relay.campus.edu", WELCOME);
	expect(admin,
	    "ok account=" NAME " login=" NAME " host=relay.campus.edu ");
	assert_string_not_equal(a->bound, before);
	fd = ask_for(NAME);
	assert_non_null(strstr(hear(fd), " host=relay.campus.edu port=587 "));
	ask(admin, "show account=" NAME "\n", "ok account=" NAME);
	assert_string_equal(stored_refresh(NAME), "second");

	/* A test and a refresh go by it, and it is taken back the same way. */
	tell(admin, "test account=" NAME "\n");
	try_host("relay.campus.edu", WELCOME);
	expect(admin, "ok account=" NAME);
	tell(admin, "set account=" NAME " host=\n");
	try_host("mail.example.edu", WELCOME);
	expect(admin, "ok account=" NAME " login=" NAME " state=good ");
	assert_string_equal(a->bound, before);
	free(before);
	(void)close(fd);
}

static void
what_was_bound_elsewhere_opens_after_a_restart(void **state)
{
	struct accounts *again = NULL;
	struct account *a = adopt(NAME);
	AUTO(secret) token = NULL;

	(void)state;
	serve(NAME, 600);
	tell(admin, "set account=" NAME " host=relay.campus.edu\n");
	try_host("relay.campus.edu", WELCOME);
	expect(admin, "ok account=");
	assert_int_equal(accounts_load(broker->store, &again), 0);
	assert_string_equal(accounts_find(again, NAME)->host,
	    "relay.campus.edu");
	assert_string_equal(accounts_find(again, NAME)->bound, a->bound);
	assert_int_equal(record_open_bound(broker->store, broker->keyring,
			     "refresh", NAME, a->bound, &token),
	    0);
	assert_true(renew_is_bound(broker, a));
	accounts_free(again);
}

/* Two admins, or a reload, between the question and its answer. */
static void
a_host_is_refused_when_the_account_changed_meanwhile(void **state)
{
	struct account *a = adopt(NAME);
	char *before = strdup(a->bound);
	int login;

	(void)state;
	serve(NAME, 600);
	tell(admin, "set account=" NAME " host=relay.campus.edu\n");
	login = errand_comes(2000);
	assert_true(begins(hear(login), "exchange op=login "));
	write_file("etc/provider.d/campus.conf",
	    "[provider]\nmodule = oidc\nclient_id = other\n"
	    "authority = https://login.example.edu\n"
	    "smtp_auth_host = mail.example.edu\n");
	config_free(broker->config);
	read_config();
	tell(login, WELCOME);
	expect(admin, "error code=blocked reason=rebind ");
	assert_string_equal(a->host, "");
	assert_string_equal(a->bound, before);
	ask(admin, "set account=" NAME " host=relay.campus.edu\n",
	    "error code=blocked reason=rebind ");
	free(before);
	(void)close(login);
}

/* Else a password goes to a server at which only another's login was tried. */
static void
a_host_is_not_for_who_was_enrolled_while_it_was_tried(void **state)
{
	struct account *a = adopt(NAME);
	int login, other = enter(DOOR_ADMIN);

	(void)state;
	a->enrolled_at = now_wall() - 100;
	serve(NAME, 600);
	tell(admin, "set account=" NAME " host=relay.campus.edu\n");
	login = errand_comes(2000);
	assert_true(begins(hear(login), "exchange op=login "));
	enroll_password(other, NAME, NAME, "ok account=" NAME " ");
	tell(login, WELCOME);
	expect(admin, "error code=blocked reason=changed ");
	assert_string_equal(a->host, "");
	(void)close(login);
	(void)close(other);
}

static void
what_is_no_host_is_refused(void **state)
{
	(void)state;
	(void)adopt(NAME);
	ask(admin, "set account=" NAME " host=a%20b\n",
	    "error code=malformed reason=field_unknown ");
	ask(admin, "set account=" NAME " host=*\n",
	    "error code=malformed reason=field_unknown ");
	ask(admin, "set account=" NAME " host=smtp://a/\n",
	    "error code=malformed reason=field_unknown ");
	assert_int_equal(errand_comes(50), -1);
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
		HERE(the_address_to_send_as_is_told_and_taken_back),
		HERE(a_host_counts_when_the_login_there_worked),
		HERE(what_was_bound_elsewhere_opens_after_a_restart),
		HERE(a_host_is_refused_when_the_account_changed_meanwhile),
		HERE(a_host_is_not_for_who_was_enrolled_while_it_was_tried),
		HERE(what_is_no_host_is_refused),
		HERE(all_of_it_is_audited_and_an_account_must_be_there),
	};

	return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
