/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/op/enroll.h"
#include "broker/op/op.h"
#include "broker/op/pinned.h"
#include "broker/op/poll.h"
#include "broker/op/settle.h"
#include "proto/error.h"

#define REPLY_ROOM 32768
#define INTERVAL_S 5	     /* where the module does not say */
#define INTERVAL_MAX 3600    /* seconds */
#define EXPIRES_MAX 86400    /* seconds */
#define DEVICE_CODE_MAX 4096 /* bytes */
#define LATE_MS 30000 /* so long a poll that comes late is told why it fails */
#define OVERDUE "nobody signed in with the code in time"

/* Of each attempt: for a code, or with the one there is. */
static int
build(void *arg, struct errand **built)
{
	struct enrolment *e = arg;
	const char *op = e->device_code == NULL ? "device_begin" :
						  "device_poll";
	AUTO(errand) errand = NULL;
	struct bound bound;
	int error = pinned_ask(e, op, &bound, &errand);

	if (error != MAILSEAL_OK)
		return error;
	if (bound.endpoints.device == NULL)
		return MAILSEAL_E_KIND;
	errand_set(errand, "device_endpoint", bound.endpoints.device);
	errand_in_secret(errand, "device_code", e->device_code);
	*built = errand;
	errand = NULL;
	return MAILSEAL_OK;
}

/* A reply of no use is the provider's trouble, not a fault of who asks us. */
static int
error_of(const struct outcome *outcome)
{
	return outcome->reason == MAILSEAL_E_MALFORMED ? MAILSEAL_E_PROVIDER :
							 outcome->reason;
}

/* ---- the code */

/* Keep the device code; its time is ours, too. */
static int
keep_code(struct enrolment *e, struct line *fields)
{
	uint64_t now = now_ms(), life, interval;
	int error = secret_from_line(fields, "device_code", DEVICE_CODE_MAX,
	    &e->device_code);

	life = line_get_number(fields, "expires_in", ENROLMENT_S, EXPIRES_MAX);
	interval = line_get_number(fields, "interval", INTERVAL_S,
	    INTERVAL_MAX);
	if (error != MAILSEAL_OK || e->device_code == NULL)
		return MAILSEAL_E_COURIER;
	if (life > ENROLMENT_S)
		life = ENROLMENT_S;
	polling_start(&e->polling, interval, now);
	e->code_end_ms = now + life * 1000;
	return deadline_set(e->broker->deadlines, &e->deadline,
	    e->code_end_ms + LATE_MS);
}

static void
answer_code(struct enrolment *e, struct conn *conn, struct line *fields)
{
	static const char *const texts[] = { "user_code", "verification_uri",
		"verification_uri_complete", "message" };
	uint64_t now = now_ms();
	char bytes[REPLY_ROOM];
	struct line_writer w;

	enroll_put_begun(e, &w, bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		line_put(&w, texts[i], line_get(fields, texts[i], TEXT_MAX));
	line_put_number(&w, "interval", e->polling.interval_ms / 1000);
	line_put_number(&w, "expires_in", (e->code_end_ms - now) / 1000);
	answer_line(conn, &w);
}

static void
code_comes(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	struct conn *conn = enrolment_waits(e);
	struct line *fields = outcome->fields;
	int error;

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") != 0) {
		enrolment_fail(e, error_of(outcome), outcome->detail);
		return;
	}
	(void)line_need(fields, "user_code", TEXT_MAX);
	(void)line_need(fields, "verification_uri", TEXT_MAX);
	error = keep_code(e, fields);
	if (error == MAILSEAL_OK && line_end_reply(fields) != MAILSEAL_OK)
		error = MAILSEAL_E_COURIER;
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, NULL);
	else if (conn != NULL)
		answer_code(e, conn, fields);
	else
		enrolment_end(e); /* nobody knows its id */
}

int
poll_begin(struct enrolment *e)
{
	return pinned_start(e, build, code_comes);
}

/* ---- the wait */

/* Nobody has signed in yet; what keeps the provider from knowing, if it is. */
static void
answer_pending(struct enrolment *e, const struct outcome *outcome, bool trouble)
{
	struct conn *conn = enrolment_waits(e);
	const char *detail = outcome->detail;
	char bytes[REPLY_ROOM], text[TEXT_MAX];
	int error = error_of(outcome);
	struct line_writer w;

	if (conn == NULL)
		return; /* the next who asks hears it */
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "state", "pending");
	line_put_number(&w, "interval", polling_rest_s(&e->polling, now_ms()));
	if (trouble) {
		(void)snprintf(text, sizeof(text),
		    "%s: %s%s%s%s; it is asked again by itself", e->spelled,
		    mailseal_error_text(error), detail != NULL ? " (" : "",
		    detail != NULL ? detail : "", detail != NULL ? ")" : "");
		line_put(&w, "reason", mailseal_error_name(error));
		line_put(&w, "note", text);
	}
	answer_line(conn, &w);
}

