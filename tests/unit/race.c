/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: ten seconds, or the mail, at each login while the
 * network has an IPv6 that leads nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/race.h"
#include "tests/unit/skip.h"

#define LIST_MAX 20

static struct addrinfo list[LIST_MAX];

/* The clock of the race; late: how often an end that is there is not seen. */
static int late;

int64_t
clock_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
clock_left_ms(int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_ms();

	if (left <= 0 && late > 0) {
		late--;
		return 1;
	}
	return left < 0 ? 0 : (int)left;
}

/* A list of "4" and "6", each an address of that family. */
static void
chain(const char *families)
{
	size_t count = strlen(families);

	assert_true(count > 0 && count <= LIST_MAX);
	memset(list, 0, sizeof(list));
	for (size_t i = 0; i < count; i++) {
		list[i].ai_family = families[i] == '6' ? AF_INET6 : AF_INET;
		list[i].ai_next = i + 1 < count ? &list[i + 1] : NULL;
	}
}

/* The places in the list, in the order of the attempts, as letters. */
static void
is_tried(const char *families, const char *wanted)
{
	const struct addrinfo *order[RACE_MAX];
	char got[LIST_MAX + 1] = "";
	size_t count;

	chain(families);
	count = race_order(list, order);
	for (size_t i = 0; i < count; i++)
		got[i] = (char)('a' + (order[i] - list));
	assert_string_equal(got, wanted);
}

static void
the_families_take_turns_and_the_first_stays_first(void **state)
{
	(void)state;
	is_tried("4", "a");
	is_tried("46", "ab");
	is_tried("64", "ab");
	is_tried("6644", "acbd");
	is_tried("4466", "acbd");
	is_tried("66664", "aebcd");
	is_tried("44", "ab");
	is_tried("64646", "abcde");
	is_tried("44444444444444444466", "asbtcdefghijklmn");
	assert_int_equal(race_order(NULL, NULL), 0);
}

static void
the_next_one_waits_a_quarter_of_a_second_or_for_a_failure(void **state)
{
	(void)state;
	assert_int_equal(race_next_ms(0, 1000, 1001), 1001);
	assert_int_equal(race_next_ms(1, 1000, 1001), 1000 + RACE_STAGGER_MS);
	assert_int_equal(race_next_ms(3, 1000, 5000), 1000 + RACE_STAGGER_MS);
}

/* ---- on loopback: a hole takes SYNs and answers none, its queue is full */

static struct sockaddr_storage address[2];
static int held[8];
static size_t held_count;

static int
hold(int fd)
{
	assert_true(fd >= 0 && held_count < sizeof(held) / sizeof(held[0]));
	held[held_count++] = fd;
	return fd;
}

/* Listen on loopback at list[i]; false: there is no such family here. */
static bool
listen_at(size_t i, int family, int backlog)
{
	socklen_t len = family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					     sizeof(struct sockaddr_in);
	struct sockaddr *sa = (struct sockaddr *)&address[i];
	int fd = hold(socket(family, SOCK_STREAM, 0));

	memset(&address[i], 0, sizeof(address[i]));
	if (family == AF_INET6)
		*(struct sockaddr_in6 *)sa = (struct sockaddr_in6){
			.sin6_family = AF_INET6,
			.sin6_addr = IN6ADDR_LOOPBACK_INIT
		};
	else
		*(struct sockaddr_in *)sa = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)
		};
	if (bind(fd, sa, len) != 0)
		return false;
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, sa, &len), 0);
	list[i] = (struct addrinfo){ .ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_addr = sa,
		.ai_addrlen = len };
	if (i > 0)
		list[i - 1].ai_next = &list[i];
	return true;
}

static bool
dig_hole(size_t i, int family)
{
	if (!listen_at(i, family, 0))
		return false;
	for (int n = 0; n < 3; n++) {
		int fd = hold(socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0));

		(void)connect(fd, list[i].ai_addr, list[i].ai_addrlen);
	}
	return true;
}

static int
let_go(void **state)
{
	(void)state;
	while (held_count > 0)
		(void)close(held[--held_count]);
	return 0;
}

static bool
is_connected_to(int fd, const struct addrinfo *ai)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);

	assert_int_equal(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
	return len == ai->ai_addrlen && memcmp(&peer, ai->ai_addr, len) == 0;
}

static void
an_ipv6_that_leads_nowhere_costs_a_moment_only(void **state)
{
	int64_t start = clock_ms();
	int fd = -1;

	(void)state;
	if (!dig_hole(0, AF_INET6))
		SKIP("there is no IPv6 here");
	/* The control: alone it is a hole. */
	assert_int_equal(race_run(list, start + 600, &fd), ETIMEDOUT);
	assert_true(clock_ms() - start >= 550);
	assert_int_equal(fd, -1);

	assert_true(listen_at(1, AF_INET, 4));
	start = clock_ms();
	assert_int_equal(race_run(list, start + 20000, &fd), 0);
	assert_true(clock_ms() - start < 5000);
	assert_true(is_connected_to(fd, &list[1]));
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(close(fd), 0);
}

static void
an_address_that_refuses_is_followed_by_the_next(void **state)
{
	int fd = -1;

	(void)state;
	assert_true(listen_at(0, AF_INET, 1));
	assert_int_equal(close(held[--held_count]), 0); /* nobody is there */
	assert_int_equal(race_run(list, clock_ms() + 5000, &fd), ECONNREFUSED);
	assert_int_equal(fd, -1);
	assert_true(listen_at(1, AF_INET, 1));
	assert_int_equal(race_run(list, clock_ms() + 5000, &fd), 0);
	assert_true(is_connected_to(fd, &list[1]));
	assert_int_equal(close(fd), 0);
}

static void
one_that_is_late_is_still_waited_for_while_the_next_refuses(void **state)
{
	int fd = -1;

	(void)state;
	assert_true(dig_hole(0, AF_INET));
	assert_true(listen_at(1, AF_INET, 1));
	assert_int_equal(close(held[--held_count]), 0);
	assert_int_equal(race_run(list, clock_ms() + 700, &fd), ETIMEDOUT);
	assert_int_equal(fd, -1);
}

/* It comes between two looks at the clock: there is no address after the last */
static void
an_end_that_comes_at_the_wrong_moment_is_the_end(void **state)
{
	int fd = -1;

	(void)state;
	assert_true(dig_hole(0, AF_INET));
	late = 2;
	assert_int_equal(race_run(list, clock_ms() + 100, &fd), ETIMEDOUT);
	assert_int_equal(late, 0);
	assert_int_equal(fd, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_families_take_turns_and_the_first_stays_first),
		cmocka_unit_test(
		    the_next_one_waits_a_quarter_of_a_second_or_for_a_failure),
		cmocka_unit_test_teardown(
		    an_ipv6_that_leads_nowhere_costs_a_moment_only, let_go),
		cmocka_unit_test_teardown(
		    an_address_that_refuses_is_followed_by_the_next, let_go),
		cmocka_unit_test_teardown(
		    one_that_is_late_is_still_waited_for_while_the_next_refuses,
		    let_go),
		cmocka_unit_test_teardown(
		    an_end_that_comes_at_the_wrong_moment_is_the_end, let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
