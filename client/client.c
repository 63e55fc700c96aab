/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/ask.h"
#include "client/mailseal.h"
#include "proto/error.h"

#define GRACE_S 1 /* the broker's own word about its deadline may come */

struct mailseal {
	struct ask *ask;
};

/* An answer and the memory of its strings, one block. */
struct parcel {
	struct mailseal_reply reply; /* first: the caller's pointer is ours */
	size_t size;
	size_t used;
	char bytes[];
};

struct mailseal *
mailseal_open(const char *path)
{
	struct mailseal *handle;
	const char *own = path;

	if (own == NULL)
		own = secure_getenv("MAILSEAL_SOCKET");
	handle = calloc(1, sizeof(*handle));
	if (handle == NULL)
		return NULL;
	handle->ask = own != NULL ? ask_new(own, false) :
				    ask_new(MAILSEAL_SOCKET, true);
	if (handle->ask == NULL) {
		int saved = errno;

		free(handle);
		errno = saved;
		return NULL;
	}
	return handle;
}

void
mailseal_close(struct mailseal *handle)
{
	if (handle == NULL)
		return;
	ask_free(handle->ask);
	free(handle);
}

void
mailseal_reply_free(struct mailseal_reply *reply)
{
	struct parcel *parcel = (struct parcel *)reply;

	if (parcel == NULL)
		return;
	explicit_bzero(parcel, sizeof(*parcel) + parcel->size);
	free(parcel);
}

/* A request of another version of us, in our shape; false when it cannot be. */
static bool
adopt(const struct mailseal_request *theirs, struct mailseal_request *ours)
{
	const size_t first = offsetof(struct mailseal_request, wait_s) +
	    sizeof(theirs->wait_s);
	const unsigned char *more = (const unsigned char *)theirs;

	if (theirs->size < first || theirs->size > 4096)
		return false;
	for (size_t i = sizeof(*ours); i < theirs->size; i++)
		if (more[i] != 0)
			return false; /* a wish that we do not know */
	memset(ours, 0, sizeof(*ours));
	memcpy(ours, theirs,
	    theirs->size < sizeof(*ours) ? theirs->size : sizeof(*ours));
	return true;
}

static void
put(struct ask *ask, const struct mailseal_request *request)
{
	struct line_writer *w = ask_begin(ask, "get");

	line_put(w, "account", request->account);
	line_put(w, "for", request->service);
	line_put(w, "mechanism", request->mechanism);
	if (request->life_s != 0)
		line_put_number(w, "life", request->life_s);
	line_put_number(w, "wait", request->wait_s);
	if (w->error == MAILSEAL_OK && w->len >= LINE_CONSUMER_MAX)
		w->error = MAILSEAL_E_TOOLONG;
}

