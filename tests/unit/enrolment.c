/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the answer to "who put this credential in?", when
 * the admin hung up before it was stored.
 */
#include "broker/enrolment.h"
#include "broker/errand.h"
#include "tests/unit/doors.h"

static int courier; /* where the broker's errands arrive */

/* The errand that has come, with its request read. */
static int
errand_comes(void)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	int fd;

	while ((fd = accept4(courier, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0) {
		assert_true(now_ms() < until);
		(void)turn(10);
	}
	assert_true(begins(hear(fd), "exchange op="));
	return fd;
}

/* Begin with a password, as far as the test of the mailbox. */
static int
enroll(int admin)
{
	char request[256];
	const char *line, *id;

	tell(admin,
	    "enroll_begin account=billing@example.edu provider=old "
	    "without_recovery=yes\n");
	line = hear(admin);
	assert_true(begins(line, "ok "));
	id = strstr(line, " id=");
	assert_non_null(id);
	(void)snprintf(request, sizeof(request),
	    "enroll_finish%.36s password=hunter2\n", id);
	tell(admin, request);
	return errand_comes();
}

/* What the audit file has to say. */
static bool
audit_has(const char *text)
{
	static char bytes[8192];
	FILE *file = fopen(path_of("audit"), "r");

	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
	(void)fclose(file);
	return strstr(bytes, text) != NULL;
}

/* The line that names this process, with what the audit says of the end. */
static void
is_told(const char *event, const char *more)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    " audit event=%s account=billing@example.edu user=root uid=0 "
	    "pid=%d ",
	    event, (int)getpid());
	assert_true(audit_has(text));
	assert_true(audit_has(more));
}

static void
an_enrolment_whose_admin_waits_is_told(void **state)
{
	int admin = enter(DOOR_ADMIN), errand = enroll(admin);

	(void)state;
	tell(errand, "ok class=ok mechanism=plain\n");
	expect(admin, "ok account=billing@example.edu ");
	is_told("enrolled", " result=ok provider=old tested=yes\n");
	(void)close(errand);
	(void)close(admin);
}

static void
an_enrolment_that_ends_after_its_admin_hung_up_is_told(void **state)
{
	int admin = enter(DOOR_ADMIN), errand = enroll(admin);

	(void)state;
	(void)close(admin);
	settle();
	assert_int_equal(clients_count(broker->clients), 0);
	assert_false(audit_has("event=enrolled"));
	tell(errand, "ok class=ok mechanism=plain\n");
	settle();
	assert_non_null(accounts_find(broker->accounts, "billing@example.edu"));
	is_told("enrolled", " result=ok provider=old tested=yes\n");
	(void)close(errand);
}

static void
one_that_fails_after_its_admin_hung_up_is_told_too(void **state)
{
	int admin = enter(DOOR_ADMIN), errand = enroll(admin);

	(void)state;
	(void)close(admin);
	settle();
	tell(errand, "ok class=person reason=wrong_password detail=535\n");
	settle();
	assert_null(accounts_find(broker->accounts, "billing@example.edu"));
	is_told("enrolment_failed", " result=failed reason=");
	(void)close(errand);
}

static void
one_admin_does_not_take_every_place(void **state)
{
	const struct provider *p = config_provider(broker->config, "old");
	struct peer other = { .fd = -1, .uid = 12345 };
	struct enrolment *e = NULL;
	int admin = enter(DOOR_ADMIN);

	(void)state;
	for (int i = 0; i < ENROLMENTS_OF_ONE; i++)
		ask(admin,
		    "enroll_begin account=billing@example.edu provider=old "
		    "without_recovery=yes\n",
		    "ok ");
	ask(admin,
	    "enroll_begin account=billing@example.edu provider=old "
	    "without_recovery=yes\n",
	    "error code=busy ");
	assert_int_equal(enrolment_begin(broker, &other, p, "b@example.edu",
			     "b@example.edu", &e),
	    0);
	enrolment_end(e);
	(void)close(admin);
}

static int
setup(void **state)
{
	static char path[PATH_LEN];

	if (doors_setup(state) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/courier.sock", folder);
	broker->courier_path = path;
	return listen_unix(path, 0600, &courier);
}

static int
teardown(void **state)
{
	(void)close(courier);
	return doors_teardown(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(an_enrolment_whose_admin_waits_is_told),
		HERE(an_enrolment_that_ends_after_its_admin_hung_up_is_told),
		HERE(one_that_fails_after_its_admin_hung_up_is_told_too),
		HERE(one_admin_does_not_take_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
