/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client/channel.h"
#include "proto/error.h"
#include "proto/line.h"

#define PAUSE_MS 20 /* between tries while the broker's queue is full */

struct channel {
	struct sockaddr_un address;
	bool checked;
	int fd;	       /* -1: not connected */
	pid_t owner;   /* the process that connected */
	bool kept;     /* connected before the last request */
	bool answered; /* a byte came since the last request */
	size_t start;  /* of what is not yet read by the caller */
	size_t end;    /* of what came */
	char bytes[LINE_LONG_MAX];
};

int64_t
channel_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* it cannot fail */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct channel *
channel_new(const char *path, bool checked)
{
	struct channel *channel;
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(channel->address.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	channel = calloc(1, sizeof(*channel));
	if (channel == NULL)
		return NULL;
	channel->address.sun_family = AF_UNIX;
	memcpy(channel->address.sun_path, path, len + 1);
	channel->checked = checked;
	channel->fd = -1;
	return channel;
}

void
channel_hang_up(struct channel *channel)
{
	explicit_bzero(channel->bytes, channel->end);
	channel->start = 0;
	channel->end = 0;
	if (channel->fd >= 0)
		(void)close(channel->fd); /* nothing is left to lose */
	channel->fd = -1;
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	channel_hang_up(channel);
	free(channel);
}

/* Wait until the descriptor is ready for events. */
static int
await(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - channel_now_ms();
		int n;

		if (left <= 0)
			return MAILSEAL_E_TIMEOUT;
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return MAILSEAL_OK;
		if (n < 0 && errno != EINTR)
			return MAILSEAL_E_NOBROKER;
	}
}

/*
 * Whether nobody but root and who listens could have put the socket there: the
 * folder is root's, or root gave it to the user who listens.
 */
static bool
is_safe(const struct channel *channel)
{
	char folder[sizeof(channel->address.sun_path)];
	const char *slash = strrchr(channel->address.sun_path, '/');
	struct ucred server;
	struct stat st;
	size_t len;

	if (slash == NULL || slash == channel->address.sun_path)
		return false;
	len = (size_t)(slash - channel->address.sun_path);
	memcpy(folder, channel->address.sun_path, len);
	folder[len] = '\0';
	return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	    channel_server(channel, &server) &&
	    (st.st_uid == 0 || st.st_uid == server.uid);
}

/* Connect fd; a full queue of the broker's is waited for. */
static int
knock(struct channel *channel, int fd, int64_t deadline)
{
	const struct sockaddr *address =
	    (const struct sockaddr *)&channel->address;

	while (connect(fd, address, sizeof(channel->address)) != 0) {
		if (errno == EACCES || errno == EPERM)
			return MAILSEAL_E_DENIED;
		if (errno != EAGAIN && errno != EINTR)
			return MAILSEAL_E_NOBROKER;
		if (channel_now_ms() + PAUSE_MS > deadline)
			return MAILSEAL_E_TIMEOUT;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return MAILSEAL_OK;
}

static int
dial(struct channel *channel, int64_t deadline)
{
	int error, fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return MAILSEAL_E_NOBROKER;
	error = knock(channel, fd, deadline);
	if (error != MAILSEAL_OK) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return error;
	}
	channel->fd = fd;
	channel->owner = getpid();
	if (channel->checked && !is_safe(channel)) {
		channel_hang_up(channel);
		return MAILSEAL_E_UNSAFE;
	}
	return MAILSEAL_OK;
}

/* A kept connection is good while it is ours, open and silent. */
static bool
is_good(const struct channel *channel)
{
	char byte;

	if (channel->fd < 0 || channel->owner != getpid() ||
	    channel->start != channel->end)
		return false;
	return recv(channel->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK);
}

int
channel_send(struct channel *channel, const void *bytes, size_t len,
    int64_t deadline)
{
	const char *at = bytes;
	int error;

	channel->answered = false;
	channel->kept = is_good(channel);
	if (!channel->kept) {
		channel_hang_up(channel);
		error = dial(channel, deadline);
		if (error != MAILSEAL_OK)
			return error;
	}
	while (len > 0) {
		ssize_t n = send(channel->fd, at, len, MSG_NOSIGNAL);

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EPIPE || errno == ECONNRESET)
			break; /* an answer, such as "busy", may lie there */
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return MAILSEAL_E_NOBROKER;
		error = await(channel->fd, POLLOUT, deadline);
		if (error != MAILSEAL_OK)
			return error;
	}
	return MAILSEAL_OK;
}

/* Wipe what the caller has read, and make room for more. */
static int
make_room(struct channel *channel)
{
	size_t len = channel->end - channel->start;

	if (channel->end < sizeof(channel->bytes))
		return MAILSEAL_OK;
	if (channel->start == 0)
		return MAILSEAL_E_TOOLONG;
	memmove(channel->bytes, channel->bytes + channel->start, len);
	explicit_bzero(channel->bytes + len, channel->end - len);
	channel->start = 0;
	channel->end = len;
	return MAILSEAL_OK;
}

static int
fill(struct channel *channel, int64_t deadline)
{
	int error = make_room(channel);
	ssize_t n;

	if (error == MAILSEAL_OK)
		error = await(channel->fd, POLLIN, deadline);
	if (error != MAILSEAL_OK)
		return error;

	n = recv(channel->fd, channel->bytes + channel->end,
	    sizeof(channel->bytes) - channel->end, 0);
	if (n == 0)
		errno = 0;
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ?
		    MAILSEAL_OK :
		    MAILSEAL_E_NOBROKER;
	channel->answered = true;
	channel->end += (size_t)n;
	return MAILSEAL_OK;
}

void
channel_wipe(struct channel *channel)
{
	explicit_bzero(channel->bytes, channel->start);
	if (channel->start != channel->end)
		return;
	channel->start = 0;
	channel->end = 0;
}

int
channel_line(struct channel *channel, int64_t deadline, char **line,
    size_t *len)
{
	channel_wipe(channel);
	if (channel->fd < 0) {
		errno = ENOTCONN;
		return MAILSEAL_E_NOBROKER;
	}
	for (;;) {
		char *at = channel->bytes + channel->start;
		char *lf = memchr(at, '\n', channel->end - channel->start);
		int error;

		if (lf != NULL) {
			*line = at;
			*len = (size_t)(lf - at);
			channel->start += *len + 1;
			return MAILSEAL_OK;
		}
		error = fill(channel, deadline);
		if (error != MAILSEAL_OK)
			return error;
	}
}

bool
channel_was_kept(const struct channel *channel)
{
	return channel->kept;
}

bool
channel_was_answered(const struct channel *channel)
{
	return channel->answered;
}

bool
channel_server(const struct channel *channel, struct ucred *server)
{
	socklen_t len = sizeof(*server);

	return channel->fd >= 0 &&
	    getsockopt(channel->fd, SOL_SOCKET, SO_PEERCRED, server, &len) == 0;
}

int
channel_fd(const struct channel *channel)
{
	return channel->fd;
}

const char *
channel_path(const struct channel *channel)
{
	return channel->address.sun_path;
}
