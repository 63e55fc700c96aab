/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include <ctype.h>
#include <sodium.h>
#include <stdbool.h>
#include <strings.h>

#include "broker/courier/json.h"
#include "broker/courier/steps.h"
#include "broker/module/oauth.h"
#include "broker/secret.h"
#include "proto/error.h"

enum { ID, GRANT, STATUS, CLASS, LIFETIME, RETRY, REFRESH, HASH };

static const struct mailseal_host host = { sizeof(host), steps_put };

/* The two scopes that the labels assume. */
static const char *const scopes[] = { "https://outlook.office.com/SMTP.Send",
	"https://mail.google.com/" };

static size_t cases;

static uint32_t
op_of(const char *grant)
{
	if (strcmp(grant, "code") == 0)
		return MAILSEAL_OP_CODE;
	if (strcmp(grant, "client_credentials") == 0)
		return MAILSEAL_OP_CLIENT_CREDENTIALS;
	if (strcmp(grant, "jwt_bearer") == 0)
		return MAILSEAL_OP_JWT_BEARER;
	assert_string_equal(grant, "refresh");
	return MAILSEAL_OP_REFRESH;
}

/* Cut the head of a reply into status and headers; the body's start. */
static char *
read_head(char *text, struct mailseal_call *call, struct mailseal_item *item)
{
	char *body = strstr(text, "\r\n\r\n");
	char *line = strchr(text, '\n'), *next;

	assert_non_null(body);
	body += 4;
	call->status = atoi(text + strlen("HTTP/1.1 "));
	for (line++; line < body - 2; line = next) {
		char *value = strchr(line, ':');

		next = strchr(line, '\n') + 1;
		assert_non_null(value);
		*value = '\0';
		value += 2;
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
label(const struct judgement *judgement)
{
	static const char *const names[][2] = {
		{ "transient", "transient" },
		{ "throttled", "throttled" },
		{ "reauth", "reauth-needed" },
		{ "admin", "admin-needed" },
		{ "config", "config-error" },
		{ "malformed", "malformed" },
	};

	if (strcmp(judgement->class, "ok") == 0)
		return judgement->refresh_token != NULL ? "ok-rotated" : "ok";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(judgement->class, names[i][0]) == 0)
			return names[i][1];
	return "none";
}

static void
check_tokens(const struct judgement *judgement, char *column[VECTOR_COLUMNS])
{
	const struct mailseal_item *access = judgement->access_token;
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(hash) + 1];

	assert_int_equal(judgement->lifetime, atoi(column[LIFETIME]));
	(void)crypto_hash_sha256(hash, (const unsigned char *)access->bytes,
	    access->len);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	assert_string_equal(hex, column[HASH]);
	if (judgement->refresh_token != NULL)
		assert_string_equal(judgement->refresh_token->bytes,
		    column[REFRESH]);
	else
		assert_true(strcmp(column[REFRESH], "keep") == 0 ||
		    strcmp(column[REFRESH], "none") == 0);
}

static void
check_row(char *column[VECTOR_COLUMNS])
{
	struct mailseal_call call = { .op = op_of(column[GRANT]) };
	struct mailseal_item header[32], scope = { .name = "scope" };
	struct judgement judgement;
	AUTO(json) json = NULL;
	char name[128], *text, *body;
	size_t len;

	(void)snprintf(name, sizeof(name), "token/%s.http", column[ID]);
	text = vector_read(name, &len);
	body = read_head(text, &call, header);
	assert_int_equal(call.status, atoi(column[STATUS]));
	read_body(body, len - (size_t)(body - text), &call, &json);

	/* Which of the two scopes was asked for is not in the index. */
	call.settings = (struct mailseal_items){ &scope, 1 };
	for (size_t i = 0; i < 2; i++) {
		scope.bytes = scopes[i];
		scope.len = strlen(scopes[i]);
		judgement = judgement_of_token(&call);
		if (strcmp(judgement.class, "ok") == 0)
			break;
	}
	if (strcmp(label(&judgement), column[CLASS]) != 0)
		fail_msg("%s: %s, not %s", column[ID], label(&judgement),
		    column[CLASS]);
	assert_int_equal(judgement.retry_after,
	    strcmp(column[RETRY], "-") == 0 ? -1 : atoi(column[RETRY]));
	if (strcmp(judgement.class, "ok") == 0)
		check_tokens(&judgement, column);
	else
		assert_non_null(judgement.reason);
	free(text);
	cases++;
}

