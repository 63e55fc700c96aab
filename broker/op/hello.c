/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/op/op.h"
#include "proto/error.h"

#define REPLY_ROOM 16384

/* The verbs that this peer may use here, separated by commas. */
static void
put_verbs(struct request *r, struct line_writer *w)
{
	char verbs[1024] = "";
	size_t len = 0;
	enum right role = roles_of(r->broker->config->roles,
	    conn_peer(r->conn));

	for (int i = 0; i < VERB_COUNT; i++) {
		const struct verb_row *row = verb_row((enum verb)i);

		if ((row->doors & conn_door(r->conn)) == 0 ||
		    (row->needs > RIGHT_USE && row->needs > role))
			continue;
		len += (size_t)snprintf(verbs + len, sizeof(verbs) - len,
		    "%s%s", len > 0 ? "," : "", row->name);
		if (len >= sizeof(verbs))
			break;
	}
	line_put(w, "verbs", verbs);
}

void
op_hello(struct request *r)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "name", "mailseald");
	line_put(&w, "version", MAILSEAL_VERSION);
	line_put_number(&w, "line_max",
	    conn_door(r->conn) == DOOR_CONSUMER ? LINE_CONSUMER_MAX :
						  LINE_LONG_MAX);
	put_verbs(r, &w);
	answer_line(r->conn, &w);
}

void
op_whoami(struct request *r)
{
	char bytes[REPLY_ROOM], groups[REPLY_ROOM / 2] = "";
	const struct peer *peer = conn_peer(r->conn);
	struct line_writer w;
	size_t len = 0;

	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	len = (size_t)snprintf(groups, sizeof(groups), "%u", peer->gid);
	for (size_t i = 0; i < peer->group_count && len < sizeof(groups) - 12;
	     i++)
		if (peer->groups[i] != peer->gid)
			len += (size_t)snprintf(groups + len,
			    sizeof(groups) - len, ",%u", peer->groups[i]);
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "user", peer_user(peer));
	line_put_number(&w, "uid", peer->uid);
	line_put_number(&w, "gid", peer->gid);
	line_put(&w, "groups", groups);
	line_put_number(&w, "pid", (uint64_t)peer->pid);
	line_put(&w, "unit", caller_unit(&r->caller));
	line_put(&w, "role",
	    role_name(roles_of(r->broker->config->roles, peer)));
	answer_line(r->conn, &w);
}
