/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/courier/child.h"
#include "broker/courier/clock.h"
#include "broker/courier/exchange.h"
#include "broker/log.h"
#include "broker/secret.h"
#include "proto/error.h"

#define ARENA (2 * 1024 * 1024)

/* Read until a line is whole; *len is its length without LF. */
static int
read_line(int connection, struct secret *buffer, size_t *len)
{
	int64_t deadline = clock_ms() + CHILD_READ_MS;
	struct pollfd wait = { .fd = connection, .events = POLLIN };
	size_t have = 0;

	while (have < buffer->len) {
		unsigned char *end;
		ssize_t n;

		if (poll(&wait, 1, clock_left_ms(deadline)) == 0)
			return MAILSEAL_E_TIMEOUT;
		n = recv(connection, buffer->data + have, buffer->len - have,
		    MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return MAILSEAL_E_IO;
		end = memchr(buffer->data + have, '\n', (size_t)n);
		have += (size_t)n;
		if (end == NULL)
			continue;
		if (end + 1 != buffer->data + have)
			return MAILSEAL_E_MALFORMED; /* one line, no more */
		*len = have - 1;
		return MAILSEAL_OK;
	}
	return MAILSEAL_E_TOOLONG;
}

/* Tell the parent how long this may take, or that it is answered. */
static void
announce(int tell, const struct exchange *exchange, bool answers)
{
	struct news news = { .answers = answers };

	news.timeout_ms = (uint32_t)exchange->timeout_ms;
	(void)snprintf(news.module, sizeof(news.module), "%s",
	    exchange->module != NULL ? exchange->module : "");
	if (write(tell, &news, sizeof(news)) != (ssize_t)sizeof(news))
		log_warn("parent not told", "pid=%d", (int)getpid());
}

static int
send_all(int connection, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(connection, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return MAILSEAL_E_IO;
		bytes += n;
		len -= (size_t)n;
	}
	return MAILSEAL_OK;
}

/* Read the request, do it, and write the reply of *len bytes. */
static int
serve(int connection, int tell, const struct trust *trust, const char *folder,
    struct secret *request, struct secret *reply, size_t *len)
{
	char *bytes = (char *)reply->data;
	struct line line = { .error = MAILSEAL_OK };
	struct exchange exchange = { .module = NULL };
	size_t got = 0;
	int error;

	error = read_line(connection, request, &got);
	if (error == MAILSEAL_E_IO) {
		announce(tell, &exchange, true); /* there is nobody to answer */
		return error;
	}
	if (error == MAILSEAL_OK) {
		line_start(&line, (char *)request->data, got);
		error = exchange_read(&exchange, &line);
	}
	if (error == MAILSEAL_OK) {
		announce(tell, &exchange, false);
		error = exchange_run(&exchange, trust, folder, bytes,
		    reply->len, len);
	}
	announce(tell, &exchange, true);
	if (error == MAILSEAL_OK)
		return MAILSEAL_OK;
	log_warn("request refused", "reason=%s field=%s",
	    mailseal_error_name(error),
	    line.culprit != NULL ? line.culprit : "");
	return exchange_refuse(&line, error, bytes, reply->len, len);
}

void
child_run(int connection, int tell, const struct anchors *anchors,
    const char *folder)
{
	const struct trust trust = { anchors->store, anchors->path, NULL };
	struct secret *request, *reply;
	size_t len = 0;
	int error;

	if (secret_arena_open(ARENA) != MAILSEAL_OK) {
		log_error("no memory", "what=arena");
		_exit(EXIT_FAILURE);
	}
	request = secret_new(LINE_LONG_MAX);
	reply = secret_new(LINE_LONG_MAX);
	if (request == NULL || reply == NULL)
		_exit(EXIT_FAILURE);
	error = serve(connection, tell, &trust, folder, request, reply, &len);
	if (error == MAILSEAL_OK)
		error = send_all(connection, reply->data, len);
	/* All secrets of this process lie in the arena. */
	secret_arena_close();
	_exit(error == MAILSEAL_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}
