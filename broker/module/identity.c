/* SPDX-License-Identifier: ISC */
/*
 * Whose sign-in it is, by the claims of a verified id_token.  The stable id is
 * what gets pinned; the name is what a mailbox is compared with.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

static bool
is_named(const char *name)
{
	return name != NULL && name[0] != '\0';
}

/* false, as a bool or as text: the provider does not vouch for it. */
static bool
is_true(const struct mailseal_item *item)
{
	return item != NULL && item->len == 4 &&
	    strcmp(item->bytes, "true") == 0;
}

/* The stable id: whole, or the id_token is of no use. */
static void
pin(struct identity *identity, const char *tenant, const char *id)
{
	int n = snprintf(identity->sub, sizeof(identity->sub), "%s%s%s",
	    tenant != NULL ? tenant : "", tenant != NULL ? "/" : "", id);

	if (n < 0 || (size_t)n >= sizeof(identity->sub))
		identity->fault = "its subject is too long";
}

struct identity
identity_of_oidc(const struct mailseal_call *call)
{
	const struct mailseal_item *verified = oauth_find(&call->claims,
	    "email_verified");
	const char *sub = oauth_text(&call->claims, "sub");
	const char *email = oauth_text(&call->claims, "email");
	const char *mailbox = oauth_text(&call->inputs, "mailbox");
	struct identity identity = { .fault = call->claims_error };

	if (identity.fault == NULL && !is_named(sub))
		identity.fault = "sub";
	if (identity.fault == NULL)
		pin(&identity, NULL, sub);
	if (identity.fault != NULL)
		return identity;
	/* An address that the provider does not vouch for is nobody's name. */
	if (is_true(verified) && is_named(email))
		identity.name = email;
	else
		identity.name = oauth_text(&call->claims, "preferred_username");
	if (!is_named(identity.name) && is_named(email)) {
		identity.name = email;
		identity.match = mailbox != NULL &&
			strcasecmp(email, mailbox) == 0 ?
		    "probable" :
		    "other";
	}
	return identity;
}

struct identity
identity_of_nobody(void)
{
	return (struct identity){ .match = "unknown" };
}

/* Whether somebody signed in elsewhere, and is no member of the tenant. */
static bool
is_guest(const struct mailseal_items *claims)
{
	const char *idp = oauth_text(claims, "idp");
	const char *iss = oauth_text(claims, "iss");

	return oauth_find(claims, "idp") != NULL &&
	    (idp == NULL || iss == NULL || strcmp(idp, iss) != 0);
}

/* How the names of a Microsoft account fit a mailbox. */
static const char *
match_microsoft(const struct mailseal_items *claims, const char *mailbox)
{
	const struct mailseal_item *name = oauth_find(claims,
	    "preferred_username");
	const char *upn = oauth_text(claims, "preferred_username");
	const char *email = oauth_text(claims, "email");

	if (is_guest(claims))
		return "other";
	if (name == NULL && !is_named(email))
		return "unknown";
	if (upn != NULL && strcasecmp(upn, mailbox) == 0)
		return "same";
	/* The address is not verified, and may be anybody's. */
	if (email != NULL && strcasecmp(email, mailbox) == 0)
		return "probable";
	return "other";
}

struct identity
identity_of_microsoft(const struct mailseal_call *call, const char *tenant)
{
	const char *tid = oauth_text(&call->claims, "tid");
	const char *oid = oauth_text(&call->claims, "oid");
	const char *mailbox = oauth_text(&call->inputs, "mailbox");
	struct identity identity = { .fault = call->claims_error };

	if (identity.fault == NULL &&
	    (!is_named(tid) ||
		(tenant != NULL && strcasecmp(tid, tenant) != 0)))
		identity.fault = "tid: it is of another tenant";
	if (identity.fault == NULL && !is_named(oid))
		identity.fault = "oid";
	if (identity.fault == NULL)
		pin(&identity, tid, oid);
	if (identity.fault != NULL)
		return identity;
	identity.name = oauth_text(&call->claims, "preferred_username");
	identity.guest = is_guest(&call->claims);
	identity.match = match_microsoft(&call->claims,
	    mailbox != NULL ? mailbox : "");
	return identity;
}

/* Consumers have no hd; all others have that of their organisation. */
static bool
is_hosted(const struct mailseal_items *claims, const char *domain)
{
	const char *hd = oauth_text(claims, "hd");

	if (strcasecmp(domain, "gmail.com") == 0 ||
	    strcasecmp(domain, "googlemail.com") == 0)
		return oauth_find(claims, "hd") == NULL;
	return hd != NULL && strcasecmp(hd, domain) == 0;
}

struct identity
identity_of_google(const struct mailseal_call *call)
{
	const struct mailseal_items *claims = &call->claims;
	const char *sub = oauth_text(claims, "sub");
	const char *email = oauth_text(claims, "email");
	const char *mailbox = oauth_text(&call->inputs, "mailbox");
	const char *domain = oauth_text(&call->settings, "hd");
	struct identity identity = { .fault = call->claims_error };

	if (identity.fault == NULL && !is_named(sub))
		identity.fault = "sub";
	if (identity.fault == NULL)
		pin(&identity, NULL, sub);
	if (identity.fault != NULL)
		return identity;
	identity.match = "unknown";
	if (!is_named(email) || !is_true(oauth_find(claims, "email_verified")))
		return identity;
	identity.name = email;
	if (domain == NULL && mailbox != NULL && strchr(mailbox, '@') != NULL)
		domain = strrchr(mailbox, '@') + 1;
	identity.match = mailbox != NULL && domain != NULL &&
		strcasecmp(email, mailbox) == 0 && is_hosted(claims, domain) ?
	    "same" :
	    "other";
	return identity;
}
