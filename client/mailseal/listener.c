/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client/mailseal/listener.h"
#include "proto/verb.h"

#define REQUEST_MAX 16384 /* bytes of a request's head */
#define PAGE_MAX 8192
#define SILENCE_S 60 /* browsers open connections to have them at hand */
#define TRIES 8	     /* to find a port that is free on both addresses */

struct visitor {
	int fd; /* -1: nobody */
	time_t since;
	size_t len;
	bool whole;
	char *target; /* in bytes, when whole */
	char bytes[REQUEST_MAX + 1];
};

struct listener {
	int four; /* 127.0.0.1 */
	int six;  /* ::1, or -1 */
	unsigned port;
	struct visitor *current; /* who waits for an answer */
	struct visitor visitor[LISTENER_VISITORS];
};

static time_t
now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* it cannot fail */
	return now.tv_sec;
}

static void
dismiss(struct visitor *visitor)
{
	if (visitor->fd >= 0)
		(void)close(visitor->fd);	      /* he has all he gets */
	explicit_bzero(visitor->bytes, visitor->len); /* a code was in it */
	visitor->fd = -1;
	visitor->len = 0;
	visitor->whole = false;
	visitor->target = NULL;
}

void
listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	for (size_t i = 0; i < LISTENER_VISITORS; i++)
		dismiss(&listener->visitor[i]);
	if (listener->four >= 0)
		(void)close(listener->four);
	if (listener->six >= 0)
		(void)close(listener->six);
	free(listener);
}

