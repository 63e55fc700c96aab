/* SPDX-License-Identifier: ISC */
#include "broker/answer.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/renew.h"
#include "proto/error.h"

#define REPLY_ROOM 2048

/* The account and every secret of it, in one commit. */
static int
remove_all(struct broker *broker, const char *name)
{
	static const char *const kinds[] = { "refresh", "previous", "password",
		"lease" };
	int error = store_begin(broker->store);

	for (size_t i = 0;
	     error == MAILSEAL_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		error = store_record_remove(broker->store, kinds[i], name,
		    NULL);
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
	if (audit_write(r->broker->audit, "removed", name, conn_peer(r->conn),
		NULL, "%s", "") != MAILSEAL_OK)
		log_warn("audit lost", "event=removed account=%s", name);
	answer_line(r->conn, &w);
}
