/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/dial.h"
#include "broker/courier/tunnel.h"
#include "broker/log.h"
#include "proto/error.h"

#define SERVER_MAX 300 /* bytes of HOST:PORT */
#define LINE_MAX 1024  /* bytes of the status line */

/* A conversation with a proxy. */
struct tunnel {
	int fd;
	int64_t until_ms;
	size_t left; /* bytes of its answer that we still take */
};

/* Send all of it: 0, or an errno. */
static int
say(const struct tunnel *tunnel, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = send(tunnel->fd, text, len, MSG_NOSIGNAL);
		int fault = n < 0 ? errno : 0;

		if (fault == EAGAIN)
			fault = dial_wait(tunnel->fd, POLLOUT,
			    tunnel->until_ms);
		if (fault != 0 && fault != EINTR)
			return fault;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Take one byte: 0, or an errno; ECONNRESET when the proxy closed. */
static int
take(struct tunnel *tunnel, char *byte)
{
	if (tunnel->left-- == 0) {
		tunnel->left = 0;
		return EMSGSIZE;
	}
	for (;;) {
		ssize_t n = recv(tunnel->fd, byte, 1, 0);
		int fault = n < 0 ? errno : n == 0 ? ECONNRESET : 0;

		if (fault == EAGAIN)
			fault = dial_wait(tunnel->fd, POLLIN, tunnel->until_ms);
		else if (fault == 0)
			return 0;
		if (fault != 0 && fault != EINTR)
			return fault;
	}
}

/* Take a line without its CR LF: 0, or an errno; EMSGSIZE: it is too long. */
static int
take_line(struct tunnel *tunnel, char line[LINE_MAX], size_t *len)
{
	int fault;

	for (*len = 0; *len < LINE_MAX - 1; ++*len) {
		fault = take(tunnel, &line[*len]);
		if (fault == 0 && line[*len] != '\n')
			continue;
		if (fault == 0 && *len > 0 && line[*len - 1] == '\r')
			--*len;
		line[*len] = '\0';
		return fault;
	}
	line[*len] = '\0';
	return EMSGSIZE;
}

/* The status of "HTTP/1.1 200 words"; 0: it is no such line. */
static int
status_of(const char *line, size_t len)
{
	int status = 0;

	if (len < 12 || strlen(line) != len ||
	    strncmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ' ||
	    (len > 12 && line[12] != ' '))
		return 0;
	for (int i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		status = status * 10 + (line[i] - '0');
	}
	return status;
}

/* Skip its headers, to the empty line: 0, or an errno. */
static int
skip_headers(struct tunnel *tunnel)
{
	char byte = 0, last = '\n';
	int fault;

	while ((fault = take(tunnel, &byte)) == 0) {
		if (byte == '\r')
			continue;
		if (byte == '\n' && last == '\n')
			return 0;
		last = byte;
	}
	return fault;
}

void
tunnel_tell(const struct proxy *proxy, const char *server, const char *status,
    char why[TUNNEL_WHY_MAX])
{
	const char *port = strrchr(server, ':');
	const char *hint = "";

	if (status_of(status, strlen(status)) == 407)
		hint = " (it wants a password, and mailseal has none for it)";
	else if (port != NULL && strcmp(port, ":443") != 0)
		hint = " (many proxies let only port 443 through)";
	(void)snprintf(why, TUNNEL_WHY_MAX,
	    "the proxy %.100s:%u does not connect us to %.100s: %.120s%s",
	    printable(proxy->host), proxy->port, printable(server),
	    printable(status), hint);
}

/* The proxy failed before it had said a status. */
static int
fail(const struct proxy *proxy, const char *server, int fault, int within_s,
    const char *line, char why[TUNNEL_WHY_MAX])
{
	if (fault == ETIMEDOUT)
		(void)snprintf(why, TUNNEL_WHY_MAX,
		    "the proxy %.100s:%u did not connect us to %.100s within "
		    "%d s",
		    printable(proxy->host), proxy->port, printable(server),
		    within_s);
	else if (fault == 0 || fault == EMSGSIZE)
		(void)snprintf(why, TUNNEL_WHY_MAX,
		    "the proxy %.100s:%u gave what is no answer of a proxy: "
		    "%.160s",
		    printable(proxy->host), proxy->port, printable(line));
	else
		(void)snprintf(why, TUNNEL_WHY_MAX, "the proxy %.100s:%u: %s",
		    printable(proxy->host), proxy->port,
		    fault == ECONNRESET ? "it closed the connection" :
					  strerror(fault));
	return MAILSEAL_E_PROXY;
}

/* Have the proxy behind a socket connect us to that host. */
static int
pass(int fd, const struct proxy *proxy, const char *host, uint16_t port,
    int64_t until_ms, char why[TUNNEL_WHY_MAX])
{
	struct tunnel tunnel = { fd, until_ms, TUNNEL_ANSWER_MAX };
	bool six = strchr(host, ':') != NULL;
	int within_s = (clock_left_ms(until_ms) + 999) / 1000;
	char server[SERVER_MAX], request[2 * SERVER_MAX + 64];
	char line[LINE_MAX] = "";
	size_t len = 0;
	int fault, status = 0;

	(void)snprintf(server, sizeof(server), "%s%.253s%s:%u", six ? "[" : "",
	    host, six ? "]" : "", port);
	(void)snprintf(request, sizeof(request),
	    "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", server, server);
	fault = say(&tunnel, request);
	if (fault == 0)
		fault = take_line(&tunnel, line, &len);
	if (fault == 0)
		status = status_of(line, len);
	if (status / 100 == 2)
		fault = skip_headers(&tunnel);
	if (status == 0 || (status / 100 == 2 && fault != 0))
		return fail(proxy, server, fault, within_s, line, why);
	if (status / 100 == 2)
		return MAILSEAL_OK;
	tunnel_tell(proxy, server, line, why);
	return MAILSEAL_E_PROXY;
}

int
tunnel_dial(const struct proxy *proxy, const char *host, uint16_t port,
    int64_t until_ms, int *fd, char why[TUNNEL_WHY_MAX])
{
	int64_t last_ms = clock_ms() + DIAL_MS;
	int64_t end_ms = last_ms < until_ms ? last_ms : until_ms;
	char no_way[DIAL_WHY_MAX];
	int s = -1, error;

	if (dial(proxy->host, proxy->port, end_ms, &s, no_way) != MAILSEAL_OK) {
		(void)snprintf(why, TUNNEL_WHY_MAX, "the proxy: %s", no_way);
		return MAILSEAL_E_PROXY;
	}
	error = pass(s, proxy, host, port, end_ms, why);
	if (error != MAILSEAL_OK) {
		(void)close(s);
		return error;
	}
	*fd = s;
	return MAILSEAL_OK;
}
