/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/errand.h"
#include "broker/log.h"
#include "proto/error.h"
#include "proto/glossary.h"

struct errand {
	struct broker *broker;
	struct secret *request; /* LINE_LONG_MAX of room, until the end */
	struct line_writer w;
	size_t sent;
	struct secret *reply;
	size_t got;
	int fd;
	sd_event_source *source;
	struct deadline deadline;
	errand_done *done;
	void *arg;
	int failed; /* before anything was sent */
	void *kept;
	void (*release)(void *kept); /* or NULL */
};

static unsigned count; /* of the errands that there are */

bool
errands_are_many(void)
{
	return count >= ERRANDS_MAX;
}

void
errand_free(struct errand *e)
{
	if (e == NULL)
		return;
	count--;
	if (e->broker != NULL)
		deadline_clear(e->broker->deadlines, &e->deadline);
	(void)sd_event_source_unref(e->source);
	if (e->fd >= 0)
		(void)close(e->fd);
	secret_free(e->request);
	secret_free(e->reply);
	if (e->release != NULL)
		e->release(e->kept);
	free(e);
}

struct errand *
errand_new(struct broker *broker, const char *op, const char *module,
    const char *origins)
{
	AUTO(errand) e = calloc(1, sizeof(*e));
	struct errand *made = e;

	if (e == NULL)
		return NULL;
	count++;
	e->fd = -1;
	e->broker = broker;
	e->request = secret_new(LINE_LONG_MAX);
	if (e->request == NULL)
		return NULL;
	line_begin(&e->w, (char *)e->request->data, LINE_LONG_MAX, "exchange");
	line_put(&e->w, "op", op);
	line_put(&e->w, "module", module);
	line_put(&e->w, "origins", origins);
	line_put_number(&e->w, "deadline_ms", ERRAND_MS);
	e = NULL;
	return made;
}

void
errand_set(struct errand *e, const char *key, const char *text)
{
	if (text != NULL)
		line_put_prefixed(&e->w, "set_", key, text, strlen(text));
}

void
errand_in(struct errand *e, const char *key, const char *text)
{
	if (text != NULL)
		line_put_prefixed(&e->w, "in_", key, text, strlen(text));
}

void
errand_in_secret(struct errand *e, const char *key, const struct secret *secret)
{
	if (secret != NULL)
		line_put_prefixed(&e->w, "in_", key, secret->data, secret->len);
}

void
errand_way(struct errand *e, const struct provider *p)
{
	line_put(&e->w, "proxy", p->value[SETTING_PROXY]);
	line_put(&e->w, "no_proxy", p->value[SETTING_NO_PROXY]);
	line_put(&e->w, "ca", p->ca);
	line_put(&e->w, "ca_name", p->value[SETTING_CA_FILE]);
}

void
errand_registration(struct errand *e, const struct provider *p)
{
	errand_way(e, p);
	errand_set(e, "authority", p->value[SETTING_AUTHORITY]);
	errand_set(e, "tenant", p->value[SETTING_TENANT]);
	errand_set(e, "hd", p->value[SETTING_HD]);
	errand_set(e, "client_id", p->value[SETTING_CLIENT_ID]);
	errand_set(e, "client_auth", p->value[SETTING_CLIENT_AUTH]);
	errand_set(e, "client_alg", p->value[SETTING_CLIENT_ALG]);
	errand_set(e, "flow", p->value[SETTING_FLOW]);
	errand_set(e, "prompt", p->value[SETTING_PROMPT]);
	errand_set(e, "command", p->value[SETTING_COMMAND]);
}

void
errand_keep(struct errand *e, void *kept, void (*release)(void *kept))
{
	e->kept = kept;
	e->release = release;
}

void
errand_endpoints(struct errand *e, const struct provider *p)
{
	static const enum setting endpoints[] = { SETTING_AUTHORIZATION,
		SETTING_TOKEN, SETTING_DEVICE, SETTING_REVOCATION };

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
		errand_set(e, provider_key(endpoints[i]),
		    p->value[endpoints[i]]);
}

/* The last step: whoever waits gets the outcome, and the errand is gone. */
static void
finish(struct errand *e, const struct outcome *outcome)
{
	errand_done *done = e->done;
	void *arg = e->arg;
	AUTO(errand) own = e;

	/* The descriptor must not wake us while done runs. */
	deadline_clear(e->broker->deadlines, &e->deadline);
	own->source = sd_event_source_unref(e->source);
	/* Its room is for the tokens: a rotated one must not be lost for it. */
	secret_free(e->request);
	own->request = NULL;
	done(arg, outcome);
}

static void
finish_failed(struct errand *e, const char *class, int reason)
{
	struct outcome outcome = { .class = class, .reason = reason };

	finish(e, &outcome);
}

