/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mailbox that people of any tenant could enrol, or
 * a token that is asked for in another cloud than it is used in.
 */
#include "broker/cloud.h"
#include "tests/unit/provided.h"

#define TENANT "8d7f0000-1111-2222-3333-444455556666"
#define MICROSOFT "[provider]\nmodule = microsoft\nclient_id = abc\n"

static void
says(enum setting setting, const char *value)
{
	assert_non_null(provider->value[setting]);
	assert_string_equal(provider->value[setting], value);
}

static void
a_tenant_alone_means_the_public_cloud(void **state)
{
	(void)state;
	accepts(MICROSOFT "tenant = " TENANT "\n");
	says(SETTING_AUTHORITY, "https://login.microsoftonline.com");
	says(SETTING_SCOPE_SMTP, "https://outlook.office.com/SMTP.Send");
	assert_string_equal(provider->place[SERVICE_SMTP].host,
	    "smtp.office365.com");
	assert_string_equal(provider->place[SERVICE_IMAP].host,
	    "outlook.office365.com");
	accepts(MICROSOFT "tenant = college.edu\n");
}

static void
a_national_cloud_has_its_own_hosts_and_scopes(void **state)
{
	(void)state;
	accepts(MICROSOFT "tenant = " TENANT "\ncloud = usgov\n");
	says(SETTING_AUTHORITY, "https://login.microsoftonline.us");
	says(SETTING_SMTP_HOST, "smtp.office365.us");
	says(SETTING_SCOPE_IMAP,
	    "https://outlook.office365.us/IMAP.AccessAsUser.All");
	assert_int_equal(provider->origin[SETTING_SMTP_HOST].line, 5);
	accepts(MICROSOFT "tenant = college.edu.cn\ncloud = china\n");
	says(SETTING_AUTHORITY, "https://login.partner.microsoftonline.cn");
	says(SETTING_IMAP_HOST, "partner.outlook.cn");
	says(SETTING_SCOPE_SMTP, "https://partner.outlook.cn/SMTP.Send");
	/* What is not known is asked for, not guessed. */
	refuses(MICROSOFT "tenant = " TENANT "\ncloud = usgov-dod\n", 0,
	    "smtp_auth_host is missing");
	accepts(MICROSOFT "tenant = " TENANT "\ncloud = usgov-dod\n"
			  "smtp_auth_host = mail.example\n");
	says(SETTING_IMAP_HOST, "outlook-dod.office365.us");
	refuses(MICROSOFT "tenant = " TENANT "\ncloud = germany\n", 5,
	    "public, usgov, usgov-dod or china");
}

static void
what_the_file_says_goes_before_the_cloud(void **state)
{
	(void)state;
	accepts(MICROSOFT "tenant = " TENANT "\n"
			  "authority = https://login.test:9443\n"
			  "smtp_auth_host = mail.test\nimap_host =\n");
	says(SETTING_AUTHORITY, "https://login.test:9443");
	says(SETTING_SMTP_HOST, "mail.test");
	assert_null(provider->place[SERVICE_IMAP].host);
}

static void
a_tenant_that_is_none_of_its_own_is_refused(void **state)
{
	(void)state;
	refuses(MICROSOFT, 0, "tenant is missing");
	refuses(MICROSOFT "tenant = common\n", 4, "any could sign in");
	refuses(MICROSOFT "tenant = Organizations\n", 4, "any could sign in");
	refuses(MICROSOFT "tenant = consumers\n", 4, "any could sign in");
	refuses(MICROSOFT "tenant = campus\n", 4, "the id of the tenant");
	refuses(MICROSOFT "tenant = college.edu/v2.0\n", 4, "the id of");
	refuses(MICROSOFT "tenant = a..b\n", 4, "the id of the tenant");
}

static void
a_key_of_another_module_is_not_passed_over(void **state)
{
	static const char oidc[] =
	    "[provider]\nmodule = oidc\nclient_id = abc\n"
	    "authority = https://s.test\nsmtp_auth_host = m.test\n";
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof(text), "%stenant = a.b\n", oidc);
	refuses(text, 6, "tenant is for module microsoft");
	(void)snprintf(text, sizeof(text), "%scloud = china\n", oidc);
	refuses(text, 6, "cloud is for module microsoft");
	(void)snprintf(text, sizeof(text), "%shd = a.b\n", oidc);
	refuses(text, 6, "hd is for module google");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_tenant_alone_means_the_public_cloud),
		HERE(a_national_cloud_has_its_own_hosts_and_scopes),
		HERE(what_the_file_says_goes_before_the_cloud),
		HERE(a_tenant_that_is_none_of_its_own_is_refused),
		HERE(a_key_of_another_module_is_not_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
