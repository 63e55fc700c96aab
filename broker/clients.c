/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/clients.h"
#include "broker/log.h"
#include "proto/error.h"

#define EVENTS_MAX 64 /* clients looked at in one turn */
#define LISTENERS_MAX 16
#define ACCEPT_PAUSE_MS 100 /* after the process ran out of descriptors */

struct listener {
	struct clients *clients;
	sd_event_source *source;
	int fd;
	enum door door;
	struct deadline pause;
};

struct clients {
	struct broker *broker;
	int epoll;
	sd_event_source *epoll_source;
	sd_event_source *ready_source; /* runs while lines wait in buffers */
	struct listener listener[LISTENERS_MAX];
	size_t listeners;
	struct conn **at; /* by place; NULL where free */
	uint32_t *generation;
	size_t room;
	unsigned count[DOOR_ADMIN + 1]; /* by door */
	unsigned most; /* clients that the limit of descriptors allows */
};

struct broker *
clients_broker(struct clients *clients)
{
	return clients->broker;
}

void
clients_watch(struct clients *clients, int fd, struct conn_ref ref,
    uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = ref.place };

	(void)epoll_ctl(clients->epoll, EPOLL_CTL_MOD, fd, &event);
}

void
clients_have_line(struct clients *clients)
{
	(void)sd_event_source_set_enabled(clients->ready_source, SD_EVENT_ON);
}

void
clients_forget(struct clients *clients, struct conn_ref ref, enum door door)
{
	clients->count[door]--;
	clients->at[ref.place] = NULL;
	clients->generation[ref.place]++;
}

static int
epoll_ready(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct clients *clients = arg;
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(fd, events, EVENTS_MAX, 0);

	(void)source;
	(void)revents;
	for (int i = 0; i < count; i++) {
		struct conn *conn = clients->at[events[i].data.u32];

		if (conn != NULL)
			conn_event(conn, events[i].events);
	}
	return 0;
}

/* One more line of each client whose buffer holds one. */
static int
lines_ready(sd_event_source *source, void *arg)
{
	struct clients *clients = arg;

	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	for (size_t i = 0; i < clients->room; i++)
		if (clients->at[i] != NULL && conn_has_line(clients->at[i]))
			conn_run(clients->at[i]);
	return 0;
}

static bool
find_place(struct clients *clients, uint32_t *place)
{
	size_t room = clients->room == 0 ? 64 : clients->room * 2;
	struct conn **at;
	uint32_t *generation;

	for (size_t i = 0; i < clients->room; i++) {
		if (clients->at[i] == NULL) {
			*place = (uint32_t)i;
			return true;
		}
	}
	at = reallocarray(clients->at, room, sizeof(struct conn *));
	if (at == NULL)
		return false;
	clients->at = at;
	generation = reallocarray(clients->generation, room,
	    sizeof(*generation));
	if (generation == NULL)
		return false;
	clients->generation = generation;
	memset(at + clients->room, 0,
	    (room - clients->room) * sizeof(struct conn *));
	memset(generation + clients->room, 0,
	    (room - clients->room) * sizeof(*generation));
	*place = (uint32_t)clients->room;
	clients->room = room;
	return true;
}

static unsigned
count_of_user(const struct clients *clients, uid_t uid)
{
	unsigned count = 0;

	for (size_t i = 0; i < clients->room; i++)
		if (clients->at[i] != NULL &&
		    conn_door(clients->at[i]) == DOOR_CONSUMER &&
		    conn_peer(clients->at[i])->uid == uid)
			count++;
	return count;
}

/*
 * How many clients the admin socket may have for one more of this role: who
 * has none, and who may just watch or enrol, locks nobody out who may do more.
 */
static unsigned
places_of(enum right role)
{
	if (role == RIGHT_ADMIN)
		return CLIENTS_ADMINS;
	return role == RIGHT_NONE ? CLIENTS_ADMINS / 2 :
				    CLIENTS_ADMINS - CLIENTS_KEPT;
}

/* Whether one more client like this is too many. */
static bool
is_crowded(const struct clients *clients, enum door door,
    const struct peer *peer)
{
	const struct config *config = clients->broker->config;

	if (door == DOOR_ADMIN)
		return clients->count[door] >=
		    places_of(roles_of(config->roles, peer));
	return clients->count[door] >= config->connections ||
	    clients->count[door] >= clients->most ||
	    count_of_user(clients, peer->uid) >= config->connections_per_user;
}

static void
turn_away(int fd)
{
	static const char busy[] =
	    "error code=busy reason=busy "
	    "message=too%20many%20connections;%20try%20again%20in%20a%20moment"
	    " retry_after=1\n";

	(void)send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
}

