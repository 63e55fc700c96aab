/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/answer.h"
#include "broker/op/op.h"
#include "broker/op/remove.h"
#include "broker/op/withdrawal.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define REPLY_ROOM 2048

/* The account and every secret of it, in one commit. */
static int
remove_all(struct broker *broker, const char *name)
{
	int error = store_begin(broker->store);

	if (error == MAILSEAL_OK)
		error = record_forget(broker->store, name);
	if (error == MAILSEAL_OK)
		error = store_account_remove(broker->store, name);
	if (error == MAILSEAL_OK)
		error = store_commit(broker->store);
	if (error != MAILSEAL_OK)
		store_rollback(broker->store);
	return error;
}

int
remove_account(struct broker *broker, struct account *a,
    const struct peer *admin, bool is_revoked, struct conn *conn)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;
	int error = remove_all(broker, a->name);

	if (error != MAILSEAL_OK)
		return error;
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", a->spelled);
	if (is_revoked)
		line_put(&w, "revoked", "yes");
	audit_note(broker->audit, "removed", a->name, admin, "revoked=%s",
	    is_revoked ? "yes" : "no");
	renew_drop(a);
	accounts_remove(broker->accounts, a);
	if (conn != NULL)
		answer_line(conn, &w);
	return MAILSEAL_OK;
}

void
op_remove(struct request *r)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	const char *revoke = line_get(r->in, "revoke", LINE_KEY_MAX);
	char name[ACCOUNT_MAX + 1];
	struct account *a = NULL;
	int error;

	if (revoke != NULL && strcmp(revoke, "yes") != 0)
		line_fail(r->in, MAILSEAL_E_UNKNOWN, "revoke");
	error = line_end(r->in);
	if (error == MAILSEAL_OK)
		error = account_fold(address, name);
	if (error == MAILSEAL_OK) {
		a = accounts_find(r->broker->accounts, name);
		error = a != NULL ? MAILSEAL_OK : MAILSEAL_E_NOACCOUNT;
	}
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, address, r->in->culprit);
		return;
	}
	if (revoke != NULL) {
		withdrawal_begin(r->broker, r->conn, a);
		return;
	}
	error = remove_account(r->broker, a, conn_peer(r->conn), false,
	    r->conn);
	if (error != MAILSEAL_OK)
		answer_error(r->conn, error, address, NULL);
}
