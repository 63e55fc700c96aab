/* SPDX-License-Identifier: ISC */
#include "broker/answer.h"
#include "broker/op/op.h"
#include "proto/error.h"

void
op_reload(struct request *r)
{
	char bytes[1024];
	struct line_writer w;
	struct fault fault;
	int error = line_end(r->in);

	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	error = broker_reload(r->broker, &fault);
	if (error != MAILSEAL_OK) {
		answer_fault(r->conn, error, &fault);
		return;
	}
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put_number(&w, "providers", r->broker->config->provider_count);
	line_put_number(&w, "rules", policy_count(r->broker->config->policy));
	answer_line(r->conn, &w);
}