/* Keep a text; what goes to a mail server has no byte that could split it. */
static const char *
keep(struct parcel *parcel, const char *text, bool visible)
{
	char *kept = parcel->bytes + parcel->used;
	size_t len;

	if (text == NULL)
		return NULL;
	len = strlen(text);
	for (size_t i = 0; visible && i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			return NULL;
	if (len >= parcel->size - parcel->used)
		return NULL; /* cannot be: there is room for the whole line */
	memcpy(kept, text, len + 1);
	parcel->used += len + 1;
	return kept;
}

/* The field that holds the string of a mechanism. */
static const char *
secret_key(const char *mechanism)
{
	if (strcmp(mechanism, "bearer") == 0)
		return "access_token";
	if (strcmp(mechanism, "login") == 0)
		return "password";
	return "initial_response";
}

static bool
is_whole(const struct mailseal_reply *reply,
    const struct mailseal_request *request, const struct line *line)
{
	bool login = reply->mechanism != NULL &&
	    strcmp(reply->mechanism, "login") == 0;

	return line_end_reply(line) == MAILSEAL_OK && reply->account != NULL &&
	    reply->login != NULL && reply->mechanism != NULL &&
	    reply->secret != NULL && (!login || reply->username != NULL) &&
	    (request->mechanism == NULL ||
		strcmp(reply->mechanism, request->mechanism) == 0) &&
	    line_has(line, "host") == (reply->host != NULL) &&
	    line_has(line, "tls") == (reply->tls != NULL);
}

static bool
fill(struct parcel *parcel, struct line *line,
    const struct mailseal_request *request)
{
	struct mailseal_reply *reply = &parcel->reply;
	const char *key;

	reply->account = keep(parcel, line_need(line, "account", ACCOUNT_MAX),
	    true);
	reply->login = keep(parcel, line_need(line, "login", ACCOUNT_MAX),
	    true);
	reply->mechanism = keep(parcel,
	    line_need(line, "mechanism", LINE_KEY_MAX), true);
	reply->host = keep(parcel, line_get(line, "host", 255), true);
	reply->port = (unsigned)line_get_number(line, "port", 0, 65535);
	reply->tls = keep(parcel, line_get(line, "tls", LINE_KEY_MAX), true);
	reply->send_as = keep(parcel, line_get(line, "send_as", ACCOUNT_MAX),
	    true);
	reply->expires = (int64_t)line_get_number(line, "expires", 0,
	    INT64_MAX);
	if (reply->mechanism == NULL)
		return false;
	key = secret_key(reply->mechanism);
	reply->secret = keep(parcel, line_need(line, key, LINE_LONG_MAX),
	    strcmp(key, "password") != 0);
	if (strcmp(key, "password") == 0)
		reply->username = keep(parcel,
		    line_need(line, "username", ACCOUNT_MAX), false);
	if (reply->secret != NULL)
		reply->secret_len = strlen(reply->secret);
	return is_whole(reply, request, line);
}

/* All bytes of a line's values, with a NUL each. */
static size_t
measure(const struct line *line)
{
	size_t size = 1;

	for (size_t i = 0; i < line->count; i++)
		size += line->field[i].len + 1;
	return size;
}

static int
receive(struct ask *ask, const struct mailseal_request *request,
    struct mailseal_reply **reply)
{
	size_t size = measure(ask_line(ask));
	struct parcel *parcel = calloc(1, sizeof(*parcel) + size);

	if (parcel == NULL) {
		failure_set(ask_fail(ask), MAILSEAL_E_NOMEM, "%s; %s",
		    mailseal_error_text(MAILSEAL_E_NOMEM),
		    mailseal_error_advice(MAILSEAL_E_NOMEM));
		return failure_exit(ask_failure(ask));
	}
	parcel->size = size;
	if (!fill(parcel, ask_line(ask), request)) {
		mailseal_reply_free(&parcel->reply);
		ask_distrust(ask);
		return failure_exit(ask_failure(ask));
	}
	*reply = &parcel->reply;
	return EX_OK;
}

int
mailseal_get(struct mailseal *handle, const struct mailseal_request *request,
    struct mailseal_reply **reply)
{
	struct ask *ask = handle->ask;
	struct mailseal_request ours;
	int status;

	if (!adopt(request, &ours)) {
		failure_set(ask_fail(ask), MAILSEAL_E_UNSUPPORTED,
		    "libmailseal %s does not know this request; install a "
		    "newer one, and see that its size is set",
		    MAILSEAL_VERSION);
		return failure_exit(ask_failure(ask));
	}
	if (ours.wait_s == 0)
		ours.wait_s = WAIT_DEFAULT;
	if (ours.wait_s > WAIT_MAX)
		ours.wait_s = WAIT_MAX;
	put(ask, &ours);
	if (!ask_once(ask, ours.wait_s + GRACE_S))
		return failure_exit(ask_failure(ask));

	status = receive(ask, &ours, reply);
	ask_forget(ask);
	return status;
}

const char *
mailseal_code(const struct mailseal *handle)
{
	return ask_failure(handle->ask)->code;
}

const char *
mailseal_reason(const struct mailseal *handle)
{
	return ask_failure(handle->ask)->reason;
}

const char *
mailseal_message(const struct mailseal *handle)
{
	return ask_failure(handle->ask)->message;
}

unsigned
mailseal_retry_after(const struct mailseal *handle)
{
	return ask_failure(handle->ask)->retry_after;
}

const char *
mailseal_version(void)
{
	return MAILSEAL_VERSION;
}
