/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/intake.h"
#include "client/mailseal/terminal.h"

void
intake_wipe(struct intake *intake)
{
	explicit_bzero(intake->bytes, sizeof(intake->bytes));
	intake->len = 0;
}

static int
read_all(struct intake *intake, int fd, const char *name)
{
	while (intake->len < sizeof(intake->bytes) - 1) {
		ssize_t n = read(fd, intake->bytes + intake->len,
		    sizeof(intake->bytes) - 1 - intake->len);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain(EX_NOINPUT, "%s: %s", name,
			    strerror(errno));
		intake->len += (size_t)n;
	}
	return EX_OK;
}

static int
read_file(struct intake *intake, const char *file)
{
	int status, fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return complain(EX_NOINPUT, "%s: %s", file, strerror(errno));
	status = read_all(intake, fd, file);
	(void)close(fd); /* it was only read */
	return status;
}

/* The line that was typed; EX_OK also when a signal ended it. */
static int
read_terminal(struct intake *intake, const char *name, bool echo)
{
	struct pollfd keyboard = { .fd = STDIN_FILENO, .events = POLLIN };
	struct entry entry = { 0 };
	enum typed typed = TYPED_SOME;

	terminal_watch(); /* no key is echoed once the prompt is seen */
	glyph_print(stderr, name);
	(void)fputs(": ", stderr);
	while (typed == TYPED_SOME) {
		int n = terminal_poll(&keyboard, 1, -1);

		if (n > 0)
			typed = terminal_take(&entry, echo);
		else if (n < 0)
			break; /* a signal, or no terminal any more */
	}
	intake->signal = terminal_release();
	if (typed != TYPED_LINE)
		(void)fputc('\n', stderr);
	if (typed == TYPED_LINE) {
		intake->len = entry.len <= SECRET_MAX ? entry.len :
							SECRET_MAX + 1;
		memcpy(intake->bytes, entry.bytes, intake->len);
	}
	explicit_bzero(&entry, sizeof(entry));
	return EX_OK;
}

/* Just the line: its end is no part of it. */
static int
trim(struct intake *intake, const char *name)
{
	char *bytes = intake->bytes;

	if (intake->len > 0 && bytes[intake->len - 1] == '\n')
		bytes[--intake->len] = '\0';
	if (intake->len > 0 && bytes[intake->len - 1] == '\r')
		bytes[--intake->len] = '\0';
	if (intake->len == 0)
		return complain(EX_DATAERR, "%s: nothing was given", name);
	if (intake->len > SECRET_MAX)
		return complain(EX_DATAERR, "%s: it is longer than %d bytes",
		    name, SECRET_MAX);
	if (memchr(bytes, '\n', intake->len) != NULL ||
	    memchr(bytes, '\0', intake->len) != NULL)
		return complain(EX_DATAERR, "%s: it is more than one line",
		    name);
	return EX_OK;
}

static int
take(struct intake *intake, const char *file, const char *name, bool echo)
{
	int status;

	memset(intake, 0, sizeof(*intake));
	if (file != NULL && strcmp(file, "-") != 0)
		status = read_file(intake, file);
	else if (file == NULL && isatty(STDIN_FILENO) == 1)
		status = read_terminal(intake, name, echo);
	else
		status = read_all(intake, STDIN_FILENO, "stdin");
	if (status == EX_OK && intake->signal != 0)
		status = complain(EX_TEMPFAIL, "%s",
		    echo ? "given up" : "given up; nothing was stored");
	else if (status == EX_OK)
		status = trim(intake, name);
	if (status != EX_OK)
		intake_wipe(intake);
	return status;
}

int
intake_take(struct intake *intake, const char *file, const char *name)
{
	return take(intake, file, name, false);
}

int
intake_take_shown(struct intake *intake, const char *name)
{
	return take(intake, NULL, name, true);
}
