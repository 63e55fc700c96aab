/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a password sent in clear, or to a server that a
 * line of the provider file was taken to mean.
 */
#include <unistd.h>

#include "tests/unit/provided.h"

static void
is_at(enum service service, const char *host, unsigned port, enum tls tls)
{
	const struct place *place = &provider->place[service];

	assert_string_equal(place->host, host);
	assert_int_equal(place->port, port);
	assert_int_equal(place->tls, tls);
}

static void
a_mail_host_alone_means_starttls_at_587(void **state)
{
	(void)state;
	accepts(PASSWORD);
	assert_string_equal(provider->name, "campus");
	assert_string_equal(provider->file, path_of("provider.d/campus.conf"));
	is_at(SERVICE_SMTP, "mail.example", 587, TLS_STARTTLS);
	assert_null(provider->place[SERVICE_IMAP].host);
	assert_null(provider->place[SERVICE_POP].host);
	assert_true(provider_has_passwords(provider));
	assert_null(provider->fault);
}

static void
the_keys_that_campus_admins_know_work_in_any_case(void **state)
{
	(void)state;
	accepts(PASSWORD "SMTP_AUTH_TLS = Y  # STARTTLS\nSmtp_Auth_SSL =\n"
			 "smtp_auth_PORT = 2525\nIMAP_HOST = imap.example\n");
	is_at(SERVICE_SMTP, "mail.example", 2525, TLS_STARTTLS);
	is_at(SERVICE_IMAP, "imap.example", 993, TLS_IMPLICIT);
	accepts(PASSWORD "smtp_auth_tls = N\nsmtp_auth_ssl = y\n");
	is_at(SERVICE_SMTP, "mail.example", 465, TLS_IMPLICIT);
	accepts(PASSWORD "smtp_auth_ssl = Y\nimap_host = i\nimap_port = 143\n");
	is_at(SERVICE_SMTP, "mail.example", 465, TLS_IMPLICIT);
	is_at(SERVICE_IMAP, "i", 143, TLS_STARTTLS);
}

static void
a_provider_without_tls_is_refused(void **state)
{
	(void)state;
	refuses(PASSWORD "smtp_auth_tls = N\n", 4, "both off");
	refuses(PASSWORD "smtp_auth_tls =\n", 4, "both off");
	refuses(PASSWORD "smtp_auth_tls = # Y\n", 4, "both off");
	refuses(PASSWORD "smtp_auth_ssl = N\nsmtp_auth_tls = off\n", 5,
	    "both off");
	accepts(PASSWORD "imap_host = i\nimap_tls = StartTLS\n");
	is_at(SERVICE_IMAP, "i", 143, TLS_STARTTLS);
	accepts(PASSWORD "imap_host = i\nimap_port = 1143\n"
			 "imap_tls = starttls\n");
	is_at(SERVICE_IMAP, "i", 1143, TLS_STARTTLS);
	refuses(PASSWORD "imap_host = i\nimap_tls = N\n", 5, "imap_tls is off");
	refuses(PASSWORD "smtp_auth_tls = maybe\n", 4, "neither Y nor N");
	refuses(PASSWORD "smtp_auth_ssl = maybe\n", 4, "neither Y nor N");
	refuses(PASSWORD "imap_tls = 2\n", 4, "neither Y nor N");
}

static void
a_key_or_section_that_is_not_known_is_named(void **state)
{
	(void)state;
	refuses(PASSWORD "smtp_host = x\n", 4, "smtp_host is not known");
	refuses(PASSWORD "client_secret = x\n", 4,
	    "client_secret is not known");
	refuses(PASSWORD "[mail]\nx = 1\n", 5, "[mail] is not known");
	refuses("[Provider]\nmodule = password\n", 2,
	    "[Provider] is not known");
}

static void
a_key_that_stands_twice_is_refused(void **state)
{
	(void)state;
	refuses(PASSWORD "smtp_auth_host = other.example\n", 4, "twice");
	refuses(PASSWORD "Module = oidc\n", 4, "twice");
	refuses(PASSWORD "preset = a\npreset = b\n", 5, "one preset");
}

