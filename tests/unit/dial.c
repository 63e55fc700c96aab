/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/dial.h"
#include "broker/courier/http.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/skip.h"

#define PATIENCE_MS 800
#define GRACE_MS 2000
#define NO_WORLD 77 /* exit status: it could not be made */

/* A network of our own, in which the name server says nothing. */
static bool
open_world(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static const char server[] = "nameserver 127.0.0.1\n";
	char path[] = "/tmp/mailseal-dial-XXXXXX";
	int file = mkstemp(path), s;
	bool made;

	if (file < 0 || write(file, server, strlen(server)) < 0 ||
	    unshare(CLONE_NEWNS | CLONE_NEWNET) != 0)
		return false;
	s = socket(AF_INET, SOCK_DGRAM, 0);
	made = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0 &&
	    ioctl(s, SIOCSIFFLAGS, &lo) == 0 &&
	    bind(s, (struct sockaddr *)&sin, sizeof(sin)) == 0;
	(void)unlink(path);
	return made;
}

static int
dial_it(void)
{
	char why[DIAL_WHY_MAX] = "";
	int fd;
	int error = dial("mail.example", 25, clock_ms() + PATIENCE_MS, &fd,
	    why);

	return strstr(why, "address of mail.example within 1 s") != NULL ?
	    error :
	    MAILSEAL_OK;
}

static int
ask_it(void)
{
	static struct mailseal_ask ask = { .url = "https://idp.example/" };
	struct http_way way = { .origins = "https://idp.example:443",
		.deadline_ms = clock_ms() + PATIENCE_MS };
	struct http_reply *reply = NULL;
	struct http_fault fault;

	if (secret_arena_open(1 << 20) != MAILSEAL_OK)
		return MAILSEAL_E_NOMEM;
	return http_ask(&ask, &way, &reply, &fault);
}

/* Do it in that world, in a process of its own: like the courier's child. */
static void
expect_silence(int (*act)(void))
{
	int64_t start = clock_ms();
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (!open_world())
			_exit(NO_WORLD);
		_exit(act() == MAILSEAL_E_SILENT ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_WORLD)
		SKIP("it takes root to have a name server of one's own");
	print_message("over after %d ms of %d\n", (int)(clock_ms() - start),
	    PATIENCE_MS);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(clock_ms() - start < PATIENCE_MS + GRACE_MS);
}

static void
a_silent_name_server_does_not_hold_a_login(void **state)
{
	(void)state;
	expect_silence(dial_it);
}

static void
a_silent_name_server_does_not_hold_a_refresh(void **state)
{
	(void)state;
	expect_silence(ask_it);
}

static void
a_server_on_an_ipv6_address_is_reached(void **state)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(sin6);
	int listener = socket(AF_INET6, SOCK_STREAM, 0), fd = -1;
	char why[DIAL_WHY_MAX] = "";

	(void)state;
	if (bind(listener, (struct sockaddr *)&sin6, len) != 0)
		SKIP("there is no IPv6 here");
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sin6, &len),
	    0);
	assert_int_equal(dial("::1", ntohs(sin6.sin6_port), clock_ms() + 5000,
			     &fd, why),
	    MAILSEAL_OK);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(listener), 0);
}

static void
a_name_that_is_none_is_said_to_be_none(void **state)
{
	char why[DIAL_WHY_MAX] = "";
	int fd = -1;

	(void)state;
	assert_int_equal(dial("300.300.300.300.", 25, clock_ms() + 5000, &fd,
			     why),
	    MAILSEAL_E_NETWORK);
	assert_memory_equal(why, "300.300.300.300.: ", 18);
	assert_int_equal(fd, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_name_server_does_not_hold_a_login),
		cmocka_unit_test(a_silent_name_server_does_not_hold_a_refresh),
		cmocka_unit_test(a_server_on_an_ipv6_address_is_reached),
		cmocka_unit_test(a_name_that_is_none_is_said_to_be_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
