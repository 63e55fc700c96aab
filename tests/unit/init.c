/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: every mailbox, when a slot is counted on that
 * nothing opens, because what was put away or written down is not its secret.
 */
#include <sys/stat.h>

#include "broker/vault/recovery.h"
#include "broker/vault/slot.h"
#include "tests/unit/doors.h"

#define OTHER_CODE "000G4-40R4F-0M30Y-E209X-185GE-R38EY-1W81B-24GK1"
#define OTHER_SECRET \
	"57393f185ef75f1b8c16934260cdb913aa5c3ad671b4ecf6118e334b9d3733c7"

/* A slot that was begun. */
struct begun {
	char id[64];
	char secret[128]; /* or code */
};

static void
begin(int fd, const char *request, const char *key, struct begun *begun)
{
	const char *line, *at = NULL;
	char owner[64];

	tell(fd, request);
	line = hear(fd);
	if (begins(line, "ok id="))
		at = strstr(line, key);
	if (at == NULL)
		fail_msg("%s: %s", request, line);
	(void)snprintf(begun->id, sizeof(begun->id), "%.*s",
	    (int)strcspn(line + 6, " "), line + 6);
	at += strlen(key);
	(void)snprintf(begun->secret, sizeof(begun->secret), "%.*s",
	    (int)strcspn(at, " "), at);
	/* Whom a file is given to: the socket may be systemd's. */
	(void)snprintf(owner, sizeof(owner), " uid=%u gid=%u", geteuid(),
	    getegid());
	if (strcmp(at + strcspn(at, " "), owner) != 0)
		fail_msg("%s: %s", owner, line);
}

/* Hand back what opens it, and hear this. */
static void
finish(int fd, const struct begun *begun, const char *field, const char *start)
{
	char request[512];

	(void)snprintf(request, sizeof(request), "init_finish id=%s %s\n",
	    begun->id, field);
	ask(fd, request, start);
}

static void
finish_as(int fd, const struct begun *begun, const char *key, const char *value,
    const char *start)
{
	char field[256];

	(void)snprintf(field, sizeof(field), "%s=%s", key, value);
	finish(fd, begun, field, start);
}

static void
unlock(int fd, const char *key, const char *value, const char *start)
{
	char request[512];

	(void)snprintf(request, sizeof(request), "unlock %s=%s\n", key, value);
	ask(fd, request, start);
}

static unsigned
count_slots(int fd)
{
	unsigned slots = 0;

	tell(fd, "slot_list\n");
	while (begins(hear(fd), "item kind=slot "))
		slots++;
	return slots;
}

static void
a_code_is_counted_on_only_when_it_was_typed_back(void **state)
{
	int fd = enter(DOOR_ADMIN);
	struct begun begun;

	(void)state;
	begin(fd, "init_begin kind=recovery\n", " code=", &begun);
	assert_int_equal(strlen(begun.secret), RECOVERY_CODE_LEN);
	assert_int_equal(count_slots(fd), 1);
	begun.secret[8] = begun.secret[8] == '0' ? '1' : '0';
	finish_as(fd, &begun, "code", begun.secret,
	    "error code=malformed reason=mistyped "
	    "message=the%20recovery%20code%20is%20mistyped%20"
	    "(group%202%20of%208)");
	finish_as(fd, &begun, "code", OTHER_CODE,
	    "error code=denied reason=wrong_key ");
	finish_as(fd, &begun, "secret", OTHER_SECRET,
	    "error code=denied reason=wrong_key ");
	finish(fd, &begun, "", "error code=malformed ");
	assert_int_equal(count_slots(fd), 1);
	(void)close(fd);
}

