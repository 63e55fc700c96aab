/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/answer.h"
#include "broker/binding.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/op/trial.h"
#include "broker/place.h"
#include "broker/renew.h"
#include "broker/retest.h"
#include "broker/vault/record.h"
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
answer_changed(const struct broker *broker, struct conn *conn,
    const struct account *a)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", a->spelled);
	line_put(&w, "login", a->login);
	if (a->send_as[0] != '\0')
		line_put(&w, "send_as", a->send_as);
	if (a->host[0] != '\0')
		line_put(&w, "host", a->host);
	state_put(&w, broker, a);
	answer_line(conn, &w);
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
	answer_changed(r->broker, r->conn, a);
}

static void
take(struct account *a, const struct change *change)
{
	if (change->has_login)
		(void)snprintf(a->login, sizeof(a->login), "%s", change->login);
	if (change->has_send_as)
		(void)snprintf(a->send_as, sizeof(a->send_as), "%s",
		    change->send_as);
	if (change->has_host)
		(void)snprintf(a->host, sizeof(a->host), "%s", change->host);
}

/* What the account is bound to with another submission host. */
static int
bind_anew(const struct broker *broker, const struct account *a,
    const char *host, char **binding)
{
	const struct provider *p = config_provider(broker->config, a->provider);
	struct bound bound;
	int error;

	if (!renew_is_bound(broker, a))
		return MAILSEAL_E_REBIND;
	error = binding_read(a->bound, &bound);
	if (error != MAILSEAL_OK)
		return error;
	return binding_make_at(p, host,
	    bound.endpoints.issuer != NULL ? &bound.endpoints : NULL, binding);
}

/* One commit: the account's line, and its records where binding is not NULL. */
static int
save(struct broker *broker, const struct account *after, const char *binding)
{
	int error = store_begin(broker->store);

	if (error == MAILSEAL_OK && binding != NULL)
		error = record_rebind(broker->store, broker->keyring,
		    after->name, binding);
	if (error == MAILSEAL_OK)
		error = account_save(broker->store, after);
	if (error == MAILSEAL_OK)
		error = store_commit(broker->store);
	if (error != MAILSEAL_OK)
		store_rollback(broker->store);
	return error;
}

int
change_apply(struct broker *broker, struct account *a,
    const struct change *change)
{
	struct account after = *a;
	char *binding = NULL;
	int error = MAILSEAL_OK;

	take(&after, change);
	if (strcmp(after.host, a->host) != 0)
		error = bind_anew(broker, a, after.host, &binding);
	if (error == MAILSEAL_OK)
		error = save(broker, &after, binding);
	if (error != MAILSEAL_OK) {
		free(binding);
		return error;
	}
	take(a, change);
	if (binding != NULL) {
		free(a->bound);
		a->bound = binding;
	}
	for (int i = 0; i < ACCOUNT_LEASES; i++)
		lease_trim(&a->lease[i], now_ms());
	return MAILSEAL_OK;
}

/* One more word for the audit; - for what was taken back. */
static void
add_word(char *words, size_t size, const char *key, const char *text)
{
	size_t len = strlen(words);

	(void)snprintf(words + len, size - len, "%s%s=%s", len > 0 ? " " : "",
	    key, printable_word(text[0] != '\0' ? text : NULL));
}

void
change_tell(struct broker *broker, const struct account *a,
    const struct change *change, const struct peer *admin, struct conn *conn)
{
	char words[8 * (ACCOUNT_MAX + 1)] = "";

	if (change->has_login)
		add_word(words, sizeof(words), "signs_in_as", a->login);
	if (change->has_send_as)
		add_word(words, sizeof(words), "sends_as", a->send_as);
	if (change->has_host)
		add_word(words, sizeof(words), "host", a->host);
	audit_note(broker->audit, "changed", a->name, admin, "%s", words);
	if (conn != NULL)
		answer_changed(broker, conn, a);
}

/* Read what is wanted; *why says what is wrong with a value. */
static int
read_change(struct line *in, struct change *change, const char **why)
{
	const char *login = line_get(in, "login", ACCOUNT_MAX);
	const char *send_as = line_get(in, "send_as", ACCOUNT_MAX);
	const char *host = line_get(in, "host", HOST_MAX);
	char name[ACCOUNT_MAX + 1];

	change->has_login = login != NULL;
	change->has_send_as = send_as != NULL;
	change->has_host = host != NULL;
	(void)snprintf(change->login, sizeof(change->login), "%s",
	    login != NULL ? login : "");
	(void)snprintf(change->send_as, sizeof(change->send_as), "%s",
	    send_as != NULL ? send_as : "");
	(void)snprintf(change->host, sizeof(change->host), "%s",
	    host != NULL ? host : "");
	if (login == NULL && send_as == NULL && host == NULL)
		line_fail(in, MAILSEAL_E_MISSING, "login, send_as or host");
	else if (login != NULL && !account_is_login(login))
		*why = "a login is 1 to 254 visible characters of ASCII";
	else if (change->send_as[0] != '\0' &&
	    account_fold(change->send_as, name) != MAILSEAL_OK)
		*why = "send_as is the address of a mailbox";
	else if (change->host[0] != '\0' && !place_is_host(change->host))
		*why = "host is the name or address of a host";
	return *why != NULL ? MAILSEAL_E_UNKNOWN : MAILSEAL_OK;
}

void
op_set(struct request *r)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	const char *why = NULL;
	struct account *a = NULL;
	struct change change;
	int wrong = read_change(r->in, &change, &why);
	int error = find(r, address, &a);

	if (error == MAILSEAL_OK && a->type == ACCOUNT_APPLICATION &&
	    change.has_login && strcasecmp(change.login, a->name) != 0) {
		error = MAILSEAL_E_KIND;
		why = "nobody signs in there, so that its login is the "
		      "address itself";
	}
	if (error == MAILSEAL_OK)
		error = wrong;
	/* The address puts it back, however it is written. */
	if (error == MAILSEAL_OK && strcasecmp(change.login, a->spelled) == 0)
		memcpy(change.login, a->spelled, sizeof(change.login));
	if (error == MAILSEAL_OK && change.has_host &&
	    strcmp(change.host, a->host) != 0) {
		struct trial_wish wish = { .account = a->name,
			.only = SERVICE_SMTP,
			.change = &change };

		trial_start(r, &wish); /* nothing is changed until it works */
		return;
	}
	if (error == MAILSEAL_OK)
		error = change_apply(r->broker, a, &change);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, address,
		    why != NULL ? why : r->in->culprit);
		return;
	}
	change_tell(r->broker, a, &change, conn_peer(r->conn), r->conn);
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