static int
listen_at(const struct sockaddr *address, socklen_t len)
{
	int yes = 1;
	int fd = socket(address->sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	/* Without it a port that was used a minute ago is refused. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes,
		    sizeof(yes));
	if (bind(fd, address, len) != 0 || listen(fd, LISTENER_VISITORS) != 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/*
 * Both addresses, for "localhost" may mean either.  On ::1 nobody else may
 * listen at our port; a host without IPv6 is fine.
 */
static bool
open_both(struct listener *listener, unsigned port)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(four);

	listener->four = listen_at((struct sockaddr *)&four, len);
	if (listener->four < 0 ||
	    getsockname(listener->four, (struct sockaddr *)&four, &len) != 0)
		return false;
	listener->port = ntohs(four.sin_port);
	six.sin6_port = four.sin_port;
	listener->six = listen_at((struct sockaddr *)&six, sizeof(six));
	return listener->six >= 0 || errno != EADDRINUSE;
}

struct listener *
listener_new(unsigned port)
{
	for (int i = 0; i < (port == 0 ? TRIES : 1); i++) {
		struct listener *listener = calloc(1, sizeof(*listener));
		int saved;

		if (listener == NULL)
			return NULL;
		listener->four = -1;
		listener->six = -1;
		for (size_t v = 0; v < LISTENER_VISITORS; v++)
			listener->visitor[v].fd = -1;
		if (open_both(listener, port))
			return listener;
		saved = errno;
		listener_free(listener);
		errno = saved;
	}
	return NULL;
}

unsigned
listener_port(const struct listener *listener)
{
	return listener->port;
}

size_t
listener_fds(const struct listener *listener, struct pollfd *fds)
{
	size_t count = 0;

	fds[count++] = (struct pollfd){ listener->four, POLLIN, 0 };
	fds[count++] = (struct pollfd){ listener->six, POLLIN, 0 };
	for (size_t i = 0; i < LISTENER_VISITORS; i++)
		if (listener->visitor[i].fd >= 0 && !listener->visitor[i].whole)
			fds[count++] = (struct pollfd){ listener->visitor[i].fd,
				POLLIN, 0 };
	return count;
}

/* Let in who knocks; the eldest goes when all places are taken. */
static void
let_in(struct listener *listener, int fd)
{
	struct visitor *place = &listener->visitor[0];

	for (size_t i = 1; i < LISTENER_VISITORS; i++) {
		struct visitor *other = &listener->visitor[i];

		if (place->fd < 0)
			break;
		if (other->fd < 0 ||
		    (!other->whole &&
			(place->whole || other->since < place->since)))
			place = other;
	}
	dismiss(place);
	place->fd = fd;
	place->since = now_s();
}

static void
accept_all(struct listener *listener, int at)
{
	int fd;

	if (at < 0)
		return;
	while (
	    (fd = accept4(at, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		let_in(listener, fd);
}

/* Text for HTML; what has a meaning there is written out. */
static void
escape(char *to, size_t size, const char *text)
{
	size_t len = 0;

	to[0] = '\0';
	for (; *text != '\0' && len + 8 < size; text++) {
		const char *word = *text == '<' ? "&lt;" :
		    *text == '>'		? "&gt;" :
		    *text == '&'		? "&amp;" :
		    *text == '"'		? "&quot;" :
						  NULL;

		if (word != NULL)
			len += (size_t)snprintf(to + len, size - len, "%s",
			    word);
		else
			to[len++] = *text;
		to[len] = '\0';
	}
}

static void
answer(struct visitor *visitor, const char *status, const char *title,
    const char *text)
{
	char plain[PAGE_MAX / 2], page[PAGE_MAX], whole[PAGE_MAX * 2];
	int len;

	escape(plain, sizeof(plain), text);
	len = snprintf(page, sizeof(page),
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<title>%s</title></head>\n"
	    "<body><h1>%s</h1><p>%s</p></body></html>\n",
	    title, title, plain);
	len = snprintf(whole, sizeof(whole),
	    "HTTP/1.1 %s\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: %d\r\n"
	    "Cache-Control: no-store\r\n"
	    "Content-Security-Policy: default-src 'none'\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "Connection: close\r\n\r\n%s",
	    status, len, page);
	/* It fits the socket's buffer; who does not read has lost it. */
	if (len > 0 && (size_t)len < sizeof(whole))
		(void)send(visitor->fd, whole, (size_t)len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	dismiss(visitor);
}

/* The target of "GET target HTTP/1.x", when the head is whole. */
static void
understand(struct visitor *visitor)
{
	char *bytes = visitor->bytes, *end;

	if (strncmp(bytes, "GET ", 4) != 0) {
		answer(visitor, "405 Method Not Allowed\r\nAllow: GET",
		    "Not for this", "Only the end of a sign-in is seen here.");
		return;
	}
	visitor->target = bytes + 4;
	end = visitor->target + strcspn(visitor->target, " \r\n");
	if (strncmp(end, " HTTP/1.", 8) != 0 || visitor->target[0] != '/' ||
	    end - visitor->target > URL_MAX) {
		answer(visitor, "400 Bad Request", "Not understood",
		    "This is no request of a browser.");
		return;
	}
	*end = '\0';
	visitor->whole = true;
}

static void
hear(struct visitor *visitor)
{
	ssize_t n = recv(visitor->fd, visitor->bytes + visitor->len,
	    REQUEST_MAX - visitor->len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (now_s() - visitor->since > SILENCE_S)
			dismiss(visitor);
		return;
	}
	if (n <= 0) { /* gone, or too much was said */
		dismiss(visitor);
		return;
	}
	visitor->len += (size_t)n;
	visitor->bytes[visitor->len] = '\0';
	if (strstr(visitor->bytes, "\r\n\r\n") != NULL ||
	    strstr(visitor->bytes, "\n\n") != NULL)
		understand(visitor);
}

void
listener_step(struct listener *listener)
{
	accept_all(listener, listener->four);
	accept_all(listener, listener->six);
	for (size_t i = 0; i < LISTENER_VISITORS; i++) {
		struct visitor *visitor = &listener->visitor[i];

		if (visitor->fd >= 0 && !visitor->whole)
			hear(visitor);
	}
}

const char *
listener_take(struct listener *listener)
{
	for (size_t i = 0; i < LISTENER_VISITORS; i++) {
		if (!listener->visitor[i].whole)
			continue;
		listener->current = &listener->visitor[i];
		return listener->current->target;
	}
	return NULL;
}

void
listener_answer(struct listener *listener, const char *status,
    const char *title, const char *text)
{
	if (listener->current != NULL)
		answer(listener->current, status, title, text);
	listener->current = NULL;
}
