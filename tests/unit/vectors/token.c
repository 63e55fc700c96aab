/* SPDX-License-Identifier: ISC */
/*
 * Replies of token endpoints, through the judgement that the modules share,
 * and all but those to a code through each module that asks so, too.
 */
#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>

#include "broker/module/oauth.h"
#include "proto/error.h"
#include "tests/unit/module.h"
#include "tests/unit/vectors/walk.h"

enum { ID, GRANT, STATUS, CLASS, LIFETIME, RETRY, REFRESH, HASH };

#define HEADERS_MAX 64

static const char *const modules[] = { "microsoft", "google", "oidc" };
#define MODULES (sizeof(modules) / sizeof(modules[0]))
static const struct mailseal_module *module[MODULES];
static const char *part; /* the folder of the replies */

/* The two scopes that the labels assume. */
static const char *const scopes[] = { "https://outlook.office.com/SMTP.Send",
	"https://mail.google.com/" };

static uint32_t
op_of(const char *grant)
{
	if (strcmp(grant, "code") == 0)
		return MAILSEAL_OP_CODE;
	if (strcmp(grant, "client_credentials") == 0)
		return MAILSEAL_OP_CLIENT_CREDENTIALS;
	if (strcmp(grant, "jwt_bearer") == 0)
		return MAILSEAL_OP_JWT_BEARER;
	if (strcmp(grant, "device") == 0)
		return MAILSEAL_OP_DEVICE_POLL;
	return MAILSEAL_OP_REFRESH;
}

/* Cut the head of a reply into status and headers; the body's start. */
static char *
read_head(char *text, struct mailseal_call *call, struct mailseal_item *item)
{
	char *body = strstr(text, "\r\n\r\n");
	char *line = strchr(text, '\n'), *next;

	if (body == NULL || strlen(text) < strlen("HTTP/1.1 200"))
		return NULL;
	body += 4;
	call->status = atoi(text + strlen("HTTP/1.1 "));
	for (line++; line < body - 2 && call->headers.count < HEADERS_MAX;
	     line = next) {
		char *value = strchr(line, ':');

		next = strchr(line, '\n') + 1;
		if (value == NULL || value > next)
			continue;
		*value++ = '\0';
		value += strspn(value, " ");
		value[strcspn(value, "\r")] = '\0';
		for (char *c = line; *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
		item[call->headers.count++] = (struct mailseal_item){ line,
			value, strlen(value), 0 };
	}
	call->headers.item = item;
	return body;
}

/* The state of a body, as the courier sees it. */
static void
read_body(const char *body, size_t len, struct mailseal_call *call,
    struct json **json)
{
	const char *announced = oauth_text(&call->headers, "content-length");
	struct span text = { (const unsigned char *)body, len };

	if (announced != NULL && strtoul(announced, NULL, 10) > len)
		call->body = MAILSEAL_BODY_CUT;
	else if (len > MAILSEAL_BODY_MAX)
		call->body = MAILSEAL_BODY_TOOLONG;
	else if (len == 0)
		call->body = MAILSEAL_BODY_NONE;
	else if (oauth_find(&call->headers, "content-encoding") != NULL)
		call->body = MAILSEAL_BODY_ENCODED;
	else if (json_parse(text, MAILSEAL_ITEMS_MAX, json) != MAILSEAL_OK)
		call->body = MAILSEAL_BODY_OTHER;
	else
		call->body = MAILSEAL_BODY_JSON;
	if (*json != NULL)
		call->json = json_items(*json);
}

/* The labels' name of a class. */
static const char *
label_of(const char *class, bool rotated)
{
	static const char *const names[][2] = {
		{ "transient", "transient" },
		{ "throttled", "throttled" },
		{ "reauth", "reauth-needed" },
		{ "admin", "admin-needed" },
		{ "config", "config-error" },
		{ "malformed", "malformed" },
		{ "pending", "pending" },
		{ "slow_down", "slow-down" },
		{ "denied", "denied" },
		{ "expired", "expired" },
	};

	if (strcmp(class, "ok") == 0)
		return rotated ? "ok-rotated" : "ok";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(class, names[i][0]) == 0)
			return names[i][1];
	return "none";
}

