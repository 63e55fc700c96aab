/* SPDX-License-Identifier: ISC */
/*
 * Discovery documents through each module: whatever comes, the exchange ends
 * soundly, and endpoints are told only when they are https addresses of the
 * issuer that is set, with the page to go to among them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/courier/json.h"
#include "broker/courier/outcome.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/module.h"

#define MODULES 3
#define AUTHORITY "https://a.test"
#define TENANT "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mailseal_module *modules[MODULES];

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}

static const struct mailseal_item settings[] = { ITEM("authority", AUTHORITY),
	ITEM("client_id", "c"), ITEM("tenant", TENANT),
	ITEM("scope", "openid https://m.test/S"), ITEM("hd", "b.test"),
	ITEM("prompt", "login"), ITEM("flow", "application") };
/* The last one is there only where no person signs in. */
#define SETTINGS (sizeof(settings) / sizeof(settings[0]) - 1)

static const struct mailseal_item inputs[] = { ITEM("login_hint", "a@b.test"),
	ITEM("state", "s"), ITEM("nonce", "n"), ITEM("challenge", "ch"),
	ITEM("redirect_uri", "") };

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[MODULES] = { "microsoft", "google",
		"oidc" };

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < MODULES; i++)
		modules[i] = module_open(names[i]);
	return secret_arena_open(1 << 20);
}

static void
insist(bool holds)
{
	if (!holds)
		abort();
}

static const char *
told(const struct mailseal_ask *ask, const char *name)
{
	return module_field(ask, MAILSEAL_IN_OUTCOME, name);
}

static bool
is_https(const char *url)
{
	return url != NULL && strncmp(url, "https://", 8) == 0;
}

/* The issuer is the one that is set, but for a tenant's path behind it. */
static void
check_found(const struct mailseal_call *call, const struct mailseal_ask *ask)
{
	insist(call->status == 200 && told(ask, "issuer") != NULL);
	insist(strncasecmp(told(ask, "issuer"), AUTHORITY, strlen(AUTHORITY)) ==
	    0);
	insist(is_https(told(ask, "token_endpoint")) &&
	    is_https(told(ask, "jwks_uri")));
	if (call->settings.count > SETTINGS) {
		insist(ask->url[0] == '\0' &&
		    told(ask, "authorization_endpoint") == NULL &&
		    module_field(ask, MAILSEAL_IN_QUERY, "state") == NULL);
		return;
	}
	insist(is_https(ask->url) &&
	    is_https(told(ask, "authorization_endpoint")));
	insist(call->inputs.count < 2 ||
	    module_field(ask, MAILSEAL_IN_QUERY, "state") != NULL);
}

static void
check(const struct mailseal_call *call, const struct mailseal_ask *ask)
{
	const char *class;

	insist(steps_is_sound(ask) && ask->want == MAILSEAL_WANT_DONE);
	class = told(ask, "class");
	insist(class != NULL);
	if (call->status >= 500)
		insist(strcmp(class, "transient") == 0);
	if (strcmp(class, "ok") == 0) {
		check_found(call, ask);
		return;
	}
	insist(told(ask, "reason") != NULL && told(ask, "detail") != NULL);
	insist(told(ask, "token_endpoint") == NULL && ask->url[0] == '\0');
	insist(
	    mailseal_error_by_name(told(ask, "reason")) != MAILSEAL_E_INTERNAL);
}

/*
 * A provider without a document, whose file says where its endpoints are: one
 * of these bytes, the others as they should be.
 */
