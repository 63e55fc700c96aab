/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox to another user of the host, if there
 * were a way to a handler beside the door.
 */
#include <grp.h>

#include "tests/unit/doors.h"
#include "tests/unit/skip.h"

#define STRANGER 1 /* "daemon" on Debian */

/* What the audit file says. */
static const char *
audit_text(void)
{
	static char text[16384];
	FILE *file = fopen(path_of("audit"), "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	return text;
}

static void
every_verb_has_a_handler_and_refuses_fields_it_does_not_know(void **state)
{
	int fd[] = { enter(DOOR_CONSUMER), enter(DOOR_ADMIN) };

	(void)state;
	for (int i = 0; i < VERB_COUNT; i++) {
		const struct verb_row *row = verb_row((enum verb)i);
		char request[128];

		(void)snprintf(request, sizeof(request),
		    "%s %sno_such_field=1\n", row->name,
		    row->needs == RIGHT_USE ? "account=billing@example.edu " :
					      "");
		for (unsigned door = 0; door < 2; door++) {
			bool open = (row->doors & 1u << door) != 0;

			ask(fd[door], request,
			    open ? "error code=malformed reason=field_" :
				   "error code=unsupported ");
		}
	}
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void
an_unknown_word_is_told_so(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	ask(fd, "giveme account=billing@example.edu\n",
	    "error code=unsupported reason=unsupported "
	    "message=this%20is%20not%20offered%20here%20(giveme)");
	(void)close(fd);
}

static void
admin_requests_are_not_offered_to_consumers(void **state)
{
	static const char *const requests[] = { "status\n", "list\n",
		"show account=billing@example.edu\n", "reload\n",
		"remove account=billing@example.edu\n", "slot_list\n",
		"slot_remove slot=1\n", "unlock_failed label=x message=x\n",
		"access account=billing@example.edu user=root\n",
		"remove account=billing@example.edu\n",
		"init_begin kind=file label=/x\n",
		"enroll_begin account=billing@example.edu\n" };
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	/* Not even to root. */
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		ask(fd, requests[i], "error code=unsupported ");
	(void)close(fd);
}

/* The strings themselves are not to be had where everything else is. */
static void
the_admin_socket_hands_out_nothing(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "get account=billing@example.edu\n", "error code=unsupported ");
	(void)close(fd);
}

static void
hello_tells_what_this_peer_may_use(void **state)
{
	int fd = enter(DOOR_CONSUMER), admin = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	tell(fd, "hello\n");
	line = hear(fd);
	assert_true(begins(line, "ok name=mailseald version="));
	assert_non_null(strstr(line, " line_max=4096 verbs=hello,whoami,get"));
	assert_null(strstr(line, "status"));
	tell(admin, "hello\n");
	line = hear(admin);
	assert_non_null(strstr(line, " line_max=65536 "));
	assert_non_null(strstr(line, ",status,"));
	assert_null(strstr(line, ",get"));
	(void)close(fd);
	(void)close(admin);
}

/* An account that does not exist and one without a rule look the same. */
static void
nobody_can_find_out_which_accounts_exist(void **state)
{
	int fd = enter(DOOR_CONSUMER);
	struct account *a = account_new();
	char ruled[HEARD_MAX];

	(void)state;
	assert_non_null(a);
	(void)snprintf(a->name, sizeof(a->name), "secret@example.edu");
	assert_int_equal(accounts_add(broker->accounts, &a), 0);
	tell(fd, "get account=billing@example.edu\n"); /* a rule, no account */
	(void)snprintf(ruled, sizeof(ruled), "%s", hear(fd));
	assert_true(begins(ruled,
	    "error code=denied reason=denied "
	    "message=billing@example.edu:%20"));
	ask(fd, "get account=secret@example.edu\n", /* an account, no rule */
	    "error code=denied reason=denied message=secret@example.edu:%20");
	ask(fd, "get account=nobody@example.edu\n",
	    "error code=denied reason=denied message=nobody@example.edu:%20");
	tell(fd, "get account=secret@example.edu for=smtp\n");
	assert_string_equal(strstr(hear(fd), ":%20"), strstr(ruled, ":%20"));
	(void)close(fd);
}

static void
what_is_asked_is_judged_by_service_and_in_lower_case(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	ask(fd, "get account=BILLING@Example.EDU\n",
	    "error code=denied reason=denied message=billing@example.edu");
	assert_non_null(strstr(audit_text(), "why=no_account"));
	ask(fd, "get account=billing@example.edu for=imap\n",
	    "error code=denied ");
	assert_non_null(strstr(audit_text(), "why=get"));
	ask(fd, "get account=billing@example.edu for=fax\n",
	    "error code=malformed reason=field_unknown ");
	ask(fd, "get account=\n", "error code=malformed reason=no_address ");
	ask(fd, "get account=billing\n", "error code=malformed ");
	ask(fd, "get account=billing@example.edu life=x\n",
	    "error code=malformed ");
	ask(fd, "get account=billing@example.edu mechanism=cram_md5\n",
	    "error code=malformed reason=field_unknown ");
	(void)close(fd);
}

/* Here there is no such account: that it is asked for shows which is meant. */
static void
without_an_address_the_preferred_account_is_meant(void **state)
{
	int fd = enter(DOOR_CONSUMER), admin = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "get\n",
	    "error code=denied reason=no_preferred message=no%20account%20was%20"
	    "named,%20and%20no%20allow%20line%20has%20\"preferred\"");
	assert_non_null(strstr(audit_text(), "account=- "));
	assert_non_null(strstr(audit_text(), "why=no_preferred"));
	write_file("etc/access.d/all.conf",
	    "[billing@example.edu]\nallow = user:root for:smtp preferred\n"
	    "[*@staff.edu]\nallow = owner for:imap preferred\n");
	ask(admin, "reload\n", "ok ");
	ask(fd, "get\n",
	    "error code=denied reason=denied message=billing@example.edu:");
	ask(fd, "get for=imap\n",
	    "error code=denied reason=denied message=root@staff.edu:");
	ask(fd, "get for=pop\n", "error code=denied reason=no_preferred ");
	ask(fd, "get for=fax\n", "error code=malformed ");
	(void)close(fd);
	(void)close(admin);
}

