/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/answer.h"
#include "broker/op/op.h"
#include "broker/takeover.h"
#include "proto/error.h"

void
op_reload(struct request *r)
{
	char bytes[1024];
	struct line_writer w;
	struct fault fault;
	const char *allow = line_get(r->in, "allow_unresolved", LINE_KEY_MAX);
	int error;

	if (allow != NULL && strcmp(allow, "yes") != 0)
		line_fail(r->in, MAILSEAL_E_UNKNOWN, "allow_unresolved");
	error = line_end(r->in);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	error = takeover_reload(r->broker,
	    allow != NULL ? STRICT_BUT_NAMES : STRICT, &fault);
	if (error != MAILSEAL_OK) {
		answer_fault(r->conn, error, &fault);
		return;
	}
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put_number(&w, "providers", r->broker->config->provider_count);
	line_put_number(&w, "rules", policy_count(r->broker->config->policy));
	line_put_number(&w, "off", r->broker->config->off);
	answer_line(r->conn, &w);
}
