/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/log.h"

#define LINE_LENGTH 1024  /* bytes of one log line */
#define PRINTABLE_MAX 240 /* bytes taken of a foreign text */

static const char *speaker = "mailseal";
static enum log_level threshold = LOG_LEVEL_WARN;

void
log_open(const char *program, enum log_level level)
{
	speaker = program;
	threshold = level;
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

static void __attribute__((format(printf, 3, 0)))
say(enum log_level level, const char *event, const char *format, va_list ap)
{
	char line[LINE_LENGTH];
	size_t len = 0;
	int n;

	if (level > threshold)
		return;
	if (getenv("JOURNAL_STREAM") != NULL)
		n = snprintf(line, sizeof(line), "<%d>%s: ", priority(level),
		    event);
	else
		n = snprintf(line, sizeof(line), "%s: %s: ", speaker, event);
	if (n > 0)
		len = (size_t)n;
	if (len < sizeof(line)) {
		n = vsnprintf(line + len, sizeof(line) - len, format, ap);
		if (n > 0)
			len += (size_t)n;
	}
	if (len > sizeof(line) - 1)
		len = sizeof(line) - 1;
	line[len++] = '\n';
	/* One call, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* there is nobody left to tell */
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

const char *
printable_bytes(const void *bytes, size_t len)
{
	static char buffers[4][PRINTABLE_MAX * 4 + 4];
	static unsigned turn;
	char *out = buffers[turn++ % 4];
	const unsigned char *in = bytes;
	size_t n = 0;

	for (size_t i = 0; i < len && i < PRINTABLE_MAX; i++) {
		if (in[i] >= 0x20 && in[i] < 0x7f && in[i] != '\\')
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
printable(const char *text)
{
	if (text == NULL)
		return "-";
	return printable_bytes(text, strlen(text));
}