static bool
start(struct clients *clients, int fd, enum door door, struct peer *peer)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct conn *conn;
	uint32_t place;

	if (!find_place(clients, &place))
		return false;
	conn = conn_new(clients, fd, door,
	    (struct conn_ref){ place, clients->generation[place] }, peer);
	if (conn == NULL)
		return false;
	clients->at[place] = conn;
	clients->count[door]++;
	event.data.u32 = place;
	if (epoll_ctl(clients->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		conn_close(conn); /* descriptor and peer are its own by now */
	return true;
}

static void
pause_ends(void *arg)
{
	struct listener *listener = arg;

	(void)sd_event_source_set_enabled(listener->source, SD_EVENT_ON);
}

/* Out of descriptors: rest a moment, rather than spin. */
static void
pause_listener(struct listener *listener)
{
	struct deadlines *ds = listener->clients->broker->deadlines;

	log_error("accept failed", "%s", strerror(errno));
	if (deadline_set(ds, &listener->pause, now_ms() + ACCEPT_PAUSE_MS) ==
	    MAILSEAL_OK)
		(void)sd_event_source_set_enabled(listener->source,
		    SD_EVENT_OFF);
}

static int
listener_ready(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct listener *listener = arg;
	struct clients *clients = listener->clients;
	struct peer peer;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)revents;
	if (client < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_listener(listener);
		return 0;
	}
	if (peer_read(client, &peer) != MAILSEAL_OK) {
		(void)close(client);
		return 0;
	}
	if (is_crowded(clients, listener->door, &peer) ||
	    !start(clients, client, listener->door, &peer)) {
		peer_clear(&peer);
		turn_away(client);
	}
	return 0;
}

/* As many descriptors as we may have, some of them for other things. */
static unsigned
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return UINT_MAX;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur <= CLIENTS_RESERVE ||
	    limit.rlim_cur - CLIENTS_RESERVE > UINT_MAX)
		return UINT_MAX;
	return (unsigned)(limit.rlim_cur - CLIENTS_RESERVE);
}

int
clients_open(struct broker *broker, struct clients **clients)
{
	AUTO(clients) c = calloc(1, sizeof(*c));

	if (c == NULL)
		return MAILSEAL_E_NOMEM;
	c->broker = broker;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll < 0)
		return MAILSEAL_E_IO;
	if (sd_event_add_io(broker->event, &c->epoll_source, c->epoll, EPOLLIN,
		epoll_ready, c) < 0 ||
	    sd_event_add_defer(broker->event, &c->ready_source, lines_ready,
		c) < 0)
		return MAILSEAL_E_NOMEM;
	(void)sd_event_source_set_enabled(c->ready_source, SD_EVENT_OFF);
	c->most = raise_limit();
	*clients = c;
	c = NULL;
	return MAILSEAL_OK;
}

int
clients_listen(struct clients *clients, int fd, enum door door)
{
	struct listener *listener = &clients->listener[clients->listeners];
	int on = 1;

	if (clients->listeners == LISTENERS_MAX)
		return MAILSEAL_E_NOMEM;
	*listener = (struct listener){ .clients = clients,
		.fd = fd,
		.door = door };
	listener->pause.pass = pause_ends;
	listener->pause.arg = listener;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    sd_event_add_io(clients->broker->event, &listener->source, fd,
		EPOLLIN, listener_ready, listener) < 0)
		return MAILSEAL_E_IO;
	clients->listeners++;
	return MAILSEAL_OK;
}

void
clients_drain(struct clients *clients)
{
	struct deadlines *ds = clients->broker->deadlines;

	for (size_t i = 0; i < clients->listeners; i++) {
		deadline_clear(ds, &clients->listener[i].pause);
		(void)sd_event_source_set_enabled(clients->listener[i].source,
		    SD_EVENT_OFF);
	}
	for (size_t i = 0; i < clients->room; i++)
		if (clients->at[i] != NULL)
			conn_drain(clients->at[i]);
}

void
clients_free(struct clients *clients)
{
	if (clients == NULL)
		return;
	for (size_t i = 0; i < clients->room; i++)
		if (clients->at[i] != NULL)
			conn_close(clients->at[i]);
	for (size_t i = 0; i < clients->listeners; i++) {
		(void)sd_event_source_unref(clients->listener[i].source);
		(void)close(clients->listener[i].fd);
	}
	(void)sd_event_source_unref(clients->epoll_source);
	(void)sd_event_source_unref(clients->ready_source);
	if (clients->epoll > 0)
		(void)close(clients->epoll);
	free(clients->at);
	free(clients->generation);
	free(clients);
}

unsigned
clients_count(const struct clients *clients)
{
	return clients->count[DOOR_CONSUMER] + clients->count[DOOR_ADMIN];
}

struct conn *
clients_find(struct clients *clients, struct conn_ref ref)
{
	struct conn *conn;

	if (clients == NULL || ref.place >= clients->room)
		return NULL;
	conn = clients->at[ref.place];
	if (conn == NULL || clients->generation[ref.place] != ref.generation ||
	    !conn_is_busy(conn))
		return NULL;
	return conn;
}
