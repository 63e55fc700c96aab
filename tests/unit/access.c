/* SPDX-License-Identifier: ISC */
/*
 * What an admin would lose: an evening, guessing why a service is denied; or
 * a user his mailbox, because he was told that all is well.
 */
#include <grp.h>

#include "broker/renew.h"
#include "tests/unit/doors.h"

#define ASK "access account=erp@example.edu user=daemon"
#define LINES                                                          \
	"[erp@example.edu]\n"                                          \
	"allow = user:daemon for:smtp preferred\n"                     \
	"allow = user:daemon group:staff unit:erp@*.service for:pop\n" \
	"allow = user:daemon unit:erp@*.service for:pop\n"             \
	"allow = user:games\n"                                         \
	"allow = group:staff for:imap may-have-password\n"

static int admin = -1;

/* The groups of this program: daemon is in one of his own, games in staff. */
int
getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
	assert_true(*count >= 2);
	groups[0] = group;
	groups[1] = 50;
	*count = strcmp(user, "games") == 0 ? 2 : 1;
	return strcmp(user, "www-data") == 0 ? -1 : *count;
}

static void
lines_are(const char *text)
{
	write_file("etc/access.d/all.conf", text);
	ask(admin, "reload\n", "ok ");
}

static struct account *
enroll(enum account_type type)
{
	struct account *a = account_new(), *kept = a;

	assert_non_null(a);
	(void)snprintf(a->spelled, sizeof(a->spelled), "Erp@Example.EDU");
	(void)snprintf(a->name, sizeof(a->name), "erp@example.edu");
	(void)snprintf(a->provider, sizeof(a->provider), "old");
	a->type = type;
	a->bound = strdup(config_provider(broker->config, "old")->binding);
	assert_int_equal(renew_adopt(broker, a), MAILSEAL_OK);
	assert_int_equal(accounts_add(broker->accounts, &a), MAILSEAL_OK);
	return kept;
}

/* The next line, with the path of the lines' file as F. */
static const char *
next_line(void)
{
	static char line[HEARD_MAX];
	char path[PATH_LEN + 16];
	const char *heard = hear(admin), *at;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/etc/access.d/all.conf", folder);
	assert_non_null(heard);
	for (; (at = strstr(heard, path)) != NULL; heard = at + strlen(path))
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%.*sF",
		    (int)(at - heard), heard);
	(void)snprintf(line + len, sizeof(line) - len, "%s", heard);
	return line;
}

static void
next_is(const char *wanted)
{
	assert_string_equal(next_line(), wanted);
}

#define REACH                                                             \
	" reach=password also_opens=all%20that%20the%20password%20opens," \
	"%20until%20it%20is%20changed"

static void
what_is_allowed_is_told_with_its_line(void **state)
{
	(void)state;
	enroll(ACCOUNT_OAUTH);
	lines_are(LINES);
	tell(admin, ASK " for=smtp\n");
	next_is("item kind=account account=Erp@Example.EDU user=daemon uid=1 "
		"groups=1 enrolled=yes type=oauth state=good");
	next_is("item kind=service for=smtp answer=allowed file=F line=2 "
		"password=no preferred=yes message=F:2%20allows%20it" REACH);
	next_is("ok count=2");
	/* By another's groups, and another's account is preferred. */
	tell(admin, "access account=ERP@example.edu user=5 for=imap\n");
	next_is("item kind=account account=Erp@Example.EDU user=games uid=5 "
		"groups=60,50 enrolled=yes type=oauth state=good");
	next_is("item kind=service for=imap answer=allowed file=F line=6 "
		"password=yes preferred=no message=F:6%20allows%20it" REACH);
	next_is("ok count=2");
}

static void
what_is_denied_is_told_with_the_nearest_line(void **state)
{
	(void)state;
	lines_are(LINES);
	tell(admin, ASK "\n");
	next_is("item kind=account account=erp@example.edu user=daemon uid=1 "
		"groups=1 enrolled=no");
	assert_true(begins(next_line(),
	    "item kind=service for=smtp "
	    "answer=allowed "));
	next_is("item kind=service for=imap answer=denied file=F line=6 "
		"wants_group=staff message=F:6%20would%20allow%20it%20for%20"
		"group%20staff");
	/* The line before it wants a group as well. */
	next_is("item kind=service for=pop answer=denied file=F line=4 "
		"wants_unit=erp@*.service message=F:4%20would%20allow%20it%20"
		"for%20unit%20erp@*.service");
	next_is("ok count=4");
	lines_are("[*@example.edu]\nallow = owner unit:a.service\n"
		  "[erp@example.edu]\n"
		  "allow = user:daemon group:staff unit:a.service\n");
	tell(admin, ASK " for=smtp\n");
	(void)next_line();
	next_is("item kind=service for=smtp answer=denied file=F line=4 "
		"wants_group=staff wants_unit=a.service message=F:4%20would%20"
		"allow%20it%20for%20group%20staff%20and%20unit%20a.service");
	(void)next_line();
	lines_are("[erp@example.edu]\nallow = user:games unit:a.service\n");
	tell(admin, ASK " for=smtp\n");
	(void)next_line();
	next_is("item kind=service for=smtp answer=denied "
		"message=no%20line%20allows%20it");
	(void)next_line();
}

