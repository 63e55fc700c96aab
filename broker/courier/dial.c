/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/dial.h"
#include "proto/error.h"

/* A question to a name server, which may outlive our patience. */
struct lookup {
	struct gaicb query;
	struct addrinfo hints;
	char host[NI_MAXHOST];
	char service[8];
};

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

/* Wait for an answer: 0, or a code of getaddrinfo(); EAI_INPROGRESS: none. */
static int
await(struct gaicb *query, int64_t until_ms)
{
	const struct gaicb *const queries[] = { query };
	int left;

	while (gai_error(query) == EAI_INPROGRESS &&
	    (left = clock_left_ms(until_ms)) > 0) {
		struct timespec rest = { left / 1000,
			(long)(left % 1000) * 1000000 };

		(void)gai_suspend(queries, 1, &rest);
	}
	return gai_error(query);
}

/*
 * The addresses of a host: as await().  A name server may say nothing for
 * longer than we have, so a thread asks it.
 */
static int
look_up(const char *host, uint16_t port, int64_t until_ms,
    struct addrinfo **list)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	struct gaicb *queries[1];
	int fault;

	if (lookup == NULL)
		return EAI_MEMORY;
	(void)snprintf(lookup->host, sizeof(lookup->host), "%s", host);
	(void)snprintf(lookup->service, sizeof(lookup->service), "%u", port);
	lookup->hints.ai_socktype = SOCK_STREAM;
	lookup->hints.ai_flags = AI_NUMERICSERV;
	lookup->query = (struct gaicb){ .ar_name = lookup->host,
		.ar_service = lookup->service,
		.ar_request = &lookup->hints };
	queries[0] = &lookup->query;
	fault = getaddrinfo_a(GAI_NOWAIT, queries, 1, NULL);
	if (fault == 0)
		fault = await(&lookup->query, until_ms);
	if (fault == EAI_INPROGRESS)
		return fault; /* the lookup is the thread's for good */
	*list = lookup->query.ar_result;
	free(lookup);
	return fault;
}

int
dial(const char *host, uint16_t port, int64_t until_ms, int *fd,
    const char **why)
{
	struct addrinfo *list = NULL;
	int fault = look_up(host, port, until_ms, &list);

	if (fault != 0) {
		*why = gai_strerror(fault);
		return fault == EAI_INPROGRESS ? MAILSEAL_E_SILENT :
						 MAILSEAL_E_NETWORK;
	}
	fault = try_each(list, until_ms, fd);
	freeaddrinfo(list);
	if (fault == 0)
		return MAILSEAL_OK;
	*why = strerror(fault);
	return fault == ETIMEDOUT ? MAILSEAL_E_SILENT : MAILSEAL_E_NETWORK;
}
