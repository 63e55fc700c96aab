/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mail, while each line of the audit asks a name
 * service that is slow; or the name of who did it, once he hung up.
 */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/peer.h"
#include "proto/error.h"

static unsigned asked;	 /* the name service */
static const char *told; /* what it says; NULL: no such user */
static int ends[2];
static struct peer peer;

/* The name service of this program. */
struct passwd *
getpwuid(uid_t uid)
{
	static struct passwd pw;
	static char name[128];

	asked++;
	if (told == NULL)
		return NULL;
	(void)snprintf(name, sizeof(name), "%s", told);
	pw = (struct passwd){ .pw_name = name, .pw_uid = uid };
	return &pw;
}

static void
a_name_is_asked_for_once_in_a_connection(void **state)
{
	(void)state;
	assert_int_equal(asked, 0); /* not before it is needed */
	for (int i = 0; i < 3; i++)
		assert_string_equal(peer_user(&peer), "erp");
	assert_int_equal(asked, 1);
	for (int i = 0; i < 3; i++)
		(void)peer_origin(&peer);
	assert_in_range(asked, 1, 2); /* and the one who logged in */
	assert_string_equal(peer_user(&peer), "erp");
}

static void
who_has_no_name_is_a_number_and_not_asked_for_again(void **state)
{
	char number[32];

	(void)state;
	told = NULL;
	(void)snprintf(number, sizeof(number), "uid:%u", getuid());
	assert_string_equal(peer_user(&peer), number);
	told = "late";
	assert_string_equal(peer_user(&peer), number);
	assert_int_equal(asked, 1);
}

static void
a_name_too_long_is_cut(void **state)
{
	(void)state;
	told =
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxx";
	assert_int_equal(strlen(peer_user(&peer)), PEER_NAME_MAX);
}

static void
what_is_kept_knows_who_it_was_after_he_hung_up(void **state)
{
	struct peer kept = { .fd = -1 };

	(void)state;
	peer_keep(&peer, &kept);
	assert_int_equal(kept.uid, peer.uid);
	assert_int_equal(kept.pid, peer.pid);
	assert_int_equal(kept.group_count, 0);
	peer_clear(&peer);
	asked = 0;
	told = "somebody else";
	assert_string_equal(peer_user(&kept), "erp");
	(void)peer_origin(&kept);
	assert_int_equal(asked, 0);
	/* Another is kept in its place, and nothing leaks. */
	assert_int_equal(peer_read(ends[0], &peer), MAILSEAL_OK);
	peer_keep(&peer, &kept);
	assert_string_equal(peer_user(&kept), "somebody else");
	peer_clear(&kept);
}

static void
a_peer_without_a_place_for_names_is_asked_each_time(void **state)
{
	const struct peer bare = { .fd = -1, .uid = 7 };
	struct peer kept = { .fd = -1 };

	(void)state;
	assert_string_equal(peer_user(&bare), "erp");
	told = NULL;
	assert_string_equal(peer_user(&bare), "uid:7");
	assert_string_equal(peer_origin(&bare)->unit, "");
	assert_int_equal(peer_origin(&bare)->login_uid, PEER_NO_LOGIN);
	peer_keep(&bare, &kept);
	assert_string_equal(peer_user(&kept), "uid:7");
	peer_clear(&kept);
}

static int
setup(void **state)
{
	(void)state;
	asked = 0;
	told = "erp";
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return -1;
	return peer_read(ends[0], &peer);
}

static int
teardown(void **state)
{
	(void)state;
	peer_clear(&peer);
	(void)close(ends[0]);
	return close(ends[1]);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_name_is_asked_for_once_in_a_connection),
		HERE(who_has_no_name_is_a_number_and_not_asked_for_again),
		HERE(a_name_too_long_is_cut),
		HERE(what_is_kept_knows_who_it_was_after_he_hung_up),
		HERE(a_peer_without_a_place_for_names_is_asked_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