/* All that the index tells of a reply, in one text. */
static void
describe(const struct mailseal_call *call, const struct judgement *judgement,
    char *text, size_t size)
{
	const struct mailseal_item *access = judgement->access_token;
	const struct mailseal_item *refresh = judgement->refresh_token;
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(hash) + 1] = "-", life[16] = "-", retry[16] = "-";
	const char *keep = call->op == MAILSEAL_OP_CLIENT_CREDENTIALS ||
		call->op == MAILSEAL_OP_JWT_BEARER ?
	    "none" :
	    "keep";
	bool is_ok = strcmp(judgement->class, "ok") == 0;

	if (is_ok) {
		(void)snprintf(life, sizeof(life), "%d", judgement->lifetime);
		(void)crypto_hash_sha256(hash,
		    (const unsigned char *)access->bytes, access->len);
		(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	}
	if (judgement->retry_after >= 0)
		(void)snprintf(retry, sizeof(retry), "%d",
		    judgement->retry_after);
	(void)snprintf(text, size, "%d %s %s %s %s %s", call->status,
	    label_of(judgement->class, refresh != NULL), life, retry,
	    !is_ok		? "-" :
		refresh != NULL ? refresh->bytes :
				  keep,
	    hex);
}

/*
 * Whether a module has the operation of a call.  No good reply to a poll here
 * has the id_token that it wants.
 */
static bool
is_asked(const struct mailseal_module *asked, const struct mailseal_call *call,
    const char *wanted)
{
	return call->op != MAILSEAL_OP_CODE &&
	    (call->op != MAILSEAL_OP_DEVICE_POLL ||
		strncmp(wanted, "ok", 2) != 0) &&
	    (asked->operations & call->op) != 0;
}

/* What the modules make of all but a code; NULL when that is the label. */
static const char *
ask_modules(struct mailseal_call *call, const char *wanted)
{
	static struct mailseal_ask ask;
	static char got[64];

	call->size = sizeof(*call);
	call->step = call->op == MAILSEAL_OP_JWT_BEARER ? 2 : 1;
	call->last = MAILSEAL_WANT_HTTP;
	for (size_t i = 0; i < MODULES; i++) {
		const char *class, *label = "none";

		if (!is_asked(module[i], call, wanted))
			continue;
		memset(&ask, 0, sizeof(ask));
		ask.size = sizeof(ask);
		if (module[i]->step(call, &module_host, &ask) == 0 &&
		    steps_is_sound(&ask) && ask.want == MAILSEAL_WANT_DONE &&
		    (class = module_field(&ask, MAILSEAL_IN_OUTCOME,
			 "class")) != NULL)
			label = label_of(class,
			    module_field(&ask, MAILSEAL_IN_OUTCOME,
				"refresh_token") != NULL);
		if (strcmp(label, wanted) == 0)
			continue;
		(void)snprintf(got, sizeof(got), "module %s: %s", modules[i],
		    label);
		return got;
	}
	return NULL;
}

static void
walk_row(char *column[COLUMNS_MAX])
{
	struct mailseal_call call = { .op = op_of(column[GRANT]) };
	struct mailseal_item header[HEADERS_MAX], scope = { .name = "scope" };
	AUTO(json) json = NULL;
	char name[256], got[16384] = "unreadable", wanted[16384];
	char *text, *body = NULL;
	const char *odd = NULL;
	size_t len;

	(void)snprintf(wanted, sizeof(wanted), "%s %s %s %s %s %s",
	    column[STATUS], column[CLASS], column[LIFETIME], column[RETRY],
	    column[REFRESH], column[HASH]);
	(void)snprintf(name, sizeof(name), "%s/%s.http", part, column[ID]);
	text = walk_read(name, &len);
	if (text != NULL)
		body = read_head(text, &call, header);
	if (body != NULL)
		read_body(body, len - (size_t)(body - text), &call, &json);

	/* Which of the two scopes was asked for is not in the index. */
	call.settings = (struct mailseal_items){ &scope, 1 };
	for (size_t i = 0; body != NULL && i < 2; i++) {
		struct judgement judgement;

		scope.bytes = scopes[i];
		scope.len = strlen(scopes[i]);
		judgement = judgement_of_token(&call);
		describe(&call, &judgement, got, sizeof(got));
		if (strcmp(judgement.class, "ok") == 0)
			break;
	}
	if (body != NULL)
		odd = ask_modules(&call, column[CLASS]);
	walk_label(column[ID], odd != NULL ? odd : got, wanted);
	free(text);
}

void
walk_replies(const char *folder)
{
	char index[64];

	part = folder;
	for (size_t i = 0; i < MODULES; i++)
		module[i] = module_open(modules[i]);
	(void)snprintf(index, sizeof(index), "%s/index.tsv", folder);
	(void)walk_rows(index, walk_row);
}

void
walk_token(void)
{
	walk_replies("token");
}