static void
finish_reply(struct errand *e, size_t len)
{
	struct line line;
	struct outcome outcome = { .class = "malformed", .fields = &line };
	const char *reason, *meaning;

	line_start(&line, (char *)e->reply->data, len);
	reason = line_get(&line, "reason", LINE_KEY_MAX);
	outcome.reason = reason != NULL ? mailseal_error_by_name(reason) :
					  MAILSEAL_OK;
	if (strcmp(line_word(&line), "ok") == 0) {
		const char *class = line_need(&line, "class", LINE_KEY_MAX);

		outcome.class = class != NULL ? class : "malformed";
	} else if (outcome.reason == MAILSEAL_E_BUSY)
		outcome.class = "transient";
	outcome.detail = line_get(&line, "detail", TEXT_MAX);
	if (outcome.detail == NULL)
		outcome.detail = line_get(&line, "message", TEXT_MAX);
	meaning = line_get(&line, "meaning", MEANING_NAME_MAX);
	if (meaning != NULL)
		outcome.meaning = glossary_find(meaning);
	outcome.retry_after_s = line_get_number(&line, "retry_after", 0, 86400);
	if (line_end_reply(&line) != MAILSEAL_OK) {
		log_error("courier's reply unreadable", "field=%s",
		    line.culprit != NULL ? line.culprit : "-");
		finish_failed(e, "malformed", MAILSEAL_E_COURIER);
		return;
	}
	if (strcmp(outcome.class, "ok") != 0 && outcome.reason == MAILSEAL_OK)
		outcome.reason = MAILSEAL_E_COURIER;
	finish(e, &outcome);
}

static void
deadline_passes(void *arg)
{
	finish_failed(arg, "transient", MAILSEAL_E_SILENT);
}

static void
errand_send(struct errand *e)
{
	while (e->sent < e->w.len) {
		ssize_t n = send(e->fd, e->request->data + e->sent,
		    e->w.len - e->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			/* It may have answered before it closed: read that. */
			e->sent = e->w.len;
			break;
		}
		e->sent += (size_t)n;
	}
	secret_wipe(e->request->data, e->request->len);
	(void)sd_event_source_set_io_events(e->source, EPOLLIN);
}

static void
errand_recv(struct errand *e)
{
	ssize_t n = recv(e->fd, e->reply->data + e->got, e->reply->len - e->got,
	    MSG_DONTWAIT);
	unsigned char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish_failed(e, "transient", MAILSEAL_E_COURIER);
		return;
	}
	e->got += (size_t)n;
	end = memchr(e->reply->data, '\n', e->got);
	if (end != NULL)
		finish_reply(e, (size_t)(end - e->reply->data));
	else if (e->got == e->reply->len)
		finish_failed(e, "malformed", MAILSEAL_E_COURIER);
}

static int
ready(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct errand *e = arg;

	(void)source;
	(void)fd;
	if (e->sent < e->w.len && (events & EPOLLOUT) != 0)
		errand_send(e);
	else
		errand_recv(e);
	return 0;
}

/* A Unix socket connects at once, or its queue is full. */
static int
connect_courier(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		int why = errno;

		(void)close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

/* The courier is not there: tell it from the loop, not from the caller. */
static void
tell_absence(void *arg)
{
	struct errand *e = arg;

	finish_failed(e, "transient", e->failed);
}

int
errand_start(struct errand **errand, errand_done *done, void *arg,
    struct errand **handle)
{
	struct errand *e = *errand;
	size_t len;
	int error = line_finish(&e->w, &len);

	if (error != MAILSEAL_OK)
		return error;
	e->reply = secret_new(LINE_LONG_MAX);
	if (e->reply == NULL)
		return MAILSEAL_E_NOMEM;
	e->done = done;
	e->arg = arg;
	e->deadline.arg = e;
	e->deadline.pass = deadline_passes;
	e->fd = connect_courier(e->broker->courier_path);
	if (e->fd < 0) {
		log_error("courier absent", "socket=%s: %s",
		    e->broker->courier_path, strerror(errno));
		e->failed = MAILSEAL_E_COURIER;
		e->deadline.pass = tell_absence;
		error = deadline_set(e->broker->deadlines, &e->deadline, 0);
	} else {
		if (sd_event_add_io(e->broker->event, &e->source, e->fd,
			EPOLLIN | EPOLLOUT, ready, e) < 0)
			return MAILSEAL_E_NOMEM;
		error = deadline_set(e->broker->deadlines, &e->deadline,
		    now_ms() + ERRAND_MS + ERRAND_GRACE_MS);
	}
	if (error != MAILSEAL_OK)
		return error;
	*handle = e;
	*errand = NULL;
	return MAILSEAL_OK;
}

void
errand_cancel(struct errand *errand)
{
	errand_free(errand);
}
