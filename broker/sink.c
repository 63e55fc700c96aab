/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/log.h"
#include "broker/sink.h"
#include "proto/error.h"

struct sink {
	struct journal *journal; /* NULL: none */
	int fd;			 /* of the file; -1: none */
	bool torn;		 /* the file ends with a piece of a line */
};

void
sink_free(struct sink *sink)
{
	if (sink == NULL)
		return;
	if (sink->fd >= 0)
		(void)close(sink->fd);
	free(sink);
}

/* A power cut may have left half a line, which the next one must not join. */
static bool
is_torn(int fd, const char *path)
{
	struct stat st;
	char last = '\n';
	int again;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	again = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (again >= 0 && pread(again, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	if (again >= 0)
		(void)close(again);
	return last != '\n';
}

int
sink_reopen(struct sink *sink, const char *path)
{
	int fd = -1;

	if (path != NULL) {
		fd = open(path,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			O_NONBLOCK | O_NOCTTY,
		    0600);
		if (fd < 0)
			return MAILSEAL_E_IO;
	}
	if (sink->fd >= 0)
		(void)close(sink->fd);
	sink->fd = fd;
	sink->torn = fd >= 0 && is_torn(fd, path);
	return MAILSEAL_OK;
}

int
sink_open(const char *path, struct sink **sink)
{
	AUTO(sink) made = calloc(1, sizeof(*made));
	int error;

	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	made->fd = -1;
	error = sink_reopen(made, path);
	if (error != MAILSEAL_OK)
		return error;
	*sink = made;
	made = NULL;
	return MAILSEAL_OK;
}

void
sink_use(struct sink *sink, struct journal *journal)
{
	sink->journal = journal;
}

/* Take away the piece of a line that a full disk took; it is at the end. */
static bool
take_back(int fd, ssize_t len)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	return end >= len && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == end && ftruncate(fd, end - len) == 0;
}

/*
 * The file has O_NONBLOCK, so that a pipe or terminal is not waited for.  A
 * line fits a pipe as a whole or not at all (PIPE_BUF); a disk may take a
 * piece of it.
 */
static bool
append(struct sink *sink, const char *text, size_t len)
{
	ssize_t n;

	if (sink->torn && write(sink->fd, "\n", 1) != 1)
		return false;
	sink->torn = false;
	n = write(sink->fd, text, len);
	if (n >= 0 && (size_t)n == len)
		return true;
	sink->torn = n > 0 && !take_back(sink->fd, n);
	return false;
}

bool
sink_takes(struct sink *sink, const struct deed_lines *lines)
{
	if (sink->journal != NULL &&
	    journal_send(sink->journal, &lines->entry, true) == MAILSEAL_OK)
		return true;
	if (sink->fd >= 0)
		return append(sink, lines->text, lines->len);
	/* What the journal does not take now it would not find there later. */
	return (sink->journal == NULL || !journal_is_known(sink->journal)) &&
	    log_print(lines->text, lines->len);
}
