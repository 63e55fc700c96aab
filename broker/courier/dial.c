/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "broker/courier/clock.h"
#include "broker/courier/dial.h"
#include "broker/courier/race.h"
#include "broker/log.h"
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
 * longer than we have, and getaddrinfo() cannot be told how long that is, so a
 * thread of the C library asks it; when it is late we go on without it.  A
 * signal in the place of a thread would leave the resolver's locks held.
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

/* How long it is until a moment, in seconds for people. */
static int
seconds(int64_t until_ms)
{
	return (clock_left_ms(until_ms) + 999) / 1000;
}

int
dial(const char *host, uint16_t port, int64_t until_ms, int *fd,
    char why[DIAL_WHY_MAX])
{
	int64_t last_ms = clock_ms() + DIAL_MS;
	int64_t end_ms = last_ms < until_ms ? last_ms : until_ms;
	int within_s = seconds(end_ms);
	struct addrinfo *list = NULL;
	int fault = look_up(host, port, end_ms, &list);

	if (fault == EAI_INPROGRESS) {
		(void)snprintf(why, DIAL_WHY_MAX,
		    "no name server told the address of %s within %d s",
		    printable(host), within_s);
		return MAILSEAL_E_SILENT;
	}
	if (fault != 0) {
		(void)snprintf(why, DIAL_WHY_MAX, "%s: %s", printable(host),
		    gai_strerror(fault));
		return MAILSEAL_E_NETWORK;
	}
	fault = race_run(list, end_ms, fd);
	freeaddrinfo(list);
	if (fault == 0)
		return MAILSEAL_OK;
	if (fault != ETIMEDOUT) {
		(void)snprintf(why, DIAL_WHY_MAX, "%s:%u: %s", printable(host),
		    port, strerror(fault));
		return MAILSEAL_E_NETWORK;
	}
	(void)snprintf(why, DIAL_WHY_MAX, "%s:%u did not answer within %d s",
	    printable(host), port, within_s);
	return MAILSEAL_E_SILENT;
}
