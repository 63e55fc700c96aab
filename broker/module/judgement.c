/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

enum kind { OK, TRANSIENT, THROTTLED, REAUTH, ADMIN, CONFIG, MALFORMED };

/* A class, the reason that goes with it, and who must act. */
static const struct {
	const char *class;
	const char *reason;
	enum actor actor;
} kinds[] = {
	[OK] = { "ok", NULL, ACTOR_NOBODY },
	[TRANSIENT] = { "transient", "provider_down", ACTOR_NOBODY },
	[THROTTLED] = { "throttled", "throttled", ACTOR_NOBODY },
	[REAUTH] = { "reauth", "reauth", ACTOR_PERSON },
	[ADMIN] = { "admin", "provider_admin", ACTOR_TENANT },
	[CONFIG] = { "config", "registration", ACTOR_ADMIN },
	[MALFORMED] = { "malformed", "malformed", ACTOR_NOBODY },
};

static void
set_kind(struct judgement *judgement, enum kind kind)
{
	judgement->class = kinds[kind].class;
	judgement->reason = kinds[kind].reason;
	judgement->actor = kinds[kind].actor;
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

/* Whether a value is one of Microsoft's numbers. */
static bool
is_number(const struct mailseal_item *item)
{
	static const char prefix[] = "error_codes.";

	return strncmp(item->name, prefix, strlen(prefix)) == 0 &&
	    strchr(item->name + strlen(prefix), '.') == NULL &&
	    (item->flags & MAILSEAL_NUMBER) != 0;
}

bool
oauth_has_number(const struct mailseal_call *call, int number)
{
	for (size_t i = 0; i < call->json.count; i++)
		if (is_number(&call->json.item[i]) &&
		    strtod(call->json.item[i].bytes, NULL) == number)
			return true;
	return false;
}

/* Of the numbers in the reply, the meaning that comes first; or NULL. */
static const struct meaning *
find_number(const struct mailseal_call *call)
{
	const struct meaning *first = NULL;

	for (size_t i = 0; i < call->json.count; i++) {
		const struct mailseal_item *item = &call->json.item[i];
		const struct meaning *meaning;

		if (!is_number(item))
			continue;
		meaning = meaning_of_number(strtod(item->bytes, NULL));
		if (meaning != NULL && (first == NULL || meaning < first))
			first = meaning; /* both point into one table */
	}
	return first;
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

/* Whether what dies here is a grant that a person gave. */
static bool
has_grant(const struct mailseal_call *call)
{
	return call->op != MAILSEAL_OP_CLIENT_CREDENTIALS &&
	    call->op != MAILSEAL_OP_JWT_BEARER;
}

/* Take over what a row says. */
static void
set_meaning(struct judgement *judgement, const struct meaning *meaning)
{
	judgement->actor = meaning->actor;
	judgement->note = meaning->plain ? NULL : meaning->note;
	judgement->meaning = meaning;
}

static void
judge_class(const struct mailseal_call *call, const char *error,
    struct judgement *judgement)
{
	bool service = call->op == MAILSEAL_OP_JWT_BEARER;
	bool device = call->op == MAILSEAL_OP_DEVICE_POLL;
	const struct meaning *number = find_number(call);
	const struct meaning *meaning = meaning_of_error(error,
	    service    ? WHERE_SERVICE :
		device ? WHERE_DEVICE :
			 NULL);

	if (number != NULL && number->class != NULL) {
		meaning = number;
	} else if (strcmp(meaning->class, kinds[REAUTH].class) == 0 &&
	    !has_grant(call)) {
		if (!service) {
			set_kind(judgement, CONFIG);
			return;
		}
		/* What is given for a token is signed with the key itself. */
		meaning = meaning_of_error("invalid_grant", WHERE_SERVICE);
	}
	judgement->class = meaning->class;
	judgement->reason = meaning->reason;
	set_meaning(judgement, meaning);
}

/* What refines a class: who has to act, and what it means. */
static void
judge_actor(const struct mailseal_call *call, struct judgement *judgement)
{
	static const char *const names[] = { "error_subtype", "suberror" };
	const struct meaning *found = find_number(call);

	for (size_t i = 0; found == NULL && i < 2; i++) {
		const char *text = oauth_text(&call->json, names[i]);

		if (text != NULL)
			found = meaning_of_subtype(text);
	}
	if (found != NULL && found->class == NULL &&
	    strcmp(judgement->class, kinds[REAUTH].class) == 0)
		set_meaning(judgement, found);
}

static void
judge_error(const struct mailseal_call *call, const struct mailseal_item *error,
    struct judgement *judgement)
{
	if (error->flags != 0 || !is_visible(error, 0x20) ||
	    oauth_find(&call->json, "access_token") != NULL) {
		set_kind(judgement, MALFORMED);
		return;
	}
	judge_class(call, error->bytes, judgement);
	judge_actor(call, judgement);
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

static bool
is_too_long(const struct mailseal_item *item)
{
	return item != NULL && item->flags == 0 &&
	    item->len > MAILSEAL_TOKEN_MAX;
}

/* A reply that cannot be used; the one cause that has a cure is named. */
static void
spoil(const struct mailseal_call *call, struct judgement *judgement)
{
	set_kind(judgement, MALFORMED);
	if (!is_too_long(oauth_find(&call->json, "access_token")) &&
	    !is_too_long(oauth_find(&call->json, "refresh_token")))
		return;
	judgement->reason = "long_token";
	judgement->actor = ACTOR_TENANT;
	judgement->note = "the token is longer than 9,000 bytes";
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

		if (len > 0 && !oauth_has_word(identity, asked, len) &&
		    !oauth_has_word(granted, asked, len))
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

static struct judgement
judge(const struct mailseal_call *call)
{
	const struct mailseal_item *error = oauth_find(&call->json, "error");
	const char *type = oauth_text(&call->json, "token_type");
	struct judgement judgement;

	if (judgement_of_status(call, &judgement))
		return judgement;
	if (error != NULL) {
		judge_error(call, error, &judgement);
		return judgement;
	}
	judgement.access_token = oauth_find(&call->json, "access_token");
	judgement.lifetime = oauth_seconds(oauth_find(&call->json,
					       "expires_in"),
	    OAUTH_LIFE_ABSENT, OAUTH_LIFE_MAX);
	judgement.scope = oauth_text(&call->json, "scope");
	if (call->status != 200 || !is_token(judgement.access_token) ||
	    type == NULL || strcasecmp(type, "bearer") != 0 ||
	    judgement.lifetime == 0 || !read_refresh_token(call, &judgement)) {
		spoil(call, &judgement);
		return judgement;
	}
	set_kind(&judgement, OK);
	if ((call->op == MAILSEAL_OP_CODE ||
		call->op == MAILSEAL_OP_DEVICE_POLL) &&
	    !is_granted(call, judgement.scope)) {
		set_kind(&judgement, REAUTH);
		judgement.reason = "scope";
	}
	return judgement;
}

struct judgement
judgement_of_token(const struct mailseal_call *call)
{
	struct judgement judgement = judge(call);

	/* The person may be signing in all the same. */
	if (call->op == MAILSEAL_OP_DEVICE_POLL &&
	    strcmp(judgement.class, kinds[TRANSIENT].class) == 0)
		judgement.class = "pending";
	return judgement;
}
