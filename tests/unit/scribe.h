/* SPDX-License-Identifier: ISC */
/*
 * scribe: a journal of the test's own, which reads when it is told to.
 */
#ifndef TESTS_UNIT_SCRIBE_H
#define TESTS_UNIT_SCRIBE_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/folder.h"

#define SCRIBE_MAX 65536

static int scribe = -1;
static char scribed[SCRIBE_MAX]; /* the last datagram, and a NUL */
static size_t scribed_len;

static inline struct sockaddr_un
scribe_address(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/journal",
	    folder);
	return address;
}

/* Listen at "journal" in the folder. */
static inline void
scribe_comes(void)
{
	struct sockaddr_un address = scribe_address();

	scribe = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(scribe >= 0);
	assert_int_equal(bind(scribe, (struct sockaddr *)&address,
			     sizeof(address)),
	    0);
}

/* Be gone, and leave the path behind as a crash does. */
static inline void
scribe_dies(void)
{
	if (scribe >= 0)
		(void)close(scribe);
	scribe = -1;
}

static inline void
scribe_goes(void)
{
	scribe_dies();
	(void)unlink(path_of("journal"));
}

/* Read the next entry into scribed; false when there is none. */
static inline bool
scribe_reads(void)
{
	ssize_t n = recv(scribe, scribed, sizeof(scribed) - 1, 0);

	scribed_len = n > 0 ? (size_t)n : 0;
	scribed[scribed_len] = '\0';
	return n > 0;
}

/* Another sends as much as is taken of him; how many entries that is. */
static inline unsigned
scribe_hears_one_more(void)
{
	struct sockaddr_un address = scribe_address();
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	unsigned sent = 0;

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	while (send(fd, "FLOOD=1\n", 8, 0) == 8)
		sent++;
	assert_int_equal(errno, EAGAIN);
	(void)close(fd);
	return sent;
}

/* Others fill its queue, as they do while it is stopped. */
static inline void
scribe_is_flooded(void)
{
	while (scribe_hears_one_more() > 0)
		;
}

/* Read away what others sent; how many entries were ours. */
static inline unsigned
scribe_reads_all(void)
{
	unsigned ours = 0;

	while (scribe_reads())
		ours += strcmp(scribed, "FLOOD=1\n") != 0;
	return ours;
}

/* A field of the last entry, in its short form; NULL when it has none. */
static inline const char *
scribed_field(const char *field)
{
	static char values[4][4096];
	static unsigned turn_of;
	char *value = values[turn_of++ % 4];
	size_t len = strlen(field);

	for (const char *line = scribed; line != NULL && *line != '\0';) {
		if (strncmp(line, field, len) == 0 && line[len] == '=') {
			(void)snprintf(value, 4096, "%.*s",
			    (int)strcspn(line + len + 1, "\n"), line + len + 1);
			return value;
		}
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return NULL;
}

static inline void
expect_field(const char *field, const char *wanted)
{
	const char *value = scribed_field(field);

	if (value == NULL || strcmp(value, wanted) != 0)
		fail_msg("%s is \"%s\", not \"%s\", in:\n%s", field,
		    value != NULL ? value : "(missing)", wanted, scribed);
}

#endif