static void
what_is_missing_or_senseless_is_told(void **state)
{
	(void)state;
	refuses("", 0, "module is missing");
	refuses("[provider]\nmodule = ../x\nsmtp_auth_host = h\n", 2, "a-z");
	refuses("[provider]\nmodule = password\n", 0,
	    "smtp_auth_host is missing");
	refuses(PASSWORD "smtp_auth_port = 0\n", 4, "no port");
	refuses(PASSWORD "smtp_auth_port = 65536\n", 4, "no port");
	refuses(PASSWORD "smtp_auth_port = -1\n", 4, "no port");
	refuses(PASSWORD "smtp_auth_port = 25x\n", 4, "no port");
	refuses(PASSWORD "smtp_auth_port = 000587\n", 4, "longer than 5");
	refuses(PASSWORD "imap_host = i\nimap_port = x\n", 5, "no port");
	refuses("[provider]\nmodule = password\nsmtp_auth_host = a b\n", 3,
	    "no host name");
	refuses(PASSWORD "imap_host = i/\n", 4, "no host name");
}

static void
a_registration_is_whole_and_never_in_clear(void **state)
{
	(void)state;
	accepts(OAUTH);
	assert_false(provider_has_passwords(provider));
	accepts(OAUTH "client_auth = basic\n");
	refuses(OAUTH "client_auth = x\n", 6, "none, post or basic");
	accepts(OAUTH "client_auth = private_key_jwt\nclient_alg = RS256\n");
	assert_string_equal(provider->value[SETTING_CLIENT_ALG], "RS256");
	accepts(OAUTH "client_auth = private_key_jwt\nclient_alg = PS256\n");
	refuses(OAUTH "client_alg = HS256\n", 6, "PS256 or RS256");
	refuses(OAUTH "client_alg = none\n", 6, "PS256 or RS256");
	refuses("[provider]\nmodule = oidc\nsmtp_auth_host = h\n"
		"authority = https://s\n",
	    0, "client_id is missing");
	refuses("[provider]\nmodule = oidc\nsmtp_auth_host = h\n"
		"client_id = c\n",
	    0, "authority is missing");
	refuses("[provider]\nmodule = oidc\nsmtp_auth_host = h\n"
		"client_id = c\nauthority = http://s\n",
	    5, "https://");
}

#define COMMAND "[provider]\nmodule = command\nsmtp_auth_host = mail.example\n"

static void
a_command_is_a_whole_path_and_words_that_no_shell_reads(void **state)
{
	(void)state;
	accepts(COMMAND "command = /usr/local/libexec/token\n");
	accepts(COMMAND "command = /usr/local/libexec/token --a  b $c\n");
	refuses(COMMAND, 0, "command is missing");
	refuses(COMMAND "command = /bin/a\nauthority = https://a.example\n", 5,
	    "is not looked at");
	refuses(COMMAND "command = token\n", 4, "whole path");
	refuses(COMMAND "command = ./token\n", 4, "whole path");
	refuses(COMMAND "command = /bin/sh -c \"id\"\n", 4, "quote");
	refuses(COMMAND "command = /bin/sh -c 'id'\n", 4, "quote");
	refuses(COMMAND "command = /bin/a\\ b\n", 4, "backslash");
	refuses(COMMAND "command = /bin/a\tb\n", 4, "control");
	refuses(COMMAND
	    "command = /bin/a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
	    "19 20 21 22 23 24 25 26 27 28 29 30 31 32\n",
	    4, "more than 32 words");
	refuses(OAUTH "command = /bin/a\n", 6, "is for module command");
	refuses(PASSWORD "command = /bin/a\n", 4, "is for module command");
}

static void
what_the_file_does_not_say_comes_from_the_preset(void **state)
{
	(void)state;
	write_file("preset.d/camp.conf",
	    OAUTH "scope = openid\nprompt = login\n"
		  "imap_host = imap.example\nsmtp_auth_port = 2525\n");
	accepts("[provider]\npreset = camp\nclient_id = mine\nprompt =\n");
	assert_string_equal(provider->value[SETTING_MODULE], "oidc");
	assert_string_equal(provider->value[SETTING_CLIENT_ID], "mine");
	assert_string_equal(provider->value[SETTING_SCOPE], "openid");
	assert_null(provider->value[SETTING_PROMPT]); /* said to be empty */
	is_at(SERVICE_SMTP, "mail.example", 2525, TLS_STARTTLS);
	is_at(SERVICE_IMAP, "imap.example", 993, TLS_IMPLICIT);
	refuses("[provider]\npreset = camp\nsmtp_auth_tls = N\n", 3,
	    "both off");
}

