/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/ask.h"
#include "client/channel.h"
#include "proto/error.h"

struct ask {
	struct channel *channel;
	int64_t deadline;
	unsigned timeout_s;
	int error;	/* of sending */
	uint64_t items; /* that came */
	struct line line;
	struct failure failure;
	struct line_writer writer;
	size_t len; /* of the question; 0: not to be sent again */
	char question[LINE_LONG_MAX];
};

struct ask *
ask_new(const char *path, bool checked)
{
	struct ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return NULL;
	ask->channel = channel_new(path, checked);
	if (ask->channel == NULL) {
		int saved = errno;

		free(ask);
		errno = saved;
		return NULL;
	}
	line_start(&ask->line, ask->question, 0);
	failure_clear(&ask->failure);
	return ask;
}

static void
wipe(struct ask *ask)
{
	explicit_bzero(ask->question, ask->writer.len);
	ask->len = 0;
}

void
ask_free(struct ask *ask)
{
	if (ask == NULL)
		return;
	wipe(ask);
	channel_free(ask->channel);
	free(ask);
}

struct line_writer *
ask_begin(struct ask *ask, const char *verb)
{
	wipe(ask);
	failure_clear(&ask->failure);
	line_begin(&ask->writer, ask->question, sizeof(ask->question), verb);
	return &ask->writer;
}

void
ask_send(struct ask *ask, unsigned timeout_s)
{
	ask->items = 0;
	ask->timeout_s = timeout_s;
	ask->deadline = channel_now_ms() + (int64_t)timeout_s * 1000;
	ask->error = line_finish(&ask->writer, &ask->len);
	if (ask->error == MAILSEAL_OK)
		ask->error = channel_send(ask->channel, ask->question, ask->len,
		    ask->deadline);
	if (ask->error != MAILSEAL_OK || !channel_was_kept(ask->channel))
		wipe(ask);
}

/* Words for a failure of the connection. */
static void
explain(struct ask *ask, int error)
{
	struct failure *failure = &ask->failure;
	const char *path = channel_path(ask->channel);
	int number = errno;

	if (error == MAILSEAL_E_TIMEOUT)
		failure_set(failure, error,
		    "mailseald did not answer within "
		    "%u s at %s; try again later",
		    ask->timeout_s, path);
	else if (error == MAILSEAL_E_DENIED)
		failure_set(failure, error,
		    "this user may not use %s; root may, the user that "
		    "runs mailseald, and the group of that socket",
		    path);
	else if (error == MAILSEAL_E_UNSAFE)
		failure_set(failure, error,
		    "the folder of %s is neither root's nor the "
		    "broker's, or others may write to it; see who "
		    "put it there",
		    path);
	else if (error == MAILSEAL_E_NOBROKER && number == 0)
		failure_set(failure, error,
		    "mailseald hung up before its "
		    "answer was whole, at %s; try again, and look at its log",
		    path);
	else if (error == MAILSEAL_E_NOBROKER)
		failure_set(failure, error,
		    "mailseald does not answer at %s "
		    "(%s); see that it runs",
		    path, strerrordesc_np(number));
	else
		failure_set(failure, error, "%s; %s",
		    mailseal_error_text(error), mailseal_error_advice(error));
}

static enum ask_answer
fail(struct ask *ask, int error)
{
	explain(ask, error);
	ask_hang_up(ask);
	return ASK_FAILED;
}

/* The broker may close a kept connection just when we write to it. */
static bool
resend(struct ask *ask)
{
	if (ask->len == 0 || channel_was_answered(ask->channel))
		return false;
	channel_hang_up(ask->channel);
	ask->error = channel_send(ask->channel, ask->question, ask->len,
	    ask->deadline);
	wipe(ask);
	return true;
}

/* The next line, read; sent again where that is right. */
static int
take(struct ask *ask)
{
	size_t len = 0;
	char *bytes = NULL;
	int error = ask->error;

	if (error == MAILSEAL_OK)
		error = channel_line(ask->channel, ask->deadline, &bytes, &len);
	if (error == MAILSEAL_E_NOBROKER && resend(ask)) {
		error = ask->error;
		if (error == MAILSEAL_OK)
			error = channel_line(ask->channel, ask->deadline,
			    &bytes, &len);
	}
	if (error != MAILSEAL_OK)
		return error;
	wipe(ask);
	line_start(&ask->line, bytes, len);
	return line_end_reply(&ask->line);
}

enum ask_answer
ask_next(struct ask *ask)
{
	int error = take(ask);
	const char *word;

	if (error != MAILSEAL_OK && ask->error == MAILSEAL_OK &&
	    error <= MAILSEAL_E_MALFORMED && error >= MAILSEAL_E_REPEATED) {
		ask_distrust(ask);
		return ASK_FAILED;
	}
	if (error != MAILSEAL_OK)
		return fail(ask, error);

	word = line_word(&ask->line);
	if (strcmp(word, "item") == 0) {
		ask->items++;
		return ASK_ITEM;
	}
	if (strcmp(word, "error") == 0) {
		failure_read(&ask->failure, &ask->line);
		return ASK_FAILED;
	}
	if (strcmp(word, "ok") != 0 ||
	    line_get_number(&ask->line, "count", 0, UINT32_MAX) != ask->items) {
		ask_distrust(ask);
		return ASK_FAILED;
	}
	return ASK_OK;
}

bool
ask_once(struct ask *ask, unsigned timeout_s)
{
	enum ask_answer answer;

	ask_send(ask, timeout_s);
	answer = ask_next(ask);
	if (answer == ASK_ITEM)
		ask_distrust(ask);
	return answer == ASK_OK;
}

int
ask_fd(const struct ask *ask)
{
	return ask->error == MAILSEAL_OK ? channel_fd(ask->channel) : -1;
}

void
ask_forget(struct ask *ask)
{
	wipe(ask);
	channel_wipe(ask->channel);
	line_start(&ask->line, ask->question, 0);
}

struct line *
ask_line(struct ask *ask)
{
	return &ask->line;
}

void
ask_distrust(struct ask *ask)
{
	failure_set(&ask->failure, MAILSEAL_E_MALFORMED,
	    "the answer of mailseald at %s is not one of the protocol; see "
	    "that both are of one version",
	    channel_path(ask->channel));
	ask_hang_up(ask);
}

const struct failure *
ask_failure(const struct ask *ask)
{
	return &ask->failure;
}

struct failure *
ask_fail(struct ask *ask)
{
	return &ask->failure;
}

void
ask_hang_up(struct ask *ask)
{
	wipe(ask);
	channel_hang_up(ask->channel);
	line_start(&ask->line, ask->question, 0);
}
