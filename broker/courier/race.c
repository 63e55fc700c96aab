/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/race.h"

/* Attempts that are under way, and those to come. */
struct race {
	const struct addrinfo *turn[RACE_MAX];
	size_t count;
	size_t started;
	int64_t last_ms; /* when the last one started */
	struct pollfd attempt[RACE_MAX];
	size_t running;
	int fault; /* of the attempt that failed last */
};

static bool
is_of(const struct addrinfo *ai, int family, bool wanted)
{
	return (ai->ai_family == family) == wanted;
}

size_t
race_order(const struct addrinfo *list, const struct addrinfo *turn[RACE_MAX])
{
	/* Where each side goes on; the first side is the first's family. */
	const struct addrinfo *side[2] = { list, list };
	int family = list == NULL ? AF_UNSPEC : list->ai_family;
	size_t count = 0;

	for (int s = 0; count < RACE_MAX; s = !s) {
		for (int i = 0; i < 2; i++)
			while (
			    side[i] != NULL && !is_of(side[i], family, i == 0))
				side[i] = side[i]->ai_next;
		if (side[s] == NULL)
			s = !s; /* the other goes on alone */
		if (side[s] == NULL)
			break;
		turn[count++] = side[s];
		side[s] = side[s]->ai_next;
	}
	return count;
}

int64_t
race_next_ms(size_t running, int64_t last_ms, int64_t now_ms)
{
	return running == 0 ? now_ms : last_ms + RACE_STAGGER_MS;
}

/* Begin the next attempt; one that fails at once is over at once. */
static void
start(struct race *race, int64_t now_ms)
{
	const struct addrinfo *ai = race->turn[race->started++];
	int s = socket(ai->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);

	race->last_ms = now_ms;
	if (s < 0) {
		race->fault = errno;
		return;
	}
	if (connect(s, ai->ai_addr, ai->ai_addrlen) != 0 &&
	    errno != EINPROGRESS) {
		race->fault = errno;
		(void)close(s);
		return;
	}
	race->attempt[race->running++] = (struct pollfd){ s, POLLOUT, 0 };
}

/* Whether an attempt is over; then its fault, which is 0 when it won. */
static bool
is_over(const struct pollfd *attempt, int *fault)
{
	socklen_t len = sizeof(*fault);

	if (attempt->revents == 0)
		return false;
	if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, fault, &len) != 0)
		*fault = errno;
	return true;
}

/* Look at what poll() said; the winner's socket, or -1. */
static int
look(struct race *race)
{
	for (size_t i = race->running; i-- > 0;) {
		struct pollfd attempt = race->attempt[i];
		int fault = 0;

		if (!is_over(&attempt, &fault))
			continue;
		race->attempt[i] = race->attempt[--race->running];
		if (fault == 0)
			return attempt.fd;
		race->fault = fault;
		(void)close(attempt.fd);
	}
	return -1;
}

/* Start what is due, and wait for something to happen; the winner, or -1. */
static int
go_on(struct race *race, int64_t until_ms)
{
	int64_t now = clock_ms(), next = until_ms;
	bool more = race->started < race->count;
	int ready;

	if (more)
		next = race_next_ms(race->running, race->last_ms, now);
	if (more && next <= now) {
		start(race, now);
		return -1;
	}
	ready = poll(race->attempt, race->running,
	    clock_left_ms(next < until_ms ? next : until_ms));
	return ready > 0 ? look(race) : -1;
}

int
race_run(const struct addrinfo *list, int64_t until_ms, int *fd)
{
	struct race race = { .fault = EHOSTUNREACH };
	int winner = -1;

	race.count = race_order(list, race.turn);
	while (winner < 0 && (race.running > 0 || race.started < race.count)) {
		if (clock_left_ms(until_ms) == 0) {
			race.fault = ETIMEDOUT;
			break;
		}
		winner = go_on(&race, until_ms);
	}
	for (size_t i = 0; i < race.running; i++)
		(void)close(race.attempt[i].fd);
	if (winner < 0)
		return race.fault;
	*fd = winner;
	return 0;
}