static void
a_preset_is_one_safe_file_of_its_folder(void **state)
{
	(void)state;
	assert_int_equal(read_provider("[provider]\npreset = none\n"),
	    MAILSEAL_E_IO);
	is_about(&fault, "none.conf", 0, "No such file");
	refuses("[provider]\npreset = ../provider.d/campus\n", 2,
	    "no such preset");
	write_file("preset.d/camp.conf", "[provider]\npreset = other\n");
	assert_int_equal(read_provider("[provider]\npreset = camp\n"),
	    MAILSEAL_E_CONFIG);
	is_about(&fault, "camp.conf", 2, "none in a preset");
	write_file("preset.d/camp.conf", PASSWORD "junk = 1\n");
	assert_int_equal(read_provider("[provider]\npreset = camp\n"),
	    MAILSEAL_E_CONFIG);
	is_about(&fault, "camp.conf", 4, "junk");
	assert_int_equal(chmod(path_of("preset.d/camp.conf"), 0666), 0);
	assert_int_equal(read_provider("[provider]\npreset = camp\n"),
	    MAILSEAL_E_UNSAFE);
	is_about(&fault, "camp.conf", 0, "camp.conf");
}

/* An admin looks at the line that he is told. */
static void
a_fault_that_comes_from_a_preset_names_the_preset(void **state)
{
	(void)state;
	write_file("preset.d/camp.conf", PASSWORD "\nsmtp_auth_port = no\n");
	assert_int_equal(read_provider("[provider]\npreset = camp\n"),
	    MAILSEAL_E_CONFIG);
	is_about(&fault, "camp.conf", 5, "no port");
}

static void
each_service_asks_for_its_own_scope(void **state)
{
	char scope[64];

	(void)state;
	accepts(OAUTH "scope = openid\nscope_smtp = s\nscope_imap = i j\n");
	assert_string_equal(provider_scope(provider, SERVICE_SMTP), "s");
	assert_string_equal(provider_scope(provider, SERVICE_IMAP), "i j");
	assert_null(provider_scope(provider, SERVICE_POP));
	assert_int_equal(provider_scopes(provider, scope, sizeof(scope)), 0);
	assert_string_equal(scope, "openid s i j");
	assert_int_equal(provider_scopes(provider, scope, 13), 0);
	assert_int_equal(provider_scopes(provider, scope, 12),
	    MAILSEAL_E_TOOLONG);
	accepts(OAUTH);
	assert_int_equal(provider_scopes(provider, scope, sizeof(scope)), 0);
	assert_string_equal(scope, "");
}

static void
services_and_tls_modes_have_their_names(void **state)
{
	(void)state;
	for (int i = 0; i < SERVICE_COUNT; i++)
		assert_int_equal(service_by_name(service_name((enum service)i)),
		    i);
	assert_int_equal(service_by_name("SMTP"), -1);
	assert_int_equal(service_by_name(""), -1);
	assert_string_equal(tls_name(TLS_STARTTLS), "starttls");
	assert_string_equal(tls_name(TLS_IMPLICIT), "implicit");
}

static void
a_file_that_others_could_have_changed_is_refused(void **state)
{
	struct provider *none = NULL;

	(void)state;
	write_file("provider.d/campus.conf", PASSWORD);
	assert_int_equal(chmod(path_of("provider.d/campus.conf"), 0664), 0);
	assert_int_equal(provider_read(path_of("provider.d"), "campus", "",
			     &none, &fault),
	    MAILSEAL_E_UNSAFE);
	is_about(&fault, "campus.conf", 0, "campus.conf");
	assert_int_equal(unlink(path_of("provider.d/campus.conf")), 0);
	assert_int_equal(symlink("/dev/null",
			     path_of("provider.d/campus.conf")),
	    0);
	assert_int_equal(provider_read(path_of("provider.d"), "campus", "",
			     &none, &fault),
	    MAILSEAL_E_UNSAFE);
	is_about(&fault, "campus.conf", 0, "symbolic link");
	assert_null(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_mail_host_alone_means_starttls_at_587),
		HERE(the_keys_that_campus_admins_know_work_in_any_case),
		HERE(a_provider_without_tls_is_refused),
		HERE(a_key_or_section_that_is_not_known_is_named),
		HERE(a_key_that_stands_twice_is_refused),
		HERE(what_is_missing_or_senseless_is_told),
		HERE(a_registration_is_whole_and_never_in_clear),
		HERE(a_command_is_a_whole_path_and_words_that_no_shell_reads),
		HERE(what_the_file_does_not_say_comes_from_the_preset),
		HERE(a_preset_is_one_safe_file_of_its_folder),
		HERE(a_fault_that_comes_from_a_preset_names_the_preset),
		HERE(each_service_asks_for_its_own_scope),
		HERE(services_and_tls_modes_have_their_names),
		HERE(a_file_that_others_could_have_changed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