static void
no_reply_of_a_token_endpoint_is_misread(void **state)
{
	size_t rows = vector_rows("token/index.tsv", check_row);

	(void)state;
	assert_true(rows >= 170);
	assert_int_equal(cases, rows);
}

/* The bytes of a field of an ask; NULL when it is not there. */
static const char *
field(const struct mailseal_ask *ask, uint32_t where, const char *name)
{
	static char text[256];

	for (uint32_t i = 0; i < ask->count; i++) {
		if (ask->field[i].where != where ||
		    strcmp(ask->field[i].name, name) != 0)
			continue;
		(void)snprintf(text, sizeof(text), "%.*s",
		    (int)ask->field[i].len, ask->pool + ask->field[i].offset);
		return text;
	}
	return NULL;
}

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}

/* What a refresh asks for when clients authenticate in this way. */
static void
ask_refresh(const char *way, bool has_secret, struct mailseal_ask *ask)
{
	const struct mailseal_item settings[] = {
		ITEM("token_endpoint", "https://idp.example/token"),
		ITEM("client_id", "id:1"), ITEM("scope", "a b"),
		{ "client_auth", way, strlen(way), 0 }
	};
	const struct mailseal_item inputs[] = { ITEM("refresh_token", "RT"),
		ITEM("client_secret", "s&1") };
	struct mailseal_call call = { .op = MAILSEAL_OP_REFRESH,
		.settings = { settings, 4 },
		.inputs = { inputs, has_secret ? 2 : 1 } };

	memset(ask, 0, sizeof(*ask));
	oauth_ask_refresh(&call, &host, ask);
	assert_true(steps_is_sound(ask));
}

static void
a_client_shows_its_secret_where_the_provider_wants_it(void **state)
{
	static struct mailseal_ask ask;

	(void)state;
	ask_refresh("post", true, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
	assert_string_equal(ask.url, "https://idp.example/token");
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "client_secret"),
	    "s&1");
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "refresh_token"),
	    "RT");
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "scope"), "a b");

	ask_refresh("basic", true, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_BASIC, "id:1"), "s&1");
	assert_null(field(&ask, MAILSEAL_IN_FORM, "client_id"));
	assert_null(field(&ask, MAILSEAL_IN_FORM, "client_secret"));

	ask_refresh("none", true, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "client_id"), "id:1");
	assert_null(field(&ask, MAILSEAL_IN_FORM, "client_secret"));
}

static void
a_missing_secret_is_told_before_anything_is_sent(void **state)
{
	static struct mailseal_ask ask;

	(void)state;
	ask_refresh("post", false, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "class"),
	    "config");
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "reason"),
	    "registration");
	assert_null(field(&ask, MAILSEAL_IN_FORM, "refresh_token"));
	ask_refresh("smoke", true, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
}

static void
an_ask_that_does_not_fit_is_not_sound(void **state)
{
	static struct mailseal_ask ask;
	static char big[MAILSEAL_POOL_MAX];

	(void)state;
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_FORM, "a", big,
			     sizeof(big), 0),
	    0);
	assert_true(steps_is_sound(&ask));
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_FORM, "b", big, 1, 0), -1);
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_FORM, "c", big, 0, 0), -1);
	assert_false(steps_is_sound(&ask));
}

static int
setup(void **state)
{
	(void)state;
	return secret_arena_open(4 * 1024 * 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_reply_of_a_token_endpoint_is_misread),
		cmocka_unit_test(
		    a_client_shows_its_secret_where_the_provider_wants_it),
		cmocka_unit_test(
		    a_missing_secret_is_told_before_anything_is_sent),
		cmocka_unit_test(an_ask_that_does_not_fit_is_not_sound),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
