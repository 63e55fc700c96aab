/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a registration that proves itself by nothing, a
 * token that is asked for in a person's words where there is no person, or a
 * setting that is believed to work and is not looked at.
 */
#include "broker/flow.h"
#include "broker/binding.h"
#include "broker/registration.h"
#include "tests/unit/provided.h"

#define MICROSOFT                                           \
	"[provider]\nmodule = microsoft\nclient_id = abc\n" \
	"tenant = college.edu\n"
#define GOOGLE                                      \
	"[provider]\nmodule = google\n"             \
	"authority = https://accounts.google.com\n" \
	"smtp_auth_host = smtp.gmail.com\n"
#define OIDC                                           \
	"[provider]\nmodule = oidc\nclient_id = abc\n" \
	"authority = https://login.example.edu\n"      \
	"smtp_auth_host = mail.example.edu\n"
#define COMMAND                                                 \
	"[provider]\nmodule = command\ncommand = /bin/tokens\n" \
	"smtp_auth_host = mail.example.edu\n"
#define ALONE "flow = application\n"

static void
is_got_by(enum account_type type, const char *op)
{
	assert_int_equal(flow_account_type(provider), type);
	assert_int_equal(flow_is_application(provider),
	    type == ACCOUNT_APPLICATION);
	if (op == NULL)
		assert_null(flow_grant_op(provider));
	else
		assert_string_equal(flow_grant_op(provider), op);
}

static void
asks_for(enum service service, const char *scope)
{
	const char *asked = provider_scope(provider, service);

	assert_non_null(asked);
	assert_string_equal(asked, scope);
}

static void
each_module_and_flow_has_its_operation(void **state)
{
	(void)state;
	accepts(MICROSOFT);
	is_got_by(ACCOUNT_OAUTH, "refresh");
	accepts(MICROSOFT "flow = delegated\n");
	is_got_by(ACCOUNT_OAUTH, "refresh");
	accepts(MICROSOFT ALONE "client_auth = post\n");
	is_got_by(ACCOUNT_APPLICATION, "client_credentials");
	accepts(OIDC ALONE "client_auth = basic\n");
	is_got_by(ACCOUNT_APPLICATION, "client_credentials");
	accepts(GOOGLE ALONE);
	is_got_by(ACCOUNT_APPLICATION, "jwt_bearer");
	assert_true(flow_is_service_account(provider));
	accepts(GOOGLE "client_id = abc\n");
	is_got_by(ACCOUNT_OAUTH, "refresh");
	assert_false(flow_is_service_account(provider));
	accepts("[provider]\nmodule = password\nsmtp_auth_host = h\n");
	is_got_by(ACCOUNT_PASSWORD, NULL);
}

static void
a_command_has_no_page_and_needs_no_registration(void **state)
{
	(void)state;
	accepts(COMMAND);
	is_got_by(ACCOUNT_APPLICATION, "client_credentials");
	accepts(COMMAND ALONE);
	refuses(COMMAND "flow = delegated\n", 5, "no page");
}

static void
a_flow_that_is_none_is_refused(void **state)
{
	(void)state;
	refuses(MICROSOFT "flow = magic\n", 5, "flow is delegated");
	refuses("[provider]\nmodule = password\nsmtp_auth_host = h\n" ALONE, 4,
	    "has passwords");
}

/* Anybody who knows the client id could get such a token. */
static void
a_registration_without_a_person_must_prove_itself(void **state)
{
	(void)state;
	refuses(MICROSOFT ALONE, 0, "client_auth is post or private_key_jwt");
	refuses(MICROSOFT ALONE "client_auth = none\n", 6, "is post or");
	refuses(MICROSOFT ALONE "client_auth = basic\n", 6, "is post or");
	refuses(OIDC ALONE, 0, "client_auth is post, basic or");
	refuses(OIDC ALONE "client_auth = none\n", 7, "is post, basic or");
	refuses("[provider]\nmodule = microsoft\nclient_id = abc\n"
		"tenant = common\nclient_auth = post\n" ALONE,
	    4, "no tenant of its own");
}

static void
the_scope_follows_from_the_cloud(void **state)
{
	static const char *const clouds[][2] = {
		{ "", "https://outlook.office365.com/.default" },
		{ "cloud = usgov\n", "https://outlook.office365.us/.default" },
		{ "cloud = usgov-dod\nsmtp_auth_host = h\n",
		    "https://outlook-dod.office365.us/.default" },
		{ "cloud = china\n", "https://partner.outlook.cn/.default" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s",
		    MICROSOFT ALONE "client_auth = post\n", clouds[i][0]);
		accepts(text);
		/* Just one lease: there is no token for one service alone. */
		for (int s = 0; s < SERVICE_COUNT; s++)
			asks_for((enum service)s, clouds[i][1]);
	}
	accepts(MICROSOFT ALONE "client_auth = post\nscope = https://x/y\n");
	asks_for(SERVICE_SMTP, "https://x/y");
	accepts(GOOGLE ALONE);
	asks_for(SERVICE_IMAP, "https://mail.google.com/");
	accepts(OIDC ALONE "client_auth = post\nscope = mail\n"
			   "scope_imap = read\n");
	asks_for(SERVICE_SMTP, "mail");
	asks_for(SERVICE_IMAP, "read");
	accepts(OIDC ALONE "client_auth = post\n");
	assert_null(provider_scope(provider, SERVICE_SMTP));
}

