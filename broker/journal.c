/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/deadline.h"
#include "broker/journal.h"
#include "proto/error.h"

struct journal {
	struct sockaddr_un address;
	int fd;	    /* connected; -1: not */
	bool known; /* it was there at some time */
	bool tired; /* a wait was in vain, and nothing was taken since */
};

static void
append(struct journal_entry *entry, const void *bytes, size_t len)
{
	if (entry->spoiled || len > sizeof(entry->bytes) - entry->len) {
		entry->spoiled = true;
		return;
	}
	memcpy(entry->bytes + entry->len, bytes, len);
	entry->len += len;
}

void
journal_put(struct journal_entry *entry, const char *field, const char *value)
{
	size_t len = strlen(value);
	unsigned char size[8]; /* 64 bits, the lowest byte first */

	append(entry, field, strlen(field));
	if (memchr(value, '\n', len) == NULL)
		append(entry, "=", 1);
	else {
		for (size_t i = 0; i < sizeof(size); i++)
			size[i] = (unsigned char)((uint64_t)len >> (8 * i));
		append(entry, "\n", 1);
		append(entry, size, sizeof(size));
	}
	append(entry, value, len);
	append(entry, "\n", 1);
}

void
journal_print(struct journal_entry *entry, const char *field,
    const char *format, ...)
{
	char value[2048];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(value, sizeof(value), format, ap);
	va_end(ap);
	journal_put(entry, field, value);
}

static void
hang_up(struct journal *journal)
{
	if (journal->fd >= 0)
		(void)close(journal->fd);
	journal->fd = -1;
}

void
journal_free(struct journal *journal)
{
	if (journal == NULL)
		return;
	hang_up(journal);
	free(journal);
}

struct journal *
journal_new(const char *path)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL)
		return NULL;
	journal->fd = -1;
	journal->address.sun_family = AF_UNIX;
	/* One that does not fit leaves "": no journal. */
	if (strlen(path) < sizeof(journal->address.sun_path))
		memcpy(journal->address.sun_path, path, strlen(path));
	return journal;
}

/* To connect datagram sockets never waits: there is nobody to accept. */
static bool
is_connected(struct journal *journal)
{
	if (journal->fd >= 0)
		return true;
	if (journal->address.sun_path[0] == '\0')
		return false; /* it would name an abstract socket */
	journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (journal->fd < 0)
		return false;
	if (connect(journal->fd, (const struct sockaddr *)&journal->address,
		sizeof(journal->address)) < 0) {
		hang_up(journal);
		return false;
	}
	journal->known = true;
	return true;
}

bool
journal_is_known(struct journal *journal)
{
	return journal->known || is_connected(journal);
}

/* Once, and once more to the one that took the place of a dead one. */
static int
try_send(struct journal *journal, const struct journal_entry *entry)
{
	for (int tries = 0; tries < 2; tries++) {
		if (!is_connected(journal))
			return MAILSEAL_E_IO;
		/* A datagram goes as a whole or not at all. */
		if (send(journal->fd, entry->bytes, entry->len,
			MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return MAILSEAL_OK;
		if (errno == EAGAIN || errno == ENOBUFS)
			return MAILSEAL_E_BUSY;
		hang_up(journal);
	}
	return MAILSEAL_E_IO;
}

/* Wait for room, and take it before others do. */
static int
try_for_a_while(struct journal *journal, const struct journal_entry *entry)
{
	uint64_t now = now_ms(), until = now + JOURNAL_PATIENCE_MS;
	int error = MAILSEAL_E_BUSY;

	while (error == MAILSEAL_E_BUSY && now < until) {
		struct pollfd room = { .fd = journal->fd, .events = POLLOUT };

		if (poll(&room, 1, (int)(until - now)) > 0)
			error = try_send(journal, entry);
		now = now_ms();
	}
	return error;
}

int
journal_send(struct journal *journal, const struct journal_entry *entry,
    bool patient)
{
	int error;

	if (entry->spoiled)
		return MAILSEAL_E_TOOLONG;
	error = try_send(journal, entry);
	if (error == MAILSEAL_E_BUSY && patient && !journal->tired) {
		error = try_for_a_while(journal, entry);
		journal->tired = error != MAILSEAL_OK;
	}
	if (error == MAILSEAL_OK)
		journal->tired = false;
	else if (journal->tired)
		/* Another may have its place by the next time. */
		hang_up(journal);
	return error;
}
