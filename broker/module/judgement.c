/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { OK, TRANSIENT, THROTTLED, REAUTH, ADMIN, CONFIG, MALFORMED, UNSAID };

/* A class and the reason that goes with it. */
static const struct {
	const char *class;
	const char *reason;
} kinds[] = {
	[OK] = { "ok", NULL },
	[TRANSIENT] = { "transient", "provider_down" },
	[THROTTLED] = { "throttled", "throttled" },
	[REAUTH] = { "reauth", "reauth" },
	[ADMIN] = { "admin", "provider_admin" },
	[CONFIG] = { "config", "registration" },
	[MALFORMED] = { "malformed", "malformed" },
};

/*
 * Microsoft's AADSTS numbers (2026), highest priority first: a reply with
 * several has the class that comes first here.
 */
static const int throttled[] = { 50088, 50166, 50196, 90055 };
static const int transient[] = { 40010, 50033, 50087, 70012, 80002, 80005,
	80014, 90006, 90012, 90024, 90033, 90090 };
static const int config[] = { 28002, 28003, 50001, 50011, 50012, 50013, 500133,
	50048, 50194, 500011, 65005, 650056, 650057, 70002, 70003, 70004, 70005,
	70007, 70011, 700011, 700016, 700022, 700023, 700025, 700027, 700030,
	7000215, 7000218, 7000222, 90002, 90014, 90019, 90023, 900144, 900561,
	9001023, 9002313, 9002332, 90124, 90130 };
static const int admin[] = { 50005, 50014, 50034, 50057, 50105, 50131, 51004,
	53000, 53001, 53002, 53003, 530032, 530034, 530035, 500021, 500022,
	500212, 500213, 70001, 7000112, 90072, 90094, 90095, 90099, 650052,
	1000031 };
static const int reauth[] = { 65004 };

static const struct {
	int kind;
	const int *number;
	size_t count;
} sets[] = {
	{ THROTTLED, throttled, COUNT(throttled) },
	{ TRANSIENT, transient, COUNT(transient) },
	{ CONFIG, config, COUNT(config) },
	{ ADMIN, admin, COUNT(admin) },
	{ REAUTH, reauth, COUNT(reauth) },
};

/* The values of error; one that is not here is a fault of our settings. */
static const struct {
	const char *error;
	int kind;
} errors[] = {
	{ "slow_down", THROTTLED },
	{ "rate_limit_exceeded", THROTTLED },
	{ "temporarily_unavailable", TRANSIENT },
	{ "server_error", TRANSIENT },
	{ "internal_failure", TRANSIENT },
	{ "access_denied", ADMIN },
	{ "admin_policy_enforced", ADMIN },
	{ "restricted_client", ADMIN },
	{ "org_internal", ADMIN },
	{ "invalid_grant", REAUTH },
	{ "interaction_required", REAUTH },
	{ "login_required", REAUTH },
	{ "consent_required", REAUTH },
	{ "invalid_code", REAUTH },
	{ "INVALID_REFRESH_TOKEN", REAUTH },
};

static void
set_kind(struct judgement *judgement, int kind)
{
	judgement->class = kinds[kind].class;
	judgement->reason = kinds[kind].reason;
}

/* A date of RFC 9110 section 5.6.7, in its one form that is still sent. */
static bool
read_date(const char *text, time_t *when)
{
	struct tm tm = { 0 };
	const char *end;

	if (text == NULL)
		return false;
	end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (end == NULL || *end != '\0')
		return false;
	*when = timegm(&tm);
	return true;
}

/* The seconds of Retry-After, or -1.  Zero would be no rest: as if absent. */
static int
read_retry_after(const struct mailseal_call *call)
{
	const char *text = oauth_text(&call->headers, "retry-after");
	time_t when, now = (time_t)call->now;
	double seconds;

	if (text == NULL)
		return -1;
	if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0') {
		seconds = strtod(text, NULL);
	} else if (read_date(text, &when)) {
		(void)read_date(oauth_text(&call->headers, "date"), &now);
		seconds = (double)when - (double)now;
	} else {
		return -1;
	}
	if (seconds < 1)
		return -1;
	return seconds > OAUTH_RETRY_MAX ? OAUTH_RETRY_MAX : (int)seconds;
}

