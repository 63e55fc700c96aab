/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/failure.h"
#include "proto/error.h"

static void
copy(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text); /* a cut text is good enough */
}

void
failure_clear(struct failure *failure)
{
	memset(failure, 0, sizeof(*failure));
	copy(failure->code, sizeof(failure->code),
	    mailseal_error_code(MAILSEAL_OK));
	copy(failure->reason, sizeof(failure->reason),
	    mailseal_error_name(MAILSEAL_OK));
}

void
failure_set(struct failure *failure, int error, const char *format, ...)
{
	va_list args;

	failure_clear(failure);
	copy(failure->code, sizeof(failure->code), mailseal_error_code(error));
	copy(failure->reason, sizeof(failure->reason),
	    mailseal_error_name(error));
	va_start(args, format);
	(void)vsnprintf(failure->message, sizeof(failure->message), format,
	    args);
	va_end(args);
}

void
failure_read(struct failure *failure, struct line *line)
{
	const char *code = line_need(line, "code", LINE_KEY_MAX);
	const char *reason = line_get(line, "reason", LINE_KEY_MAX);
	const char *message = line_get(line, "message", TEXT_MAX);
	unsigned retry = (unsigned)line_get_number(line, "retry_after", 0,
	    RETRY_MAX);

	if (line_end_reply(line) != MAILSEAL_OK || !line_is_key(code) ||
	    (reason != NULL && !line_is_key(reason))) {
		failure_set(failure, MAILSEAL_E_MALFORMED,
		    "the broker's answer is not one of the protocol");
		return;
	}
	failure_clear(failure);
	copy(failure->code, sizeof(failure->code), code);
	copy(failure->reason, sizeof(failure->reason),
	    reason != NULL ? reason : code);
	copy(failure->message, sizeof(failure->message),
	    message != NULL ? message : code);
	failure->retry_after = retry;
}

int
failure_exit(const struct failure *failure)
{
	return mailseal_code_exit(failure->code);
}
