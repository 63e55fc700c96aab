/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/dial.h"
#include "proto/error.h"

int
dial_wait(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int left = clock_left_ms(until_ms);
		int n;

		if (left == 0)
			return ETIMEDOUT;
		n = poll(&p, 1, left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno;
	}
}

/* Connect to one address: 0, or an errno. */
static int
try(const struct addrinfo *ai, int64_t until_ms, int *fd)
{
	int fault = 0;
	socklen_t len = sizeof(fault);
	int s = socket(ai->ai_family,
	    ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);

	if (s < 0)
		return errno;
	if (connect(s, ai->ai_addr, ai->ai_addrlen) != 0) {
		fault = errno;
		if (fault == EINPROGRESS)
			fault = dial_wait(s, POLLOUT, until_ms);
		if (fault == 0 &&
		    getsockopt(s, SOL_SOCKET, SO_ERROR, &fault, &len) != 0)
			fault = errno;
	}
	if (fault != 0) {
		close(s);
		return fault;
	}
	*fd = s;
	return 0;
}

/* Try one address after the other: 0, or the last errno. */
static int
try_each(const struct addrinfo *list, int64_t until_ms, int *fd)
{
	int fault = EHOSTUNREACH;
	int left = 0;

	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
		left++;
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		int64_t now = clock_ms();

		/* One that swallows packets leaves time for the others. */
		fault = try(ai, now + (until_ms - now) / left--, fd);
		if (fault == 0)
			return 0;
	}
	return fault;
}

int
dial(const char *host, uint16_t port, int64_t until_ms, int *fd,
    const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char service[8];
	int fault;

	(void)snprintf(service, sizeof(service), "%u", port);
	fault = getaddrinfo(host, service, &hints, &list);
	if (fault != 0) {
		*why = gai_strerror(fault);
		return MAILSEAL_E_NETWORK;
	}
	fault = try_each(list, until_ms, fd);
	freeaddrinfo(list);
	if (fault == 0)
		return MAILSEAL_OK;
	*why = strerror(fault);
	return fault == ETIMEDOUT ? MAILSEAL_E_SILENT : MAILSEAL_E_NETWORK;
}
