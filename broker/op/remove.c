/* SPDX-License-Identifier: ISC */
#include "broker/answer.h"
#include "broker/op/op.h"
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

void
op_remove(struct request *r)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	char name[ACCOUNT_MAX + 1], bytes[REPLY_ROOM];
	struct account *a = NULL;
	struct line_writer w;
	int error = line_end(r->in);

	if (error == MAILSEAL_OK)
		error = account_fold(address, name);
	if (error == MAILSEAL_OK) {
		a = accounts_find(r->broker->accounts, name);
		error = a != NULL ? remove_all(r->broker, name) :
				    MAILSEAL_E_NOACCOUNT;
	}
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, address, r->in->culprit);
		return;
	}
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", a->spelled);
	renew_drop(a);
	accounts_remove(r->broker->accounts, a);
	audit_note(r->broker->audit, "removed", name, conn_peer(r->conn), "%s",
	    "");
	answer_line(r->conn, &w);
}
