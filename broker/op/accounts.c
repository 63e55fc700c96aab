/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/condition.h"
#include "broker/op/op.h"
#include "proto/error.h"

#define ITEM_ROOM 2048

/* What one caller may have: the lines for him, and what he means by none. */
struct holding {
	struct request *request;
	struct policy *policy;
	char preferred[SERVICE_COUNT][ACCOUNT_MAX + 1]; /* "": none */
};

static bool
is_preferred(const struct holding *h, const struct account *a)
{
	for (int s = 0; s < SERVICE_COUNT; s++)
		if (strcmp(h->preferred[s], a->name) == 0)
			return true;
	return false;
}

/* The services for which a line allows it, with commas; "" for none. */
static bool
name_services(const struct holding *h, const struct account *a,
    char services[LINE_KEY_MAX + 1])
{
	bool password = false;
	int len = 0;

	services[0] = '\0';
	for (int s = 0; s < SERVICE_COUNT; s++) {
		const struct rule *rule = policy_match(h->policy,
		    &h->request->caller, a->name, (enum service)s);

		if (rule == NULL)
			continue;
		password |= rule->may_have_password;
		len += snprintf(services + len, (size_t)(LINE_KEY_MAX - len),
		    "%s%s", len > 0 ? "," : "", service_name((enum service)s));
	}
	return password;
}

static void
add_account(struct holding *h, struct list *list, const struct account *a)
{
	char bytes[ITEM_ROOM], services[LINE_KEY_MAX + 1];
	bool password = name_services(h, a, services);
	bool has_password = a->type == ACCOUNT_PASSWORD;
	struct line_writer w;

	/* One whose enrolment is not over is none to get, either. */
	if (services[0] == '\0' || a->renewal == NULL)
		return;
	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "account", a->spelled);
	line_put(&w, "for", services);
	line_put(&w, "type", has_password ? "password" : "oauth");
	line_put(&w, "password", has_password && password ? "yes" : NULL);
	line_put(&w, "preferred", is_preferred(h, a) ? "yes" : NULL);
	line_put(&w, "state", condition_of(h->request->broker, a).state);
	list_add(list, &w);
}

/* Accounts of others are neither told nor counted. */
void
op_accounts(struct request *r)
{
	const struct accounts *all = r->broker->accounts;
	AUTO(policy) mine = NULL;
	struct holding h = { .request = r };
	struct list list = { 0 };
	int error = line_end(r->in);

	if (error == MAILSEAL_OK)
		error = policy_narrow(r->broker->config->policy, &r->caller,
		    &mine);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	h.policy = mine;
	for (int s = 0; s < SERVICE_COUNT; s++)
		if (!policy_preferred(mine, &r->caller, (enum service)s,
			h.preferred[s]))
			h.preferred[s][0] = '\0';
	for (size_t i = 0; i < accounts_count(all); i++)
		if (policy_count(mine) > 0)
			add_account(&h, &list, accounts_at(all, i));
	list_answer(&list, r->conn);
}
