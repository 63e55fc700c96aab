/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/cloud.h"
#include "broker/flow.h"
#include "proto/error.h"

#define GUID_LEN 36

/* Microsoft: National clouds; Authenticate by OAuth (2026). */
static const struct cloud {
	const char *name;
	const char *login;
	const char *smtp; /* NULL where we do not know it */
	const char *imap;
	const char *scope_smtp, *scope_imap;
	const char *scope; /* where nobody signs in */
} clouds[] = {
	{ "public", "https://login.microsoftonline.com", "smtp.office365.com",
	    "outlook.office365.com", "https://outlook.office.com/SMTP.Send",
	    "https://outlook.office.com/IMAP.AccessAsUser.All",
	    "https://outlook.office365.com/.default" },
	{ "usgov", "https://login.microsoftonline.us", "smtp.office365.us",
	    "outlook.office365.us", "https://outlook.office365.us/SMTP.Send",
	    "https://outlook.office365.us/IMAP.AccessAsUser.All",
	    "https://outlook.office365.us/.default" },
	{ "usgov-dod", "https://login.microsoftonline.us", NULL,
	    "outlook-dod.office365.us",
	    "https://outlook-dod.office365.us/SMTP.Send",
	    "https://outlook-dod.office365.us/IMAP.AccessAsUser.All",
	    "https://outlook-dod.office365.us/.default" },
	{ "china", "https://login.partner.microsoftonline.cn",
	    "smtp.partner.outlook.cn", "partner.outlook.cn",
	    "https://partner.outlook.cn/SMTP.Send",
	    "https://partner.outlook.cn/IMAP.AccessAsUser.All",
	    "https://partner.outlook.cn/.default" },
};

static const struct cloud *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++)
		if (strcmp(clouds[i].name, name) == 0)
			return &clouds[i];
	return NULL;
}

/* What the files do not say; it stands where the cloud is named. */
static int
fill(struct provider *p, enum setting setting, const char *value)
{
	if (p->origin[setting].file != NULL || value == NULL)
		return MAILSEAL_OK;
	p->value[setting] = strdup(value);
	if (p->value[setting] == NULL)
		return MAILSEAL_E_NOMEM;
	p->origin[setting] = p->origin[SETTING_CLOUD];
	return MAILSEAL_OK;
}

static int
fill_all(struct provider *p, const struct cloud *cloud)
{
	bool alone = flow_is_application(p);
	const struct {
		enum setting setting;
		const char *value;
	} values[] = {
		{ SETTING_AUTHORITY, cloud->login },
		{ SETTING_SMTP_HOST, cloud->smtp },
		{ SETTING_IMAP_HOST, cloud->imap },
		{ SETTING_SCOPE_SMTP, alone ? NULL : cloud->scope_smtp },
		{ SETTING_SCOPE_IMAP, alone ? NULL : cloud->scope_imap },
		{ SETTING_SCOPE, alone ? cloud->scope : NULL },
	};
	int error = MAILSEAL_OK;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (error == MAILSEAL_OK)
			error = fill(p, values[i].setting, values[i].value);
	return error;
}

static bool
is_guid(const char *text)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	for (size_t i = 0; i < GUID_LEN; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (text[i] == '\0' ||
		    (is_dash ? text[i] != '-' : strchr(hex, text[i]) == NULL))
			return false;
	}
	return text[GUID_LEN] == '\0';
}

static bool
is_domain(const char *text)
{
	size_t len = strspn(text,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

	return text[len] == '\0' && text[0] != '.' && text[0] != '-' &&
	    strchr(text, '.') != NULL && strstr(text, "..") == NULL;
}

/* What is wrong with the tenant, or NULL. */
static const char *
fault_of_tenant(const char *tenant)
{
	static const char *const open[] = { "common", "organizations",
		"consumers" };

	if (tenant == NULL)
		return "is missing: the id of the tenant, or a domain of it";
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (strcasecmp(tenant, open[i]) == 0)
			return "is no tenant of its own, and people of any "
			       "could sign in; write its id or a domain of it";
	if (!is_guid(tenant) && !is_domain(tenant))
		return "is the id of the tenant, as "
		       "8d7f0000-0000-0000-0000-000000000000, or a domain of "
		       "it";
	return NULL;
}

static int
fill_microsoft(struct provider *p, struct fault *fault)
{
	const char *name = p->value[SETTING_CLOUD];
	const struct cloud *cloud = find(name != NULL ? name : "public");
	const char *what = fault_of_tenant(p->value[SETTING_TENANT]);

	if (what != NULL)
		return provider_refuse(p, SETTING_TENANT, what, fault);
	if (cloud == NULL)
		return provider_refuse(p, SETTING_CLOUD,
		    "is public, usgov, usgov-dod or china", fault);
	return fill_all(p, cloud);
}

/* A key that the module does not look at would be believed to work. */
static int
refuse_strangers(const struct provider *p, bool is_microsoft, bool is_google,
    struct fault *fault)
{
	if (!is_microsoft && p->value[SETTING_TENANT] != NULL)
		return provider_refuse(p, SETTING_TENANT,
		    "is for module microsoft", fault);
	if (!is_microsoft && p->value[SETTING_CLOUD] != NULL)
		return provider_refuse(p, SETTING_CLOUD,
		    "is for module microsoft", fault);
	if (!is_google && p->value[SETTING_HD] != NULL)
		return provider_refuse(p, SETTING_HD, "is for module google",
		    fault);
	return MAILSEAL_OK;
}

int
cloud_fill(struct provider *p, struct fault *fault)
{
	const char *module = p->value[SETTING_MODULE];
	bool is_microsoft = strcmp(module, "microsoft") == 0;
	bool is_google = strcmp(module, "google") == 0;
	int error = refuse_strangers(p, is_microsoft, is_google, fault);

	if (error != MAILSEAL_OK)
		return error;
	if (is_google && p->value[SETTING_HD] != NULL &&
	    !is_domain(p->value[SETTING_HD]))
		return provider_refuse(p, SETTING_HD, "is a domain", fault);
	return is_microsoft ? fill_microsoft(p, fault) : MAILSEAL_OK;
}
