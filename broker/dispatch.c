/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/dispatch.h"
#include "broker/op/op.h"
#include "proto/error.h"

static handler *const handlers[VERB_COUNT] = {
	[VERB_HELLO] = op_hello,
	[VERB_WHOAMI] = op_whoami,
	[VERB_GET] = op_get,
	[VERB_ACCOUNTS] = op_accounts,
	[VERB_INIT_BEGIN] = op_init_begin,
	[VERB_INIT_FINISH] = op_init_finish,
	[VERB_UNLOCK] = op_unlock,
	[VERB_UNLOCK_FAILED] = op_unlock_failed,
	[VERB_SLOT_LIST] = op_slot_list,
	[VERB_SLOT_REMOVE] = op_slot_remove,
	[VERB_STATUS] = op_status,
	[VERB_LIST] = op_list,
	[VERB_SHOW] = op_show,
	[VERB_ACCESS] = op_access,
	[VERB_PROVIDER_LIST] = op_provider_list,
	[VERB_PROVIDER_SECRET] = op_provider_secret,
	[VERB_ENROLL_BEGIN] = op_enroll_begin,
	[VERB_ENROLL_FINISH] = op_enroll_finish,
	[VERB_ENROLL_CANCEL] = op_enroll_cancel,
	[VERB_ENROLL_POLL] = op_enroll_poll,
	[VERB_TEST] = op_test,
	[VERB_REMOVE] = op_remove,
	[VERB_RELOAD] = op_reload,
	[VERB_CHECK] = op_check,
	[VERB_VERIFY] = op_verify,
	[VERB_CONFIG] = op_config,
	[VERB_DISABLE] = op_disable,
	[VERB_ENABLE] = op_enable,
	[VERB_SET] = op_set,
	[VERB_PROVIDER_SHOW] = op_provider_show,
	[VERB_PROVIDER_FORGET] = op_provider_forget,
	[VERB_PROVIDER_NEW_CERT] = op_provider_new_cert,
	[VERB_PROVIDER_KEY] = op_provider_key,
	[VERB_PROVIDER_CHECK] = op_provider_check,
	[VERB_ENROLL_CONFIRM] = op_enroll_confirm,
	[VERB_REBIND_SHOW] = op_rebind_show,
	[VERB_REBIND] = op_rebind,
};

/* What a request is for, and the account that it names, if it names one. */
static int
read_use(struct request *r)
{
	const char *address = line_get(r->in, "account", ACCOUNT_MAX);
	const char *service = line_get(r->in, "for", LINE_KEY_MAX);
	int number = service == NULL ? SERVICE_SMTP : service_by_name(service);
	int error;

	if (r->in->error != MAILSEAL_OK)
		return r->in->error;
	if (address != NULL) {
		error = account_fold(address, r->account);
		if (error != MAILSEAL_OK) {
			line_fail(r->in, error, "account");
			return error;
		}
	}
	if (number < 0) {
		line_fail(r->in, MAILSEAL_E_UNKNOWN, "for");
		return r->in->error;
	}
	r->service = (enum service)number;
	return MAILSEAL_OK;
}

/* Who uses an account is judged by its name and service, read here once. */
static int
find_rule(struct request *r)
{
	const struct policy *policy = r->broker->config->policy;
	int error = read_use(r);

	if (error != MAILSEAL_OK)
		return error;
	if (r->account[0] == '\0' &&
	    !policy_preferred(policy, &r->caller, r->service, r->account))
		return MAILSEAL_E_NOPREFERRED;
	r->rule = policy_match(policy, &r->caller, r->account, r->service);
	return r->rule != NULL ? MAILSEAL_OK : MAILSEAL_E_DENIED;
}

/* Who may use what is said by allow lines, who may look after it by roles. */
static int
check_right(struct request *r, enum right needs)
{
	switch (needs) {
	case RIGHT_NONE:
		return MAILSEAL_OK;
	case RIGHT_USE:
		return find_rule(r);
	case RIGHT_MONITOR:
	case RIGHT_ENROLL:
	case RIGHT_ADMIN:
		break;
	}
	return roles_of(r->broker->config->roles, conn_peer(r->conn)) >= needs ?
	    MAILSEAL_OK :
	    MAILSEAL_E_ROLE;
}

static void
deny(const struct request *r, int error, const struct verb_row *row)
{
	char role[128];

	audit_denied(r->broker->audit,
	    r->account[0] != '\0' ? r->account : NULL, conn_peer(r->conn),
	    error == MAILSEAL_E_NOPREFERRED ? "no_preferred" : row->name);
	(void)snprintf(role, sizeof(role), "%s needs the role %s", row->name,
	    role_name(row->needs));
	answer_error(r->conn, error, r->account,
	    error == MAILSEAL_E_ROLE ? role : NULL);
}

/* The only door to a handler: no right, no call. */
void
dispatch(struct conn *conn, char *bytes, size_t len)
{
	struct line in;
	struct request r = { .broker = conn_broker(conn),
		.conn = conn,
		.in = &in };
	const struct verb_row *row;
	enum verb verb;
	int error;

	caller_start(&r.caller, conn_peer(conn));
	line_start(&in, bytes, len);
	if (in.error != MAILSEAL_OK) {
		answer_error(conn, in.error, NULL, in.culprit);
		return;
	}
	verb = verb_find(line_word(&in));
	row = verb == VERB_COUNT ? NULL : verb_row(verb);
	if (row == NULL || (row->doors & conn_door(conn)) == 0) {
		answer_error(conn, MAILSEAL_E_UNSUPPORTED, NULL,
		    line_word(&in));
		return;
	}
	error = check_right(&r, row->needs);
	if (error == MAILSEAL_E_DENIED || error == MAILSEAL_E_NOPREFERRED ||
	    error == MAILSEAL_E_ROLE) {
		deny(&r, error, row);
		return;
	}
	if (error != MAILSEAL_OK) {
		answer_error(conn, error, r.account, in.culprit);
		return;
	}
	handlers[verb](&r);
}
