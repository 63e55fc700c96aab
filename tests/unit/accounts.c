/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the names of his organisation's mailboxes, told to
 * everybody on the host; or his time, looking for what he may use.
 */
#include "broker/renew.h"
#include "tests/unit/cage.h"
#include "tests/unit/doors.h"
#include "tests/unit/skip.h"

#define LINES                                                     \
	"[Admissions@example.edu]\n"                              \
	"allow = user:root for:smtp,imap preferred\n"             \
	"[billing@example.edu]\n"                                 \
	"allow = user:root for:smtp may-have-password\n"          \
	"allow = user:root for:pop\n"                             \
	"[plain@example.edu]\nallow = user:root for:smtp\n"       \
	"[*@staff.edu]\nallow = owner for:imap preferred\n"       \
	"[*@other.edu]\nallow = user:daemon\nallow = user:root\n" \
	"[hers@example.edu]\nallow = user:daemon\n"

static struct account *
enroll(const char *address, enum account_type type)
{
	const struct provider *p = config_provider(broker->config, "old");
	struct account *a = account_new(), *kept = a;

	assert_non_null(a);
	(void)snprintf(a->spelled, sizeof(a->spelled), "%s", address);
	(void)snprintf(a->login, sizeof(a->login), "%s", address);
	(void)snprintf(a->provider, sizeof(a->provider), "old");
	assert_int_equal(account_fold(address, a->name), MAILSEAL_OK);
	a->type = type;
	a->bound = strdup(p->binding);
	assert_int_equal(renew_adopt(broker, a), MAILSEAL_OK);
	assert_int_equal(accounts_add(broker->accounts, &a), MAILSEAL_OK);
	return kept;
}

static int client = -1;

static void
lines_are(const char *text)
{
	int admin = enter(DOOR_ADMIN);

	write_file("etc/access.d/all.conf", text);
	ask(admin, "reload\n", "ok ");
	(void)close(admin);
}

/* The whole next line. */
static void
next_is(const char *wanted)
{
	assert_string_equal(hear(client), wanted);
}

static void
what_a_caller_may_have_is_listed_with_all_that_matters(void **state)
{
	(void)state;
	enroll("Admissions@Example.EDU", ACCOUNT_OAUTH)->state = GRANT_REAUTH;
	enroll("billing@example.edu", ACCOUNT_PASSWORD);
	enroll("plain@example.edu", ACCOUNT_PASSWORD)->state = GRANT_DISABLED;
	enroll("root@staff.edu", ACCOUNT_OAUTH)->bound[0] = 'x';
	enroll("jdoe@other.edu", ACCOUNT_OAUTH);
	lines_are(LINES);
	tell(client, "accounts\n");
	next_is("item account=Admissions@Example.EDU for=smtp,imap type=oauth "
		"preferred=yes state=reauth");
	next_is("item account=billing@example.edu for=smtp,pop type=password "
		"password=yes state=good");
	next_is("item account=jdoe@other.edu for=smtp,imap,pop type=oauth "
		"state=good");
	next_is("item account=plain@example.edu for=smtp type=password "
		"state=disabled");
	/* Admissions stands first for imap; the provider file has changed. */
	next_is("item account=root@staff.edu for=imap type=oauth "
		"state=blocked");
	next_is("ok count=5");
}

/* The control is above: with a line for root each of them is told. */
static void
nothing_is_told_of_accounts_without_a_line_for_the_caller(void **state)
{
	(void)state;
	lines_are(LINES);
	tell(client, "accounts\n");
	next_is("ok count=0");
	enroll("hers@example.edu", ACCOUNT_OAUTH);
	enroll("daemon@staff.edu", ACCOUNT_OAUTH);
	enroll("nobody@example.edu", ACCOUNT_OAUTH);
	tell(client, "accounts\n");
	next_is("ok count=0");
	lines_are("");
	enroll("admissions@example.edu", ACCOUNT_OAUTH);
	tell(client, "accounts\n");
	next_is("ok count=0");
}

static void
an_account_that_is_not_to_be_had_yet_is_not_listed(void **state)
{
	struct account *a = enroll("admissions@example.edu", ACCOUNT_OAUTH);

	(void)state;
	lines_are(LINES);
	tell(client, "accounts\n");
	next_is("item account=admissions@example.edu for=smtp,imap type=oauth "
		"preferred=yes state=good");
	next_is("ok count=1");
	renew_drop(a); /* as it is while it is taken away */
	tell(client, "accounts\n");
	next_is("ok count=0");
}

#define UNIT "mailseal-unit-test.service"

/* In a child: whether the first line of the answer tells of billing@. */
static int
see_billing(void)
{
	char line[HEARD_MAX];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t n;

	alarm(30);
	if (fd < 0 || !connects(fd, DOOR_CONSUMER) ||
	    send(fd, "accounts\n", 9, 0) != 9)
		return 1;
	n = recv(fd, line, sizeof(line) - 1, 0);
	if (n <= 0)
		return 2;
	line[n] = '\0';
	return begins(line, "item account=billing@example.edu ") ? 0 : 3;
}

static void
what_a_unit_may_have_its_processes_see_and_no_others(void **state)
{
	int status;

	(void)state;
	if (!peer_units_are_known())
		SKIP("this kernel cannot tell a peer's unit");
	enroll("billing@example.edu", ACCOUNT_OAUTH);
	lines_are(
	    "[billing@example.edu]\nallow = unit:mailseal-unit-*.service\n");
	tell(client, "accounts\n");
	next_is("ok count=0");
	assert_int_equal(mkdir(path_of("cgroup"), 0755), 0);
	status = wait_for(cage_start(path_of("cgroup"), UNIT, see_billing));
	if (cage_trouble(status) != NULL)
		SKIP(cage_trouble(status));
	assert_int_equal(status, 0);
	status = wait_for(cage_start(path_of("cgroup"), "x" UNIT, see_billing));
	assert_int_equal(WEXITSTATUS(status), 3);
}

/* One request, however many there are of both: the whole list comes. */
static void
thousands_of_accounts_and_lines_are_one_answer(void **state)
{
	char text[32768] = "[*@other.edu]\n", address[64];
	size_t len = strlen(text);
	unsigned items = 0;
	const char *line;

	(void)state;
	for (int i = 0; i < 500; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "allow = user:root for:smtp\n");
	lines_are(text);
	for (int i = 0; i < 2000; i++) {
		(void)snprintf(address, sizeof(address), "box%d@%s.edu", i,
		    i % 2 == 0 ? "other" : "hidden");
		enroll(address, ACCOUNT_OAUTH);
	}
	tell(client, "accounts\n");
	while (begins(line = hear(client), "item account=box"))
		items++;
	assert_string_equal(line, "ok count=1000");
	assert_int_equal(items, 1000);
}

static int
setup(void **state)
{
	if (doors_setup(state) != 0)
		return -1;
	client = enter(DOOR_CONSUMER);
	return 0;
}

static int
teardown(void **state)
{
	(void)close(client);
	return doors_teardown(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(what_a_caller_may_have_is_listed_with_all_that_matters),
		HERE(nothing_is_told_of_accounts_without_a_line_for_the_caller),
		HERE(an_account_that_is_not_to_be_had_yet_is_not_listed),
		HERE(what_a_unit_may_have_its_processes_see_and_no_others),
		HERE(thousands_of_accounts_and_lines_are_one_answer),
	};

	return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
