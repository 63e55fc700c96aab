/* SPDX-License-Identifier: ISC */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/condition.h"
#include "broker/names.h"
#include "broker/op/op.h"
#include "broker/reach.h"
#include "proto/error.h"

#define ITEM_ROOM 32768
#define PLACE_MAX 512 /* bytes of a file and a line in a message */

/* A caller who is not there, and what he would ask for. */
struct question {
	struct request *request;
	char name[ACCOUNT_MAX + 1]; /* of the account, in lower case */
	int service;		    /* -1: each */
	struct peer peer;
	gid_t groups[PEER_GROUPS_MAX];
	struct caller caller;
	const struct account *account; /* NULL: it is not enrolled */
};

/* The groups that he gets when he logs in; an error when he has too many. */
static int
find_groups(struct question *q)
{
	const struct passwd *pw = getpwuid(q->peer.uid);
	int count = PEER_GROUPS_MAX;

	q->peer.groups = q->groups;
	q->peer.gid = (gid_t)-1; /* nobody's: a number without a name */
	if (pw == NULL)
		return MAILSEAL_OK;
	q->peer.gid = pw->pw_gid;
	if (getgrouplist(pw->pw_name, pw->pw_gid, q->groups, &count) < 0)
		return MAILSEAL_E_TOOLONG;
	q->peer.group_count = (size_t)count;
	return MAILSEAL_OK;
}

static int
suppose(struct question *q, const char *user, const char *unit)
{
	q->peer.fd = -1;
	if (!names_find_user(user, &q->peer.uid))
		return MAILSEAL_E_NOUSER;
	caller_start(&q->caller, &q->peer);
	caller_suppose(&q->caller, unit);
	return find_groups(q);
}

/* Read the whole request; *about is what an error is about. */
static int
read_question(struct question *q, const char **about)
{
	struct line *in = q->request->in;
	const char *address = line_need(in, "account", ACCOUNT_MAX);
	const char *user = line_need(in, "user", TEXT_MAX);
	const char *unit = line_get(in, "unit", CGROUP_UNIT_MAX);
	const char *service = line_get(in, "for", LINE_KEY_MAX);
	int error;

	q->service = service != NULL ? service_by_name(service) : -1;
	if (service != NULL && q->service < 0)
		line_fail(in, MAILSEAL_E_UNKNOWN, "for");
	if (unit != NULL && !cgroup_is_unit(unit))
		line_fail(in, MAILSEAL_E_UNKNOWN,
		    "unit, a whole name such as "
		    "erp.service");
	error = line_end(in);
	*about = in->culprit;
	if (error != MAILSEAL_OK)
		return error;
	*about = address;
	error = account_fold(address, q->name);
	if (error != MAILSEAL_OK)
		return error;
	*about = user;
	q->account = accounts_find(q->request->broker->accounts, q->name);
	return suppose(q, user, unit);
}

static void
put_groups(const struct question *q, struct line_writer *w)
{
	char text[ITEM_ROOM / 2] = "";
	size_t len = 0;

	for (size_t i = 0; i < q->peer.group_count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u",
		    i > 0 ? "," : "", q->groups[i]);
	line_put(w, "groups", text);
}

/* Who is supposed to ask, and how the account is: the rules are half of it. */
static void
add_head(struct question *q, struct list *list)
{
	char bytes[ITEM_ROOM], text[TEXT_MAX];
	const struct account *a = q->account;
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "account");
	line_put(&w, "account", a != NULL ? a->spelled : q->name);
	line_put(&w, "user", peer_user(&q->peer));
	line_put_number(&w, "uid", q->peer.uid);
	put_groups(q, &w);
	line_put(&w, "unit", caller_unit(&q->caller));
	line_put(&w, "enrolled", a != NULL ? "yes" : "no");
	if (a != NULL) {
		struct condition c = condition_of(q->request->broker, a);

		line_put(&w, "type", kind_name(a->type));
		line_put(&w, "state", c.state);
		if (c.plight.error != MAILSEAL_OK) {
			plight_text(&c.plight, text, sizeof(text));
			line_put(&w, "message", text);
		}
	}
	list_add(list, &w);
}

static void
put_place(struct line_writer *w, const struct rule *rule)
{
	line_put(w, "file", rule->file);
	line_put_number(w, "line", rule->line);
}

/* The line that comes nearest, in a sentence and in fields. */
static void
put_nearest(struct question *q, enum service service, struct line_writer *w)
{
	unsigned lacks = 0;
	const struct allow *a =
	    policy_nearest(q->request->broker->config->policy, &q->caller,
		q->name, service, &lacks);
	bool group = (lacks & LACK_GROUP) != 0, unit = (lacks & LACK_UNIT) != 0;
	char text[TEXT_MAX];

	if (a == NULL) {
		line_put(w, "message", "no line allows it");
		return;
	}
	put_place(w, &a->rule);
	line_put(w, "wants_group", group ? a->group : NULL);
	line_put(w, "wants_unit", unit ? a->unit : NULL);
	(void)snprintf(text, sizeof(text),
	    "%.*s:%u would allow it for %s%.255s%s%s%.255s", PLACE_MAX,
	    a->rule.file, a->rule.line, group ? "group " : "",
	    group ? a->group : "", group && unit ? " and " : "",
	    unit ? "unit " : "", unit ? a->unit : "");
	line_put(w, "message", text);
}

/* Whether a request without an address would mean this account. */
static bool
is_preferred(struct question *q, enum service service)
{
	char name[ACCOUNT_MAX + 1];

	return policy_preferred(q->request->broker->config->policy, &q->caller,
		   service, name) &&
	    strcmp(name, q->name) == 0;
}

/* What the string that he would get opens besides. */
static void
put_reach(const struct question *q, enum service service, struct line_writer *w)
{
	const struct provider *p = q->account == NULL ?
	    NULL :
	    config_provider(q->request->broker->config, q->account->provider);
	struct reach reach;

	if (p == NULL || p->fault != NULL)
		return;
	reach = reach_of(p, service);
	reach_put(&reach, w);
}

static void
add_service(struct question *q, enum service service, struct list *list)
{
	const struct rule *rule =
	    policy_match(q->request->broker->config->policy, &q->caller,
		q->name, service);
	bool bare = rule != NULL && !rule->may_have_password &&
	    q->account != NULL && q->account->type == ACCOUNT_PASSWORD;
	char bytes[ITEM_ROOM], text[TEXT_MAX];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "service");
	line_put(&w, "for", service_name(service));
	line_put(&w, "answer", rule != NULL && !bare ? "allowed" : "denied");
	if (rule != NULL) {
		put_place(&w, rule);
		line_put(&w, "password",
		    rule->may_have_password ? "yes" : "no");
		line_put(&w, "preferred",
		    is_preferred(q, service) ? "yes" : "no");
		(void)snprintf(text, sizeof(text), "%.*s:%u allows it%s",
		    PLACE_MAX, rule->file, rule->line,
		    bare ? ", but its string is the password itself, and the "
			   "line lacks may-have-password" :
			   "");
		line_put(&w, "message", text);
	} else
		put_nearest(q, service, &w);
	if (rule != NULL && !bare)
		put_reach(q, service, &w);
	list_add(list, &w);
}

void
op_access(struct request *r)
{
	struct question q = { .request = r };
	struct list list = { 0 };
	const char *about = NULL;
	int error = read_question(&q, &about);

	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, about);
		return;
	}
	add_head(&q, &list);
	for (int s = 0; s < SERVICE_COUNT; s++)
		if (q.service < 0 || q.service == s)
			add_service(&q, (enum service)s, &list);
	list_answer(&list, r->conn);
}