/* What may pass: the code is still good, and the person may be signing in. */
static bool
is_trouble(const struct outcome *outcome)
{
	static const char *const classes[] = { "pending", "transient",
		"throttled" };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(outcome->class, classes[i]) == 0)
			return true;
	/* Such as the page of a guest network; an id_token is not. */
	return strcmp(outcome->class, "malformed") == 0 &&
	    (outcome->reason == MAILSEAL_E_MALFORMED ||
		outcome->reason == MAILSEAL_E_COURIER);
}

/* A policy that forbids device codes may allow the usual way. */
static void
refuse_policy(struct enrolment *e, const struct outcome *outcome)
{
	char detail[DETAIL_MAX + 128];

	(void)snprintf(detail, sizeof(detail),
	    "%.*s; many tenants forbid device codes: try without --device",
	    DETAIL_MAX, outcome->detail != NULL ? outcome->detail : "");
	enrolment_fail(e, outcome->reason, detail);
}

static void
poll_ends(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	enum polled polled = POLLED_TROUBLE;

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") == 0) {
		settle_grant(e, outcome);
		return;
	}
	if (strcmp(outcome->class, "slow_down") == 0)
		polled = POLLED_SLOW_DOWN;
	else if (outcome->reason == MAILSEAL_E_PENDING)
		polled = POLLED_PENDING;
	if (polled != POLLED_TROUBLE || is_trouble(outcome)) {
		polling_note(&e->polling, polled, outcome->retry_after_s,
		    now_ms());
		answer_pending(e, outcome, polled == POLLED_TROUBLE);
	} else if (outcome->reason == MAILSEAL_E_ADMIN) {
		refuse_policy(e, outcome);
	} else {
		enrolment_refuse(e, outcome);
	}
}

/* It is time to ask the provider; or it is over. */
static void
ask_provider(struct enrolment *e)
{
	int error;

	if (now_ms() >= e->code_end_ms) {
		enrolment_fail(e, MAILSEAL_E_EXPIRED, OVERDUE);
		return;
	}
	error = pinned_start(e, build, poll_ends);
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, NULL);
}

static void
turn_comes(void *arg)
{
	struct enrolment *e = arg;

	/* Where nobody waits any more, nobody would know what came of it. */
	if (enrolment_waits(e) != NULL)
		ask_provider(e);
}

/* Ask now, or when it may be asked; an exchange under way is waited for. */
static int
await(struct enrolment *e)
{
	uint64_t at_ms = e->polling.next_ms;

	if (e->errand != NULL)
		return MAILSEAL_OK; /* of somebody who has left */
	if (now_ms() >= at_ms) {
		ask_provider(e);
		return MAILSEAL_OK;
	}
	if (at_ms > e->code_end_ms)
		at_ms = e->code_end_ms;
	e->turn.pass = turn_comes;
	e->turn.arg = e;
	return deadline_set(e->broker->deadlines, &e->turn, at_ms);
}

/* Whose poll it is: it must be a device's, and nobody else may wait for it. */
static int
check(const struct enrolment *e)
{
	if (e->device_code == NULL)
		return MAILSEAL_E_KIND;
	if (e->awaits)
		return MAILSEAL_E_UNSUPPORTED; /* somebody has signed in */
	if (!keyring_is_open(e->broker->keyring))
		return MAILSEAL_E_LOCKED;
	if ((e->errand != NULL || enrolment_has_turn(e)) &&
	    enrolment_waits(e) != NULL)
		return MAILSEAL_E_BUSY;
	return MAILSEAL_OK;
}

void
op_enroll_poll(struct request *r)
{
	const char *id = line_need(r->in, "id", ENROLMENT_ID_LEN);
	const char *to = line_get(r->in, "to", ACCOUNT_MAX);
	char fold[ACCOUNT_MAX + 1];
	struct enrolment *e;
	int error = line_end(r->in);

	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	e = enrolment_find(id, conn_peer(r->conn));
	if (e == NULL) {
		answer_error(r->conn, MAILSEAL_E_EXPIRED, NULL, NULL);
		return;
	}
	error = to != NULL ? account_fold(to, fold) : MAILSEAL_OK;
	if (error == MAILSEAL_OK)
		error = check(e);
	if (error == MAILSEAL_OK) {
		(void)snprintf(e->to, sizeof(e->to), "%s",
		    to != NULL ? to : "");
		enrolment_go_on(e, r->conn);
		error = await(e);
	}
	if (error != MAILSEAL_OK)
		answer_error(r->conn, error, e->spelled, NULL);
}
