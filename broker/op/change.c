/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <strings.h>

#include "broker/answer.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/renew.h"
#include "broker/retest.h"
#include "proto/error.h"

#define REPLY_ROOM 16384

/* The account of a request whose fields were all read. */
static int
find(const struct request *r, const char *address, struct account **account)
{
	char name[ACCOUNT_MAX + 1];
	int error = line_end(r->in);

	if (error == MAILSEAL_OK)
		error = account_fold(address, name);
	if (error != MAILSEAL_OK)
		return error;
	*account = accounts_find(r->broker->accounts, name);
	return *account != NULL && (*account)->renewal != NULL ?
	    MAILSEAL_OK :
	    MAILSEAL_E_NOACCOUNT;
}

static void
answer_changed(const struct request *r, const struct account *a)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", a->spelled);
	line_put(&w, "login", a->login);
	state_put(&w, r->broker, a);
	answer_line(r->conn, &w);
}

/* First on disk, then here: it is never only until the next start. */
static int
move(struct broker *broker, struct account *a, enum grant_event event)
{
	struct account after = *a;
	int error;

	grant_move(&after.state, &after.beneath, event);
	error = account_commit(broker->store, &after);
	if (error != MAILSEAL_OK)
		return error;
	a->state = after.state;
	a->beneath = after.beneath;
	return MAILSEAL_OK;
}

static void
turn(struct request *r, enum grant_event event, const char *word)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	struct account *a = NULL;
	int error = find(r, address, &a);

	if (error == MAILSEAL_OK)
		error = move(r->broker, a, event);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, address, r->in->culprit);
		return;
	}
	if (event == GRANT_SWITCHED_OFF)
		renew_suspend(a);
	else
		renew_resume(a);
	retest_arrange(r->broker);
	audit_note(r->broker->audit, word, a->name, conn_peer(r->conn),
	    "state=%s", grant_state_name(a->state));
	answer_changed(r, a);
}

/* As move(), and the very next string is built with it. */
static int
set_login(struct broker *broker, struct account *a, const char *login)
{
	struct account after = *a;
	int error;

	(void)snprintf(after.login, sizeof(after.login), "%s", login);
	error = account_commit(broker->store, &after);
	if (error != MAILSEAL_OK)
		return error;
	(void)snprintf(a->login, sizeof(a->login), "%s", login);
	for (int i = 0; i < ACCOUNT_LEASES; i++)
		lease_trim(&a->lease[i], now_ms());
	return MAILSEAL_OK;
}

void
op_set(struct request *r)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	const char *login = line_need(r->in, "login", ACCOUNT_MAX);
	const char *culprit = NULL;
	struct account *a = NULL;
	int error = find(r, address, &a);

	if (error == MAILSEAL_OK && a->type == ACCOUNT_APPLICATION &&
	    strcasecmp(login, a->name) != 0) {
		error = MAILSEAL_E_KIND;
		culprit = "nobody signs in there, so that its login is the "
			  "address itself";
	}
	if (error == MAILSEAL_OK && !account_is_login(login)) {
		error = MAILSEAL_E_UNKNOWN;
		culprit = "a login is 1 to 254 visible characters of ASCII";
	}
	if (error == MAILSEAL_OK)
		error = set_login(r->broker, a, login);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, address,
		    culprit != NULL ? culprit : r->in->culprit);
		return;
	}
	audit_note(r->broker->audit, "changed", a->name, conn_peer(r->conn),
	    "signs_in_as=%s", printable_word(a->login));
	answer_changed(r, a);
}

void
op_disable(struct request *r)
{
	turn(r, GRANT_SWITCHED_OFF, "disabled");
}

void
op_enable(struct request *r)
{
	turn(r, GRANT_SWITCHED_ON, "enabled");
}
