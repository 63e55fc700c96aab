/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/answer.h"
#include "broker/clients.h"
#include "broker/conn.h"
#include "broker/dispatch.h"
#include "broker/log.h"
#include "broker/outgoing.h"
#include "broker/secret.h"
#include "proto/error.h"

struct conn {
	struct clients *clients;
	int fd;
	struct conn_ref ref;
	enum door door;
	struct peer peer;
	struct deadline deadline;
	bool busy;		  /* a request waits for its answer */
	struct waiter *waiter;	  /* that will answer it; NULL: another */
	bool partly;		  /* a line has begun */
	bool closing;		  /* after what is left to send */
	uint32_t events;	  /* asked of epoll */
	char *in;		  /* size bytes, and one for a NUL */
	struct secret *in_secret; /* where in lies in the arena */
	size_t in_len, in_size;
	struct outgoing out; /* what is left to send */
	bool answered;	     /* once at least */
	bool draining;	     /* closed as soon as it is owed nothing */
};

void
conn_close(struct conn *conn)
{
	struct clients *clients = conn->clients;
	struct waiter *waiter = conn->waiter;

	deadline_clear(clients_broker(clients)->deadlines, &conn->deadline);
	clients_forget(clients, conn->ref, conn->door);
	(void)close(conn->fd);
	outgoing_clear(&conn->out);
	if (conn->in_secret != NULL)
		secret_free(conn->in_secret);
	else
		free(conn->in);
	peer_clear(&conn->peer);
	free(conn);
	if (waiter != NULL)
		waiter_dismiss(waiter);
}

void
conn_waits(struct conn *conn, struct waiter *waiter)
{
	conn->waiter = waiter;
}

bool
conn_has_line(const struct conn *conn)
{
	return conn->in_len > 0 && memchr(conn->in, '\n', conn->in_len) != NULL;
}

/* While we end: nothing was asked that was not answered. */
static bool
is_drained(const struct conn *conn)
{
	return conn->draining && conn->answered && !conn->busy &&
	    conn->in_len == 0;
}

/*
 * Say what we want to hear of; hang-ups are told always.  While a line waits
 * in the buffer nothing more is read, so that the end of a client that only
 * stopped writing is not seen before its last request was answered.
 */
static void
watch(struct conn *conn)
{
	uint32_t events = 0;

	if (!outgoing_is_empty(&conn->out))
		events = EPOLLOUT;
	else if (!conn->busy && !conn_has_line(conn))
		events = EPOLLIN;
	if (events == conn->events)
		return;
	conn->events = events;
	clients_watch(conn->clients, conn->fd, conn->ref, events);
}

static void
rest_until(struct conn *conn, uint64_t ms)
{
	/* One that is set moves without memory, so that this cannot fail. */
	if (deadline_set(clients_broker(conn->clients)->deadlines,
		&conn->deadline, now_ms() + ms) != MAILSEAL_OK)
		conn->closing = true;
}

/* How long the client may take for what it owes us now. */
static void
set_patience(struct conn *conn)
{
	if (conn->busy)
		rest_until(conn, (uint64_t)WAIT_MAX * 2 * 1000);
	else if (conn->in_len > 0 && !conn_has_line(conn)) {
		if (!conn->partly)
			rest_until(conn, CONN_LINE_MS);
		conn->partly = true;
		return;
	} else
		rest_until(conn, CONN_SILENT_MS);
	conn->partly = false;
}

static void
patience_ends(void *arg)
{
	struct conn *conn = arg;

	log_debug("client closed", "uid=%u why=%s", conn->peer.uid,
	    conn->partly ? "unfinished line" : "silent");
	conn_close(conn);
}

/* Send what is left; false when the connection is gone. */
static bool
flush(struct conn *conn)
{
	bool closes;

	if (!outgoing_flush(&conn->out, conn->fd)) {
		conn_close(conn);
		return false;
	}
	closes = conn->closing || is_drained(conn);
	if (!closes || !outgoing_is_empty(&conn->out))
		return true;
	conn_close(conn);
	return false;
}

/* Close after what is left to send; whoever calls us may still hold it. */
static void
close_soon(struct conn *conn)
{
	conn->closing = true;
	if (outgoing_is_empty(&conn->out))
		(void)shutdown(conn->fd, SHUT_RDWR); /* epoll tells us soon */
}

void
conn_answer(struct conn *conn, const void *bytes, size_t len, bool secret)
{
	conn->busy = false;
	conn->answered = true;
	conn->waiter = NULL;
	if (!outgoing_send(&conn->out, conn->fd, bytes, len, secret) ||
	    conn->closing || is_drained(conn))
		close_soon(conn);
	set_patience(conn);
	watch(conn);
	if (conn_has_line(conn))
		clients_have_line(conn->clients);
}