static void
an_address_too_long_is_refused(void **state)
{
	char request[400] = "get account=a@", *end = request + strlen(request);
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	memset(end, 'x', 300);
	memcpy(end + 300, "\n", 2);
	ask(fd, request, "error code=malformed reason=too_long ");
	(void)close(fd);
}

static void
every_denial_is_audited(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	ask(fd, "get account=hers@example.edu\n", "error code=denied ");
	assert_non_null(strstr(audit_text(),
	    "event=denied account=hers@example.edu user=root uid=0 "));
	(void)close(fd);
}

static void
without_a_key_the_answer_is_later_not_never(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	keyring_lock(broker->keyring);
	ask(fd, "get account=billing@example.edu wait=0\n",
	    "error code=locked reason=locked ");
	(void)close(fd);
}

/* Whether a line begins so; a child may assert nothing. */
static bool
hears(int fd, const char *start)
{
	char line[HEARD_MAX];
	size_t len = 0;

	while (len < sizeof(line) - 1 && recv(fd, line + len, 1, 0) == 1 &&
	    line[len] != '\n')
		len++;
	line[len] = '\0';
	return begins(line, start);
}

/* Be somebody else, and try everything; the number of what went wrong. */
static int
be_a_stranger(void)
{
	static const struct {
		enum door door;
		const char *request, *start;
	} tries[] = {
		{ DOOR_ADMIN, "status\n", "error code=denied " },
		{ DOOR_ADMIN, "list\n", "error code=denied " },
		{ DOOR_ADMIN, "reload\n", "error code=denied " },
		{ DOOR_ADMIN, "unlock secret=00\n", "error code=denied " },
		{ DOOR_ADMIN, "slot_list\n", "error code=denied " },
		{ DOOR_ADMIN, "slot_remove slot=1\n", "error code=denied " },
		{ DOOR_ADMIN, "unlock_failed label=x message=x\n",
		    "error code=denied " },
		{ DOOR_ADMIN, "init_begin kind=file label=x\n",
		    "error code=denied " },
		{ DOOR_ADMIN, "enroll_begin account=a@b.c\n",
		    "error code=denied " },
		{ DOOR_ADMIN, "test account=a@b.c\n", "error code=denied " },
		{ DOOR_ADMIN, "access account=a@b.c user=root\n",
		    "error code=denied " },
		{ DOOR_ADMIN, "remove account=a@b.c\n", "error code=denied " },
		{ DOOR_ADMIN, "whoami\n",
		    "ok user=daemon uid=1 gid=0 groups=0 " },
		{ DOOR_ADMIN, "hello\n",
		    "ok name=mailseald version=" MAILSEAL_VERSION
		    " line_max=65536 verbs=hello,whoami\n" },
		{ DOOR_CONSUMER, "get account=billing@example.edu\n",
		    "error code=denied " },
	};

	alarm(30);
	if (setgroups(0, NULL) != 0 || setuid(STRANGER) != 0)
		return 100;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char start[128];

		(void)snprintf(start, sizeof(start), "%s", tries[i].start);
		start[strcspn(start, "\n")] = '\0';
		if (fd < 0 || !connects(fd, tries[i].door) ||
		    send(fd, tries[i].request, strlen(tries[i].request), 0) < 0)
			return 50 + (int)i;
		if (!hears(fd, start))
			return 1 + (int)i;
		(void)close(fd);
	}
	return 0;
}

