/* SPDX-License-Identifier: ISC */
#include "broker/answer.h"
#include "broker/enrolment.h"
#include "broker/op/op.h"
#include "broker/op/settle.h"
#include "proto/error.h"

void
op_enroll_confirm(struct request *r)
{
	const char *id = line_need(r->in, "id", ENROLMENT_ID_LEN);
	struct enrolment *e = NULL;
	const char *detail = NULL;
	int error = line_end(r->in);

	if (error == MAILSEAL_OK) {
		e = enrolment_find(id, conn_peer(r->conn));
		error = e != NULL ? keyring_check(r->broker->keyring) :
				    MAILSEAL_E_EXPIRED;
	}
	if (error == MAILSEAL_OK && !e->awaits) {
		error = MAILSEAL_E_UNSUPPORTED;
		detail = "there is nothing to say yes to";
	}
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, e != NULL ? e->spelled : NULL,
		    detail != NULL ? detail : r->in->culprit);
		return;
	}
	enrolment_go_on(e, r->conn);
	settle_confirmed(e);
}