/* Refuse what cannot be read any further, and close after the answer. */
static void
refuse(struct conn *conn, int error)
{
	conn->closing = true;
	conn->in_len = 0;
	conn->busy = true;
	answer_error(conn, error, NULL, NULL);
}

/* Run the first line of the buffer, if there is one and nothing is pending. */
void
conn_run(struct conn *conn)
{
	char *end;
	size_t len, rest;

	if (conn->busy || conn->closing || !outgoing_is_empty(&conn->out))
		return;
	end = conn->in_len == 0 ? NULL : memchr(conn->in, '\n', conn->in_len);
	if (end == NULL) {
		if (conn->in_len == conn->in_size)
			refuse(conn, MAILSEAL_E_TOOLONG);
		else
			set_patience(conn);
		return;
	}
	len = (size_t)(end - conn->in);
	rest = conn->in_len - len - 1;
	conn->busy = true;
	set_patience(conn);
	/* What follows waits in the buffer; a handler never looks there. */
	dispatch(conn, conn->in, len);
	secret_wipe(conn->in, len);
	memmove(conn->in, end + 1, rest);
	secret_wipe(conn->in + rest, len + 1);
	conn->in_len = rest;
	watch(conn);
	if (conn->busy)
		return;
	if (is_drained(conn))
		close_soon(conn);
	set_patience(conn);
	if (conn_has_line(conn))
		clients_have_line(conn->clients);
}

static void
conn_read(struct conn *conn)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) +
		    CMSG_SPACE(253 * sizeof(int))]; /* SCM_MAX_FD */
	} control;
	struct iovec iov = { conn->in + conn->in_len,
		conn->in_size - conn->in_len };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const char *why;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(conn);
		return;
	}
	why = peer_distrust(&conn->peer, &msg);
	if (why != NULL) {
		audit_denied(clients_broker(conn->clients)->audit, NULL,
		    &conn->peer, why);
		conn_close(conn);
		return;
	}
	conn->in_len += (size_t)n;
	conn_run(conn);
}

void
conn_event(struct conn *conn, uint32_t events)
{
	if ((events & EPOLLERR) != 0 ||
	    ((events & EPOLLHUP) != 0 && (events & EPOLLIN) == 0)) {
		conn_close(conn);
		return;
	}
	if ((events & EPOLLOUT) != 0) {
		if (!flush(conn))
			return;
		watch(conn);
		conn_run(conn);
	} else if ((events & EPOLLIN) != 0 && !conn->busy)
		conn_read(conn);
}

/* Buffers of an admin see secrets and lie in the arena. */
static bool
make_buffer(struct conn *conn)
{
	if (conn->door == DOOR_CONSUMER) {
		conn->in_size = LINE_CONSUMER_MAX;
		conn->in = malloc(conn->in_size + 1);
		return conn->in != NULL;
	}
	conn->in_size = LINE_LONG_MAX;
	conn->in_secret = secret_new(conn->in_size);
	if (conn->in_secret != NULL)
		conn->in = (char *)conn->in_secret->data;
	return conn->in != NULL;
}

struct conn *
conn_new(struct clients *clients, int fd, enum door door, struct conn_ref ref,
    struct peer *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (conn == NULL)
		return NULL;
	*conn = (struct conn){ .clients = clients,
		.fd = fd,
		.ref = ref,
		.door = door,
		.events = EPOLLIN };
	conn->deadline.pass = patience_ends;
	conn->deadline.arg = conn;
	if (!make_buffer(conn) ||
	    deadline_set(clients_broker(clients)->deadlines, &conn->deadline,
		now_ms() + CONN_SILENT_MS) != MAILSEAL_OK) {
		if (conn->in_secret == NULL)
			free(conn->in);
		secret_free(conn->in_secret);
		free(conn);
		return NULL;
	}
	conn->peer = *peer;
	*peer = (struct peer){ 0 };
	return conn;
}

void
conn_drain(struct conn *conn)
{
	int unread = 0;

	conn->draining = true;
	if (conn->busy || conn->in_len > 0 || !outgoing_is_empty(&conn->out) ||
	    (ioctl(conn->fd, FIONREAD, &unread) == 0 && unread > 0))
		return; /* its answer ends it */
	if (conn->answered)
		conn_close(conn);
	else
		rest_until(conn, CONN_LINE_MS); /* it came to ask */
}

struct broker *
conn_broker(const struct conn *conn)
{
	return clients_broker(conn->clients);
}

const struct peer *
conn_peer(const struct conn *conn)
{
	return &conn->peer;
}

enum door
conn_door(const struct conn *conn)
{
	return conn->door;
}

struct conn_ref
conn_ref(const struct conn *conn)
{
	return conn->ref;
}

bool
conn_is_busy(const struct conn *conn)
{
	return conn->busy;
}
