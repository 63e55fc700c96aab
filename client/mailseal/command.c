/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/mailseal.h"
#include "client/mailseal/command.h"
#include "client/mailseal/fold.h"
#include "proto/error.h"

int
complain(int status, const char *format, ...)
{
	char text[TEXT_MAX + 64];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* may be cut */
	va_end(args);
	(void)fputs("mailseal: ", stderr); /* there is no other place to say */
	fold_print(stderr, text, sizeof("mailseal: ") - 1, 2);
	(void)fputc('\n', stderr);
	return status;
}

int
complain_failure(const struct failure *failure)
{
	return complain(failure_exit(failure), "%s", failure->message);
}

static struct ask *
start(const char *option, const char *variable, const char *usual)
{
	const char *path = option != NULL ? option : secure_getenv(variable);
	struct ask *ask;

	ask = path != NULL ? ask_new(path, false) : ask_new(usual, true);
	if (ask == NULL)
		(void)complain(EX_USAGE, "%s: %s", path != NULL ? path : usual,
		    strerror(errno));
	return ask;
}

struct ask *
ask_admin(const struct options *options)
{
	return start(options->admin_socket, "MAILSEAL_ADMIN_SOCKET",
	    ADMIN_SOCKET);
}

struct ask *
ask_consumer(const struct options *options)
{
	return start(options->socket, "MAILSEAL_SOCKET", MAILSEAL_SOCKET);
}

int
finish_output(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return complain(EX_IOERR, "cannot write: %s", strerror(errno));
	return status;
}
