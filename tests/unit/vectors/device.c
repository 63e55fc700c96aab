/* SPDX-License-Identifier: ISC */
/*
 * Device authorization: the replies to polls, as those of any grant, and the
 * replies that hold a code, through each module that knows the flow.
 */
#include <stdlib.h>

#include "broker/module/oauth.h"
#include "proto/error.h"
#include "tests/unit/module.h"
#include "tests/unit/vectors/walk.h"

#define CASES_MAX 1024

static const char *const modules[] = { "microsoft", "oidc" };

/* The verdict of a module on a reply's body. */
static void
judge(const char *name, const char *body, char *verdict, size_t size)
{
	static struct mailseal_ask ask;
	const struct mailseal_module *module = module_open(name);
	struct span text = { (const unsigned char *)body, strlen(body) };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_DEVICE_BEGIN,
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.status = 200,
		.body = MAILSEAL_BODY_OTHER };
	AUTO(json) json = NULL;
	const char *class;

	if (json_parse(text, MAILSEAL_ITEMS_MAX, &json) == MAILSEAL_OK) {
		call.body = MAILSEAL_BODY_JSON;
		call.json = json_items(json);
	}
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	(void)snprintf(verdict, size, "none");
	if (module->step(&call, &module_host, &ask) != 0 ||
	    !steps_is_sound(&ask) || ask.want != MAILSEAL_WANT_DONE)
		return;
	class = module_field(&ask, MAILSEAL_IN_OUTCOME, "class");
	if (class == NULL || strcmp(class, "ok") != 0)
		(void)snprintf(verdict, size, "%s",
		    class != NULL ? class : "none");
	else
		(void)snprintf(verdict, size, "ok interval=%s expires=%s",
		    module_field(&ask, MAILSEAL_IN_OUTCOME, "interval"),
		    module_field(&ask, MAILSEAL_IN_OUTCOME, "expires_in"));
}

static const char *
member(const struct mailseal_items *items, unsigned i, const char *name)
{
	char path[64];
	const char *text;

	(void)snprintf(path, sizeof(path), "a.%u.%s", i, name);
	text = oauth_text(items, path);
	return text != NULL ? text : "";
}

/* The file is a list; our reader takes objects only. */
static struct json *
read_list(const char *name)
{
	size_t len = 0, size;
	char *bytes = walk_read(name, &len), *object;
	struct json *json = NULL;
	struct span text;

	if (bytes == NULL)
		return NULL;
	size = len + sizeof("{\"a\":}");
	object = malloc(size);
	if (object != NULL) {
		text.data = (const unsigned char *)object;
		text.len = (size_t)snprintf(object, size, "{\"a\":%s}", bytes);
		if (json_parse(text, CASES_MAX, &json) != MAILSEAL_OK)
			walk_label(name, "unreadable", "a list");
	}
	free(object);
	free(bytes);
	return json;
}

void
walk_device(void)
{
	AUTO(json) json = NULL;
	struct mailseal_items items;
	char verdict[128];

	walk_replies("device");
	json = read_list("device/authorization.json");
	if (json == NULL)
		return;
	items = json_items(json);
	for (unsigned i = 0; *member(&items, i, "id") != '\0'; i++)
		for (size_t m = 0; m < sizeof(modules) / sizeof(modules[0]);
		     m++) {
			judge(modules[m], member(&items, i, "body"), verdict,
			    sizeof(verdict));
			walk_label(member(&items, i, "id"), verdict,
			    member(&items, i, "verdict"));
		}
}