static void
who_is_no_admin_is_denied_at_the_admin_socket(void **state)
{
	pid_t child;

	(void)state;
	if (geteuid() != 0) {
		SKIP("only root can become another user");
	}
	child = fork();
	if (child == 0)
		_exit(be_a_stranger());
	assert_int_equal(wait_for(child), 0);
	assert_non_null(strstr(audit_text(),
	    "event=denied account=- "
	    "user=daemon uid=1 "));
}

static void
a_reload_with_a_fault_names_it_and_changes_nothing(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	write_file("etc/access.d/more.conf", "[a@b.c]\nallow = user:nobodyy\n");
	ask(fd, "reload\n", "error code=blocked reason=configuration message=");
	tell(fd, "reload\n");
	assert_non_null(strstr(hear(fd), "/etc/access.d/more.conf line=2"));
	assert_int_equal(policy_count(broker->config->policy), 1);
	write_file("etc/access.d/more.conf", "[a@b.c]\nallow = user:daemon\n");
	ask(fd, "reload\n", "ok providers=1 rules=2");
	assert_int_equal(policy_count(broker->config->policy), 2);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(
		    every_verb_has_a_handler_and_refuses_fields_it_does_not_know),
		AT_THE_DOORS(an_unknown_word_is_told_so),
		AT_THE_DOORS(admin_requests_are_not_offered_to_consumers),
		AT_THE_DOORS(the_admin_socket_hands_out_nothing),
		AT_THE_DOORS(hello_tells_what_this_peer_may_use),
		AT_THE_DOORS(nobody_can_find_out_which_accounts_exist),
		AT_THE_DOORS(
		    what_is_asked_is_judged_by_service_and_in_lower_case),
		AT_THE_DOORS(without_an_address_the_preferred_account_is_meant),
		AT_THE_DOORS(an_address_too_long_is_refused),
		AT_THE_DOORS(every_denial_is_audited),
		AT_THE_DOORS(without_a_key_the_answer_is_later_not_never),
		AT_THE_DOORS(who_is_no_admin_is_denied_at_the_admin_socket),
		AT_THE_DOORS(
		    a_reload_with_a_fault_names_it_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