bool
judgement_of_status(const struct mailseal_call *call,
    struct judgement *judgement)
{
	int status = call->status;

	*judgement = (struct judgement){ .retry_after = -1 };
	judgement->retry_after = read_retry_after(call);
	if (call->body == MAILSEAL_BODY_CUT)
		set_kind(judgement, TRANSIENT);
	else if (status == 429)
		set_kind(judgement, THROTTLED);
	else if (status == 408 || status >= 500)
		set_kind(judgement, TRANSIENT);
	else if ((status >= 300 && status < 400) || status == 404 ||
	    status == 405 || status == 407 || status == 415 ||
	    (status == 401 && call->body == MAILSEAL_BODY_NONE))
		set_kind(judgement, CONFIG);
	else if (call->body != MAILSEAL_BODY_JSON)
		set_kind(judgement, MALFORMED);
	else
		return false;
	return true;
}

static bool
has_number(const struct mailseal_call *call, const int *numbers, size_t count)
{
	static const char prefix[] = "error_codes.";

	for (size_t i = 0; i < call->json.count; i++) {
		const struct mailseal_item *item = &call->json.item[i];

		if (strncmp(item->name, prefix, strlen(prefix)) != 0 ||
		    strchr(item->name + strlen(prefix), '.') != NULL ||
		    (item->flags & MAILSEAL_NUMBER) == 0)
			continue;
		for (size_t j = 0; j < count; j++)
			if (strtod(item->bytes, NULL) == numbers[j])
				return true;
	}
	return false;
}

/* Only printable ASCII; a value with a broken byte is nobody's. */
static bool
is_visible(const struct mailseal_item *item, char least)
{
	for (size_t i = 0; i < item->len; i++)
		if (item->bytes[i] < least || item->bytes[i] > 0x7e)
			return false;
	return true;
}

static int
kind_of_error(const struct mailseal_call *call,
    const struct mailseal_item *error)
{
	bool has_grant = call->op != MAILSEAL_OP_CLIENT_CREDENTIALS &&
	    call->op != MAILSEAL_OP_JWT_BEARER;

	if (error->flags != 0 || !is_visible(error, 0x20) ||
	    oauth_find(&call->json, "access_token") != NULL)
		return MALFORMED;
	for (size_t i = 0; i < COUNT(sets); i++)
		if (has_number(call, sets[i].number, sets[i].count))
			return sets[i].kind;
	if (call->op == MAILSEAL_OP_JWT_BEARER &&
	    strcmp(error->bytes, "unauthorized_client") == 0)
		return ADMIN;
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strcmp(error->bytes, errors[i].error) == 0)
			return errors[i].kind == REAUTH && !has_grant ?
			    CONFIG :
			    errors[i].kind;
	return CONFIG;
}

/* b64token of RFC 6750 section 2.1, of a length that a login can carry. */
static bool
is_token(const struct mailseal_item *item)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~+/";
	size_t len;

	if (item == NULL || item->flags != 0 || item->len > MAILSEAL_TOKEN_MAX)
		return false;
	len = strspn(item->bytes, plain);
	if (len == 0)
		return false;
	len += strspn(item->bytes + len, "=");
	return len == item->len;
}

/* The life of the access token in seconds; 0 when it cannot be believed. */
static int
read_lifetime(const struct mailseal_item *item)
{
	double seconds;

	if (item == NULL)
		return OAUTH_LIFE_ABSENT;
	if (item->flags == 0 &&
	    (item->len == 0 || strspn(item->bytes, "0123456789") != item->len))
		return 0;
	if (item->flags != 0 && item->flags != MAILSEAL_NUMBER)
		return 0;
	seconds = strtod(item->bytes, NULL);
	if (!(seconds >= 1))
		return 0;
	return seconds > OAUTH_LIFE_MAX ? OAUTH_LIFE_MAX : (int)seconds;
}

/* Whether word stands in a list separated by spaces. */
static bool
has_word(const char *list, const char *word, size_t len)
{
	for (; *list != '\0'; list += strspn(list, " ")) {
		size_t size = strcspn(list, " ");

		if (size == len && memcmp(list, word, len) == 0)
			return true;
		list += size;
	}
	return false;
}

