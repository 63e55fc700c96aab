/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/log.h"

#define LINE_LENGTH 1024  /* bytes of one log line */
#define PRINTABLE_MAX 240 /* bytes taken of a foreign text */

static const char *speaker = "mailseal";
static enum log_level threshold = LOG_LEVEL_WARN;
static log_taker *taker;
static void *taker_arg;
static bool torn;	   /* the last line has no end */
static unsigned long lost; /* lines since one was taken */
static pid_t loser;	   /* the process that lost them */

void
log_open(const char *program, enum log_level level)
{
	speaker = program;
	threshold = level;
}

void
log_offer(log_taker *to, void *arg)
{
	taker = to;
	taker_arg = arg;
}

bool
log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	char *end;

	/* It is inherited by whoever has another standard error by now. */
	if (stream == NULL || fstat(STDERR_FILENO, &st) < 0)
		return false;
	device = strtoull(stream, &end, 10);
	if (*end != ':')
		return false;
	inode = strtoull(end + 1, &end, 10);
	return *end == '\0' && device == st.st_dev && inode == st.st_ino;
}

/*
 * What a pipe or a terminal that we may not open takes.  Room in a pipe is a
 * page, and no line is longer.  Room in a terminal is a byte at least, and may
 * be no more (measured: a line that finds too little waits for its reader).
 */
static ssize_t
write_piecewise(bool pipe, const char *bytes, size_t len)
{
	size_t piece = pipe ? len : 1, at = 0;

	while (at < len) {
		struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
		ssize_t n;

		if (poll(&room, 1, 0) <= 0 || room.revents != POLLOUT)
			break;
		n = write(STDERR_FILENO, bytes + at, piece);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	return (ssize_t)at;
}

/*
 * What standard error takes without waiting.  Others have it too, so that
 * its O_NONBLOCK is not ours to set.  A file waits for its disk at most; what
 * has a reader is a socket, or is opened anew, with flags of our own.
 */
static ssize_t
take(const char *bytes, size_t len)
{
	struct stat st;
	ssize_t n;
	int fd;

	if (fstat(STDERR_FILENO, &st) < 0)
		return -1;
	if (S_ISSOCK(st.st_mode))
		return send(STDERR_FILENO, bytes, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (S_ISREG(st.st_mode))
		return write(STDERR_FILENO, bytes, len);
	fd = open("/proc/self/fd/2",
	    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) /* another user's, or there is no /proc */
		return write_piecewise(S_ISFIFO(st.st_mode), bytes, len);
	n = write(fd, bytes, len);
	(void)close(fd);
	return n;
}

/* One call where that goes, so that lines of several processes do not mix. */
static bool
put_line(const char *bytes, size_t len)
{
	ssize_t n;

	if (torn && take("\n", 1) != 1)
		return false;
	n = take(bytes, len);
	torn = n > 0 && (size_t)n < len;
	return n >= 0 && (size_t)n == len;
}

/* The syslog priority of a level, as systemd reads it from a line. */
static int
priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return 3;
	case LOG_LEVEL_WARN:
		return 4;
	case LOG_LEVEL_INFO:
		return 6;
	case LOG_LEVEL_DEBUG:
		return 7;
	}
	return 3;
}

/* A whole line with its LF, cut to the size; its length. */
static size_t __attribute__((format(printf, 4, 5)))
compose(char line[LINE_LENGTH], int level, const char *event,
    const char *format, ...)
{
	size_t len = 0;
	va_list ap;
	int n;

	if (log_is_journal())
		n = snprintf(line, LINE_LENGTH, "<%d>%s: ", level, event);
	else
		n = snprintf(line, LINE_LENGTH, "%s: %s: ", speaker, event);
	if (n > 0)
		len = (size_t)n;
	va_start(ap, format);
	if (len < LINE_LENGTH) {
		n = vsnprintf(line + len, LINE_LENGTH - len, format, ap);
		if (n > 0)
			len += (size_t)n;
	}
	va_end(ap);
	if (len > LINE_LENGTH - 1)
		len = LINE_LENGTH - 1;
	line[len++] = '\n';
	return len;
}

/* Whether nothing is left to be told of lines that were lost. */
static bool
tell_lost(void)
{
	char line[LINE_LENGTH];

	if (loser != getpid())
		lost = 0; /* what a parent lost, it tells itself */
	if (lost > 0 &&
	    put_line(line,
		compose(line, priority(LOG_LEVEL_WARN), "log lines lost", "%lu",
		    lost)))
		lost = 0;
	return lost == 0;
}

bool
log_print(const char *bytes, size_t len)
{
	return tell_lost() && put_line(bytes, len);
}

bool
log_is_behind(void)
{
	return lost > 0;
}

void
log_catch_up(void)
{
	(void)tell_lost();
}

static void __attribute__((format(printf, 3, 0)))
say(enum log_level level, const char *event, const char *format, va_list ap)
{
	char text[LINE_LENGTH], line[LINE_LENGTH];
	size_t len;

	if (level > threshold)
		return;
	(void)vsnprintf(text, sizeof(text), format, ap);
	if (taker != NULL && taker(taker_arg, priority(level), event, text))
		return;
	len = compose(line, priority(level), event, "%s", text);
	if (log_print(line, len))
		return;
	lost++;
	loser = getpid();
}

#define LEVEL(name, level)                                    \
	void name(const char *event, const char *format, ...) \
	{                                                     \
		va_list ap;                                   \
                                                              \
		va_start(ap, format);                         \
		say(level, event, format, ap);                \
		va_end(ap);                                   \
	}

LEVEL(log_error, LOG_LEVEL_ERROR)
LEVEL(log_warn, LOG_LEVEL_WARN)
LEVEL(log_info, LOG_LEVEL_INFO)
LEVEL(log_debug, LOG_LEVEL_DEBUG)

/* Bytes from lowest to ~ as they are. */
static const char *
show(const void *bytes, size_t len, unsigned char lowest)
{
	static char buffers[4][PRINTABLE_MAX * 4 + 4];
	static unsigned turn;
	char *out = buffers[turn++ % 4];
	const unsigned char *in = bytes;
	size_t n = 0;

	for (size_t i = 0; i < len && i < PRINTABLE_MAX; i++) {
		if (in[i] >= lowest && in[i] < 0x7f && in[i] != '\\')
			out[n++] = (char)in[i];
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02x", in[i]);
	}
	if (len > PRINTABLE_MAX) {
		memcpy(out + n, "...", 3);
		n += 3;
	}
	out[n] = '\0';
	return out;
}

const char *
printable_bytes(const void *bytes, size_t len)
{
	return show(bytes, len, ' ');
}

const char *
printable(const char *text)
{
	return text == NULL ? "-" : show(text, strlen(text), ' ');
}

const char *
printable_word(const char *text)
{
	return text == NULL ? "-" : show(text, strlen(text), '!');
}