static void
what_only_a_persons_sign_in_needs_is_refused(void **state)
{
	(void)state;
	refuses(OIDC ALONE "client_auth = post\nprompt = login\n", 8,
	    "prompt is for a person's sign-in");
	refuses(OIDC ALONE "client_auth = post\n"
			   "redirect_uri = https://x/y\n",
	    8, "redirect_uri is for a person's sign-in");
	refuses(MICROSOFT ALONE "client_auth = post\nscope_smtp = x\n", 7,
	    "scope_smtp is for a person's sign-in");
	refuses(GOOGLE ALONE "client_id = abc\n", 6,
	    "client_id is not looked at");
	refuses(GOOGLE ALONE "client_auth = post\n", 6,
	    "client_auth is not looked at");
	refuses(GOOGLE "client_id = abc\naccept_reach = yes\n", 6,
	    "accept_reach is for flow = application");
	refuses(OIDC ALONE "client_auth = post\naccept_reach = perhaps\n", 8,
	    "accept_reach is yes or no");
	accepts(OIDC ALONE "client_auth = post\naccept_reach = Y\n");
}

/* The shipped presets are written for a person. */
static void
nobody_signs_in_in_vain_where_google_takes_no_key(void **state)
{
	static const char person[] = GOOGLE "client_id = abc\n"
					    "client_auth = post\n";

	(void)state;
	refuses(GOOGLE "client_id = abc\nclient_auth = private_key_jwt\n", 6,
	    "client_auth is none, post or basic");
	/* Nor does one that was sealed beside a secret take its turn from it. */
	accepts(person);
	assert_true(registration_uses(provider, PROOF_SECRET));
	assert_false(registration_uses(provider, PROOF_KEY));
	accepts(GOOGLE ALONE);
	assert_true(registration_uses(provider, PROOF_KEY));
	assert_false(registration_uses(provider, PROOF_SECRET));
}

static void
what_a_preset_says_of_a_person_is_left_out(void **state)
{
	(void)state;
	write_file("preset.d/camp.conf",
	    OIDC "flow = delegated\nscope = openid offline_access\n"
		 "prompt = login\nclient_auth = none\n");
	refuses("[provider]\npreset = camp\n" ALONE, 0, "client_auth is");
	accepts("[provider]\npreset = camp\nclient_auth = post\n" ALONE);
	assert_null(provider->value[SETTING_SCOPE]);
	assert_null(provider->value[SETTING_PROMPT]);
	assert_string_equal(provider->value[SETTING_CLIENT_ID], "abc");
	accepts("[provider]\npreset = camp\n");
	assert_string_equal(provider->value[SETTING_PROMPT], "login");
	/* One for no person means what it says. */
	write_file("preset.d/camp.conf",
	    OIDC ALONE "scope = mail\nclient_auth = post\n");
	accepts("[provider]\npreset = camp\n");
	asks_for(SERVICE_SMTP, "mail");
}

/* What was sealed for people's sign-ins is not used without them. */
static void
another_flow_is_another_binding(void **state)
{
	char *delegated = NULL, *alone = NULL;

	(void)state;
	accepts(MICROSOFT "client_auth = post\n");
	assert_int_equal(binding_make(provider, NULL, &delegated), 0);
	accepts(MICROSOFT "client_auth = post\nflow = delegated\n");
	assert_true(binding_agrees(delegated, provider));
	accepts(MICROSOFT "client_auth = post\n" ALONE);
	assert_int_equal(binding_make(provider, NULL, &alone), 0);
	assert_false(binding_agrees(delegated, provider));
	assert_true(binding_agrees(alone, provider));
	free(delegated);
	free(alone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(each_module_and_flow_has_its_operation),
		HERE(a_command_has_no_page_and_needs_no_registration),
		HERE(a_flow_that_is_none_is_refused),
		HERE(a_registration_without_a_person_must_prove_itself),
		HERE(the_scope_follows_from_the_cloud),
		HERE(what_only_a_persons_sign_in_needs_is_refused),
		HERE(nobody_signs_in_in_vain_where_google_takes_no_key),
		HERE(what_a_preset_says_of_a_person_is_left_out),
		HERE(another_flow_is_another_binding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
