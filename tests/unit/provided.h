/* SPDX-License-Identifier: ISC */
/* A provider file in the test's folder, read and taken or refused. */
#ifndef TESTS_UNIT_PROVIDED_H
#define TESTS_UNIT_PROVIDED_H

#include <unistd.h>

#include "broker/provider.h"
#include "tests/unit/conf.h"

#define OAUTH                                                           \
	"[provider]\nmodule = oidc\nauthority = https://sign.example\n" \
	"client_id = abc\nsmtp_auth_host = mail.example\n"
#define PASSWORD \
	"[provider]\nmodule = password\nsmtp_auth_host = mail.example\n"

#define PEM "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"

static struct provider *provider;

static inline int
read_provider(const char *text)
{
	struct provider *read = NULL;
	char providers[PATH_LEN], presets[PATH_LEN];
	int error;

	write_file("provider.d/campus.conf", text);
	(void)snprintf(providers, sizeof(providers), "%s",
	    path_of("provider.d"));
	(void)snprintf(presets, sizeof(presets), "%s", path_of("preset.d"));
	memset(&fault, 0, sizeof(fault));
	error = provider_read(providers, "campus", presets, &read, &fault);
	assert_int_equal(error == MAILSEAL_OK, read != NULL);
	if (read != NULL) {
		provider_free(provider);
		provider = read;
	}
	return error;
}

static inline void
accepts(const char *text)
{
	if (read_provider(text) != MAILSEAL_OK)
		fail_msg("%s:%u: %s", fault.file, fault.line, fault.text);
}

static inline void
refuses(const char *text, unsigned line, const char *why)
{
	assert_int_equal(read_provider(text), MAILSEAL_E_CONFIG);
	is_about(&fault, "campus.conf", line, why);
}

static inline int
setup(void **state)
{
	if (fresh_folder(state) != 0)
		return -1;
	make_subfolder("provider.d");
	make_subfolder("preset.d");
	return 0;
}

static inline int
teardown(void **state)
{
	provider_free(provider);
	provider = NULL;
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