static void
a_code_that_was_typed_back_opens_the_key(void **state)
{
	int fd = enter(DOOR_ADMIN);
	struct begun begun;

	(void)state;
	begin(fd, "init_begin kind=recovery\n", " code=", &begun);
	finish_as(fd, &begun, "code", begun.secret, "ok slot=2 label=paper");
	assert_int_equal(count_slots(fd), 2);
	finish_as(fd, &begun, "code", begun.secret,
	    "error code=blocked reason=slot_over ");
	keyring_lock(broker->keyring);
	unlock(fd, "code", OTHER_CODE, "error code=denied reason=wrong_key ");
	unlock(fd, "code", "nonsense", "error code=malformed reason=mistyped ");
	assert_false(keyring_is_open(broker->keyring));
	for (char *c = begun.secret; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a'); /* as people type it */
	unlock(fd, "code", begun.secret, "ok slot=2");
	assert_true(keyring_is_open(broker->keyring));
	(void)close(fd);
}

static void
a_credential_is_counted_on_only_when_it_was_read_back(void **state)
{
	int fd = enter(DOOR_ADMIN);
	struct begun begun;

	(void)state;
	begin(fd, "init_begin kind=credential label=host\n",
	    " secret=", &begun);
	assert_int_equal(strlen(begun.secret), SLOT_SECRET_LEN * 2);
	finish_as(fd, &begun, "secret", OTHER_SECRET,
	    "error code=denied reason=wrong_key ");
	assert_int_equal(count_slots(fd), 1);
	finish_as(fd, &begun, "secret", begun.secret, "ok slot=2 label=host");
	keyring_lock(broker->keyring);
	unlock(fd, "secret", begun.secret, "ok slot=2");
	ask(fd, "slot_list\n", "item kind=slot id=1 type=file label=test ");
	expect(fd, "item kind=slot id=2 type=credential label=host state=ok");
	expect(fd, "ok count=2");
	(void)close(fd);
}

/* Else it is said to open the key, and does not when the host was started. */
static void
a_file_that_only_the_admin_can_read_is_told_at_once(void **state)
{
	char request[512], told[512], line[256];
	int fd = enter(DOOR_ADMIN);
	struct begun begun;

	(void)state;
	(void)snprintf(request, sizeof(request),
	    "init_begin kind=file label=%s\n", path_of("key"));
	begin(fd, request, " secret=", &begun);
	(void)snprintf(told, sizeof(told),
	    "ok slot=2 label=%s message=%s:%%20No%%20such%%20file",
	    path_of("key"), path_of("key"));
	finish_as(fd, &begun, "secret", begun.secret, told);
	ask(fd, "slot_list\n", "item kind=slot id=1 ");
	assert_non_null(strstr(hear(fd), " state=failed message="));
	expect(fd, "ok count=2");

	ask(fd, "slot_remove slot=2\n", "ok slot=2 ");
	begin(fd, request, " secret=", &begun);
	(void)snprintf(line, sizeof(line), "%s\n", begun.secret);
	write_file("key", line);
	assert_int_equal(chmod(path_of("key"), 0400), 0);
	(void)snprintf(request, sizeof(request),
	    "init_finish id=%s secret=%s\n", begun.id, begun.secret);
	tell(fd, request);
	(void)snprintf(told, sizeof(told), "ok slot=3 label=%s",
	    path_of("key"));
	assert_string_equal(hear(fd), told);
	ask(fd, "slot_list\n", "item kind=slot id=1 ");
	assert_non_null(strstr(hear(fd), " state=ok"));
	(void)close(fd);
}

static void
one_slot_is_made_at_a_time(void **state)
{
	int fd = enter(DOOR_ADMIN);
	struct begun first, second;

	(void)state;
	begin(fd, "init_begin kind=recovery\n", " code=", &first);
	begin(fd, "init_begin kind=recovery label=ours\n", " code=", &second);
	assert_string_not_equal(first.secret, second.secret);
	finish_as(fd, &first, "code", first.secret,
	    "error code=blocked reason=slot_over ");
	finish_as(fd, &second, "code", first.secret,
	    "error code=denied reason=wrong_key ");
	finish_as(fd, &second, "code", second.secret, "ok slot=2 label=ours");
	(void)close(fd);
}

static void
a_slot_that_cannot_be_is_refused_before_it_is_put_away(void **state)
{
	char request[400] = "init_begin kind=file label=/";
	int fd = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "init_begin kind=tattoo label=arm\n",
	    "error code=malformed reason=field_unknown ");
	ask(fd, "init_begin kind=credential\n",
	    "error code=malformed reason=field_missing ");
	ask(fd, "init_begin kind=file label=test\n",
	    "error code=blocked reason=exists "
	    "message=it%20is%20there%20already%20(test)");
	memset(request + strlen(request), 'x', SLOT_LABEL_MAX);
	memcpy(request + strlen("init_begin kind=file label=/") +
		SLOT_LABEL_MAX,
	    "\n", 2);
	ask(fd, request, "error code=malformed reason=too_long ");
	keyring_lock(broker->keyring);
	ask(fd, "init_begin kind=recovery\n",
	    "error code=locked reason=locked ");
	(void)close(fd);
}

