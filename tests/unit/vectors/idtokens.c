/* SPDX-License-Identifier: ISC */
/*
 * id_tokens: whether they hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/jwt.h"
#include "proto/error.h"
#include "tests/unit/vectors/walk.h"

enum { ID, PROVIDER, VERDICT, MATCH, NOW, AUD, TID, NONCE, MAILBOX, TOKEN };

static struct json *keys;

static bool
is_valid(const char *token, const struct jwt_rules *rules, const char *tid)
{
	struct span text = { (const unsigned char *)token, strlen(token) };
	AUTO(json) claims = NULL;
	const char *why = NULL, *found;

	if (jwt_verify(text, keys, rules, &claims, &why) != MAILSEAL_OK)
		return false;
	/* That tid fits is the one rule that only Microsoft's module knows. */
	found = json_text(claims, "tid");
	return tid == NULL || (found != NULL && strcmp(found, tid) == 0);
}

static void
walk_row(char *column[COLUMNS_MAX])
{
	bool is_microsoft = strcmp(column[PROVIDER], "microsoft") == 0;
	struct jwt_rules rules = { .audience = column[AUD],
		.nonce = column[NONCE],
		.now = atoll(column[NOW]) };
	char issuer[128];
	bool holds;

	(void)snprintf(issuer, sizeof(issuer),
	    "https://login.microsoftonline.com/%s/v2.0", column[TID]);
	rules.issuer = is_microsoft ? issuer : "https://accounts.google.com";
	holds = is_valid(column[TOKEN], &rules,
	    is_microsoft ? column[TID] : NULL);
	if (!holds && !is_microsoft) {
		rules.issuer = "accounts.google.com"; /* the older form */
		holds = is_valid(column[TOKEN], &rules, NULL);
	}
	walk_label(column[ID], holds ? "valid" : "invalid", column[VERDICT]);
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