static void
try_file(struct mailseal_call *call, unsigned which, const uint8_t *data,
    size_t size)
{
	static const char *const names[] = { "token_endpoint",
		"authorization_endpoint", "device_endpoint",
		"revocation_endpoint" };
	static char text[MAILSEAL_BODY_MAX + 1];
	static struct mailseal_ask ask;
	struct mailseal_item mine[SETTINGS + 5];
	size_t count = call->settings.count;

	if (memchr(data, '\0', size) != NULL)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	memcpy(mine, settings, sizeof(settings));
	for (size_t i = 0; i < 4; i++)
		mine[count + i] = (struct mailseal_item){ names[i], AUTHORITY,
			strlen(AUTHORITY), 0 };
	mine[count + which].bytes = text;
	mine[count + which].len = size;
	call->settings = (struct mailseal_items){ mine, count + 4 };
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	insist(modules[2]->step(call, &module_host, &ask) == 0);
	insist(steps_is_sound(&ask) && ask.want == MAILSEAL_WANT_DONE);
	if (strcmp(told(&ask, "class"), "ok") != 0) {
		insist(told(&ask, "token_endpoint") == NULL);
		return;
	}
	insist(is_https(told(&ask, "token_endpoint")) &&
	    told(&ask, "jwks_uri") == NULL);
	insist(count > SETTINGS ? ask.url[0] == '\0' : is_https(ask.url));
	for (size_t i = 1; i < 4; i++)
		insist(told(&ask, names[i]) == NULL ||
		    is_https(told(&ask, names[i])));
}

/* What the module asks for, of a file with one setting of these bytes. */
static void
try_question(const struct mailseal_module *module, struct mailseal_call *call,
    unsigned which, const uint8_t *data, size_t size)
{
	static char text[MAILSEAL_URL_MAX + 512];
	static struct mailseal_ask ask;
	struct mailseal_item mine[SETTINGS + 1];

	if (size >= sizeof(text) || memchr(data, '\0', size) != NULL)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	memcpy(mine, settings, sizeof(settings));
	mine[which % SETTINGS].bytes = text;
	mine[which % SETTINGS].len = size;
	/* Or of one without it. */
	if (which >= SETTINGS)
		mine[which % SETTINGS].name = "none";
	call->settings.item = mine;
	call->step = 0;
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	insist(module->step(call, &module_host, &ask) == 0);
	insist(steps_is_sound(&ask));
	if (ask.want == MAILSEAL_WANT_HTTP)
		insist(ask.url[0] != '\0' && strstr(ask.url, "/.well-known/"));
	else
		check(call, &ask);
}

static void
try_document(const struct mailseal_module *module, struct mailseal_call *call,
    const uint8_t *data, size_t size)
{
	static struct mailseal_ask ask;
	AUTO(json) json = NULL;

	call->body = MAILSEAL_BODY_OTHER;
	if (json_parse((struct span){ data, size }, MAILSEAL_ITEMS_MAX,
		&json) == MAILSEAL_OK) {
		call->body = MAILSEAL_BODY_JSON;
		call->json = json_items(json);
	}
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	insist(module->step(call, &module_host, &ask) == 0);
	check(call, &ask);
}

/*
 * The first octet chooses module, and status or setting; the rest is the
 * document, or the setting.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 200, 200, 201, 404, 500, 302,
		401 };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_AUTHORIZE,
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.now = 1790000000,
		.settings = { settings, SETTINGS },
		.inputs = { inputs, 5 } };
	const struct mailseal_module *module;

	if (size < 1 || size > MAILSEAL_BODY_MAX)
		return 0;
	module = modules[(data[0] >> 5) % MODULES];
	if ((data[0] & 16) != 0 && data[0] % 16 >= 12) {
		call.step = 0;
		call.settings.count += (data[0] >> 5) >= MODULES;
		try_file(&call, data[0] % 16 - 12, data + 1, size - 1);
		return 0;
	}
	if ((data[0] & 16) != 0) {
		try_question(module, &call, data[0] % 16, data + 1, size - 1);
		return 0;
	}
	if ((data[0] >> 5) >= MODULES) {
		call.settings.count = SETTINGS + 1;
	} else if ((data[0] & 8) != 0) {
		/* As of a file with nothing but what must be there. */
		call.settings.count = 3;
		call.inputs.count = 1;
	}
	call.status = statuses[data[0] % 8];
	try_document(module, &call, data + 1, size - 1);
	return 0;
}