/* Whether all that was asked for was granted; identity is no permission. */
static bool
is_granted(const struct mailseal_call *call, const char *granted)
{
	static const char identity[] = "openid email profile offline_access";
	const char *asked = oauth_text(&call->settings, "scope");

	if (granted == NULL || asked == NULL)
		return true; /* silence means: as asked for */
	for (; *asked != '\0'; asked += strspn(asked, " ")) {
		size_t len = strcspn(asked, " ");

		if (len > 0 && !has_word(identity, asked, len) &&
		    !has_word(granted, asked, len))
			return false;
		asked += len;
	}
	return true;
}

/* The refresh token of a reply; false when it is not one. */
static bool
read_refresh_token(const struct mailseal_call *call,
    struct judgement *judgement)
{
	const struct mailseal_item *item = oauth_find(&call->json,
	    "refresh_token");

	if (item == NULL || item->flags == MAILSEAL_NULL ||
	    (item->flags == 0 && item->len == 0))
		return true; /* the old one stays */
	if (item->flags != 0 || item->len > MAILSEAL_TOKEN_MAX ||
	    !is_visible(item, 0x21))
		return false;
	judgement->refresh_token = item;
	return true;
}

struct judgement
judgement_of_token(const struct mailseal_call *call)
{
	const struct mailseal_item *error = oauth_find(&call->json, "error");
	const char *type = oauth_text(&call->json, "token_type");
	struct judgement judgement;

	if (judgement_of_status(call, &judgement))
		return judgement;
	if (error != NULL) {
		set_kind(&judgement, kind_of_error(call, error));
		return judgement;
	}
	judgement.access_token = oauth_find(&call->json, "access_token");
	judgement.lifetime = read_lifetime(
	    oauth_find(&call->json, "expires_in"));
	judgement.scope = oauth_text(&call->json, "scope");
	if (call->status != 200 || !is_token(judgement.access_token) ||
	    type == NULL || strcasecmp(type, "bearer") != 0 ||
	    judgement.lifetime == 0 || !read_refresh_token(call, &judgement)) {
		set_kind(&judgement, MALFORMED);
		return judgement;
	}
	set_kind(&judgement, OK);
	if (call->op == MAILSEAL_OP_CODE &&
	    !is_granted(call, judgement.scope)) {
		set_kind(&judgement, REAUTH);
		judgement.reason = "scope";
	}
	return judgement;
}

void
judgement_finish(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct judgement *judgement)
{
	const char *error = oauth_text(&call->json, "error");
	const char *text = oauth_text(&call->json, "error_description");
	char detail[512], number[16];

	if (judgement->scope != NULL && strcmp(judgement->class, "reauth") == 0)
		(void)snprintf(detail, sizeof(detail), "granted: %s",
		    judgement->scope);
	else if (error != NULL)
		(void)snprintf(detail, sizeof(detail), "%s%s%s", error,
		    text != NULL ? ": " : "", text != NULL ? text : "");
	else
		(void)snprintf(detail, sizeof(detail), "HTTP status %d%s",
		    call->status,
		    call->body == MAILSEAL_BODY_JSON ||
			    call->body == MAILSEAL_BODY_NONE ?
			"" :
			", and no usable JSON");
	oauth_finish(host, ask, judgement->class, judgement->reason, detail);
	if (judgement->retry_after < 0)
		return;
	(void)snprintf(number, sizeof(number), "%d", judgement->retry_after);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "retry_after", number);
}

void
judgement_finish_tokens(const struct mailseal_host *host,
    struct mailseal_ask *ask, const struct judgement *judgement)
{
	const struct mailseal_item *refresh = judgement->refresh_token;
	char number[16];

	oauth_finish(host, ask, "ok", NULL, NULL);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "access_token",
	    judgement->access_token->bytes, judgement->access_token->len, 1);
	(void)snprintf(number, sizeof(number), "%d", judgement->lifetime);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "expires_in", number);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "scope", judgement->scope);
	if (refresh != NULL)
		(void)host->put(ask, MAILSEAL_IN_OUTCOME, "refresh_token",
		    refresh->bytes, refresh->len, 1);
}