static void
a_unit_is_supposed_as_it_is_given(void **state)
{
	(void)state;
	lines_are(LINES);
	tell(admin, ASK " for=pop unit=erp@1.service\n");
	assert_non_null(strstr(next_line(), " unit=erp@1.service "));
	assert_true(begins(next_line(),
	    "item kind=service for=pop "
	    "answer=allowed file=F line=4 "));
	expect(admin, "ok ");
	tell(admin, ASK " for=pop unit=erp.service\n");
	(void)next_line();
	assert_true(begins(next_line(),
	    "item kind=service for=pop "
	    "answer=denied "));
	expect(admin, "ok ");
	ask(admin, ASK " unit=erp\n",
	    "error code=malformed reason=field_unknown ");
}

/* The lines are half of it. */
static void
an_account_that_is_not_good_is_told(void **state)
{
	struct account *a = enroll(ACCOUNT_OAUTH);

	(void)state;
	lines_are(LINES);
	a->state = GRANT_DISABLED;
	a->reason = MAILSEAL_E_DISABLED;
	tell(admin, ASK " for=smtp\n");
	assert_non_null(strstr(next_line(),
	    " state=disabled message=Erp@Example.EDU:%20the%20account%20is%20"
	    "switched%20off"));
	assert_non_null(strstr(next_line(), " answer=allowed "));
	expect(admin, "ok count=2");
	a->state = GRANT_GOOD;
	a->reason = MAILSEAL_OK;
	a->bound[0] = 'x';
	tell(admin, ASK " for=smtp\n");
	assert_non_null(strstr(next_line(), " state=blocked message="));
	(void)next_line();
	expect(admin, "ok count=2");
}

static void
a_password_needs_its_word_on_the_line(void **state)
{
	(void)state;
	enroll(ACCOUNT_PASSWORD);
	lines_are(LINES);
	tell(admin, ASK " for=smtp\n");
	assert_non_null(strstr(next_line(), " type=password state=good"));
	next_is("item kind=service for=smtp answer=denied file=F line=2 "
		"password=no preferred=yes message=F:2%20allows%20it,%20but%20"
		"its%20string%20is%20the%20password%20itself,%20and%20the%20"
		"line%20lacks%20may-have-password");
	expect(admin, "ok count=2");
	tell(admin, "access account=erp@example.edu user=games for=imap\n");
	(void)next_line();
	assert_non_null(strstr(next_line(), " answer=allowed "));
	expect(admin, "ok count=2");
}

static void
who_is_not_known_is_told_so(void **state)
{
	(void)state;
	ask(admin, "access account=a@b.c user=nobodyy\n",
	    "error code=malformed reason=no_user "
	    "message=there%20is%20no%20such%20user%20on%20this%20host%20"
	    "(nobodyy)");
	ask(admin, "access account=a@b.c user=www-data\n",
	    "error code=malformed reason=too_long ");
	ask(admin, "access account=a user=daemon\n",
	    "error code=malformed reason=no_address ");
	ask(admin, "access account=a@b.c user=daemon for=fax\n",
	    "error code=malformed reason=field_unknown ");
	ask(admin, "access account=a@b.c\n",
	    "error code=malformed reason=field_missing ");
	/* A number without a name has no groups that anybody knows of. */
	tell(admin, "access account=a@b.c user=54321 for=smtp\n");
	assert_non_null(strstr(next_line(),
	    " user=uid:54321 uid=54321 groups= enrolled=no"));
	(void)next_line();
	expect(admin, "ok ");
}

static int
setup(void **state)
{
	if (doors_setup(state) != 0)
		return -1;
	admin = enter(DOOR_ADMIN);
	return 0;
}

static int
teardown(void **state)
{
	(void)close(admin);
	return doors_teardown(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(what_is_allowed_is_told_with_its_line),
		HERE(what_is_denied_is_told_with_the_nearest_line),
		HERE(a_unit_is_supposed_as_it_is_given),
		HERE(an_account_that_is_not_good_is_told),
		HERE(a_password_needs_its_word_on_the_line),
		HERE(who_is_not_known_is_told_so),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