static void
a_key_is_opened_by_one_thing_at_a_time(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	keyring_lock(broker->keyring);
	ask(fd, "unlock\n", "error code=malformed reason=field_missing ");
	ask(fd, "unlock secret=" OTHER_SECRET " code=" OTHER_CODE "\n",
	    "error code=malformed reason=field_unknown ");
	ask(fd, "unlock secret=00\n", "error code=denied reason=wrong_key ");
	assert_false(keyring_is_open(broker->keyring));
	(void)close(fd);
}

/* Who was told "later" while it was locked is served at once. */
static void
who_waits_for_the_key_is_woken_by_a_code(void **state)
{
	int admin = enter(DOOR_ADMIN), fd = enter(DOOR_CONSUMER);
	struct begun begun;
	char byte;

	(void)state;
	begin(admin, "init_begin kind=recovery\n", " code=", &begun);
	finish_as(admin, &begun, "code", begun.secret, "ok slot=2");
	keyring_lock(broker->keyring);
	tell(fd, "get account=billing@example.edu\n");
	settle();
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	unlock(admin, "code", begun.secret, "ok slot=2");
	expect(fd, "error code=denied "); /* there is no such account here */
	(void)close(fd);
	(void)close(admin);
}

static void
what_opens_a_slot_stands_in_no_audit(void **state)
{
	int fd = enter(DOOR_ADMIN);
	char text[8192];
	struct begun begun;
	FILE *file;

	(void)state;
	begin(fd, "init_begin kind=recovery\n", " code=", &begun);
	finish_as(fd, &begun, "code", begun.secret, "ok slot=2");
	ask(fd, "slot_remove slot=1\n", "ok slot=1 ");
	unlock(fd, "code", begun.secret, "ok slot=2");
	unlock(fd, "code", OTHER_CODE, "error code=denied ");
	file = fopen(path_of("audit"), "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	assert_non_null(strstr(text, "event=init "));
	assert_non_null(strstr(text, "slot=2 by=recovery"));
	assert_non_null(strstr(text, "slot=2 by=code"));
	assert_non_null(strstr(text, "event=slot_removed "));
	assert_non_null(strstr(text, "why=unlock"));
	begun.secret[11] = '\0'; /* its first two groups are enough */
	assert_null(strstr(text, begun.secret));
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(a_code_is_counted_on_only_when_it_was_typed_back),
		AT_THE_DOORS(a_code_that_was_typed_back_opens_the_key),
		AT_THE_DOORS(
		    a_credential_is_counted_on_only_when_it_was_read_back),
		AT_THE_DOORS(
		    a_file_that_only_the_admin_can_read_is_told_at_once),
		AT_THE_DOORS(one_slot_is_made_at_a_time),
		AT_THE_DOORS(
		    a_slot_that_cannot_be_is_refused_before_it_is_put_away),
		AT_THE_DOORS(a_key_is_opened_by_one_thing_at_a_time),
		AT_THE_DOORS(who_waits_for_the_key_is_woken_by_a_code),
		AT_THE_DOORS(what_opens_a_slot_stands_in_no_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
