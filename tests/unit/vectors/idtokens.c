/* SPDX-License-Identifier: ISC */
/*
 * id_tokens through the module of their provider: whether they hold, and
 * whether they are of the mailbox.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/jwt.h"
#include "proto/error.h"
#include "tests/unit/module.h"
#include "tests/unit/vectors/walk.h"

enum { ID, PROVIDER, VERDICT, MATCH, NOW, AUD, TID, NONCE, MAILBOX, TOKEN };

static struct json *keys;

/* Verify the token as the courier does for a module that asks for it. */
static const char *
verify(const char *token, struct jwt_rules *rules, struct json **claims)
{
	struct span text = { (const unsigned char *)token, strlen(token) };
	const char *why = NULL;

	if (jwt_verify(text, keys, rules, claims, &why) == MAILSEAL_OK)
		return NULL;
	return why;
}

#define ITEM(name, text)                    \
	{                                   \
		name, text, strlen(text), 0 \
	}

/*
 * Lead a module through the end of a code: from a reply with this id_token to
 * the outcome.  It may ask to have it verified more than once.
 */
static void
lead(const struct mailseal_module *module, char **column, const char *issuer,
    struct mailseal_ask *ask)
{
	const struct mailseal_item json[] = { ITEM("access_token", "AT"),
		ITEM("token_type", "Bearer"), ITEM("refresh_token", "RT"),
		ITEM("id_token", column[TOKEN]) };
	const struct mailseal_item settings[] = { ITEM("client_id",
						      column[AUD]),
		ITEM("issuer", issuer), ITEM("jwks_uri", "https://keys.test"),
		ITEM("tenant", column[TID]) };
	const struct mailseal_item inputs[] = { ITEM("nonce", column[NONCE]),
		ITEM("mailbox", column[MAILBOX]) };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_CODE,
		.last = MAILSEAL_WANT_HTTP,
		.now = atoll(column[NOW]),
		.settings = { settings, 4 },
		.inputs = { inputs, 2 },
		.status = 200,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, 4 } };
	struct json *claims = NULL;

	for (call.step = 1; call.step < MAILSEAL_STEPS_MAX; call.step++) {
		struct jwt_rules rules = { .now = call.now };

		memset(ask, 0, sizeof(*ask));
		ask->size = sizeof(*ask);
		if (module->step(&call, &module_host, ask) != 0 ||
		    ask->want != MAILSEAL_WANT_ID_TOKEN)
			break;
		rules.issuer = module_field(ask, 0, "issuer");
		rules.audience = module_field(ask, 0, "audience");
		rules.nonce = module_field(ask, 0, "nonce");
		call.last = ask->want;
		json_free(claims);
		claims = NULL;
		call.claims_error = verify(column[TOKEN], &rules, &claims);
		call.claims = (struct mailseal_items){ NULL, 0 };
		if (claims != NULL)
			call.claims = json_items(claims);
	}
	json_free(claims);
}

static void
walk_row(char *column[COLUMNS_MAX])
{
	static struct mailseal_ask ask;
	bool is_microsoft = strcmp(column[PROVIDER], "microsoft") == 0;
	const char *class, *match, *guest;
	char issuer[128] = "https://accounts.google.com";
	char got[64], wanted[64];

	if (is_microsoft)
		(void)snprintf(issuer, sizeof(issuer),
		    "https://login.microsoftonline.com/%s/v2.0", column[TID]);
	lead(module_open(column[PROVIDER]), column, issuer, &ask);
	class = module_field(&ask, MAILSEAL_IN_OUTCOME, "class");
	match = module_field(&ask, MAILSEAL_IN_OUTCOME, "id_match");
	guest = module_field(&ask, MAILSEAL_IN_OUTCOME, "id_guest");
	(void)snprintf(got, sizeof(got), "%s %s%s",
	    class != NULL && strcmp(class, "ok") == 0 ? "valid" : "invalid",
	    match != NULL ? match : "none", guest != NULL ? " guest" : "");
	/* Whom no admin is asked about: the one of another issuer, no other. */
	(void)snprintf(wanted, sizeof(wanted), "%s %s%s", column[VERDICT],
	    column[MATCH],
	    strstr(column[ID], "-guest") != NULL ? " guest" : "");
	walk_label(column[ID], got, wanted);
}

void
walk_idtokens(void)
{
	keys = walk_json("keys/TEST-ONLY-idp.jwks.json", JWT_KEYS_MAX);
	if (keys == NULL)
		return;
	(void)walk_rows("idtokens.tsv", walk_row);
	json_free(keys);
}
