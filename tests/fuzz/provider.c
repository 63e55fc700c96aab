/* SPDX-License-Identifier: ISC */
/*
 * Provider files: whatever an admin writes, it is refused with the file and a
 * sentence, or it names servers that can be reached over TLS and a closed set
 * of places.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/binding.h"
#include "broker/place.h"
#include "broker/provider.h"
#include "proto/error.h"

#define SCOPES_ROOM 4096

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/dev/shm/mailseal-fuzz-XXXXXX";
static char file[64], preset[64], nested[64];

static void
insist(bool holds)
{
	if (!holds)
		abort();
}

static void
tidy(void)
{
	(void)unlink(file);
	(void)unlink(preset);
	(void)unlink(nested);
	(void)rmdir(folder);
}

static void
write_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	insist(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	(void)close(fd);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] = "[provider]\nmodule = microsoft\n"
				   "scope = openid offline_access\n"
				   "smtp_auth_tls = Y\nimap_tls = Y\n";

	static const char nest[] = "[provider]\npreset = m\n";

	(void)argc;
	(void)argv;
	insist(mkdtemp(folder) != NULL);
	(void)snprintf(file, sizeof(file), "%s/p.conf", folder);
	(void)snprintf(preset, sizeof(preset), "%s/m.conf", folder);
	write_file(preset, text, sizeof(text) - 1);
	(void)snprintf(nested, sizeof(nested), "%s/n.conf", folder);
	write_file(nested, nest, sizeof(nest) - 1);
	(void)atexit(tidy);
	return 0;
}

static void
check_places(const struct provider *p)
{
	const struct place *smtp = &p->place[SERVICE_SMTP];

	insist(smtp->host != NULL);
	for (int s = 0; s < SERVICE_COUNT; s++) {
		const struct place *place = &p->place[s];

		if (place->host == NULL)
			continue;
		insist(place->host[0] != '\0');
		insist(strpbrk(place->host, " /@%\n") == NULL);
		insist(place->port >= 1 && place->port <= 65535);
		insist(
		    place->tls == TLS_IMPLICIT || place->tls == TLS_STARTTLS);
	}
}

static void
check_mechanism(const struct provider *p)
{
	enum sasl_mechanism mechanism = provider_mechanism(p);

	insist(provider_has_passwords(p) ?
		mechanism == SASL_PLAIN :
		mechanism == SASL_XOAUTH2 || mechanism == SASL_OAUTHBEARER);
}

/* Where its sign-in page is: an origin, whole, or none. */
static void
check_origin(const struct provider *p)
{
	char origin[64];
	int error = provider_origin(p, origin, sizeof(origin));

	if (error == MAILSEAL_OK)
		insist(strncmp(origin, "https://", 8) == 0 &&
		    strpbrk(origin + 8, "/?#") == NULL &&
		    strchr(origin + 8, ':') != NULL);
	else
		insist(
		    error == MAILSEAL_E_CONFIG || error == MAILSEAL_E_TOOLONG);
}

/* What is noted of a file that was taken is no fault of it. */
static void
check_note(const struct provider *p)
{
	struct fault note = { .text = "" };

	insist(place_note(p, &note) == (note.text[0] != '\0'));
}

/* What is believed of a file that was taken. */
static void
check(const struct provider *p)
{
	char scopes[SCOPES_ROOM];
	char *binding = NULL;
	int error;

	insist(p->value[SETTING_MODULE] != NULL &&
	    strchr(p->value[SETTING_MODULE], '/') == NULL);
	insist(p->value[SETTING_AUTHORITY] == NULL ||
	    provider_has_passwords(p) ||
	    strncmp(p->value[SETTING_AUTHORITY], "https://", 8) == 0);
	check_places(p);
	check_mechanism(p);
	check_origin(p);
	check_note(p);
	error = provider_scopes(p, scopes, sizeof(scopes));
	insist(error == MAILSEAL_OK || error == MAILSEAL_E_TOOLONG);
	error = binding_make(p, NULL, &binding);
	insist(error == MAILSEAL_OK || error == MAILSEAL_E_TOOLONG);
	if (error == MAILSEAL_OK)
		insist(binding_agrees(binding, p));
	free(binding);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(provider) p = NULL;
	struct fault fault = { .text = "" };
	int error;

	if (size > INI_FILE_MAX + 16)
		return 0;
	write_file(file, data, size);
	error = provider_read(folder, "p", folder, &p, &fault);
	if (error == MAILSEAL_OK) {
		insist(fault.text[0] == '\0');
		check(p);
		return 0;
	}
	insist(p == NULL);
	if (error != MAILSEAL_E_NOMEM)
		insist(fault.text[0] != '\0' &&
		    strncmp(fault.file, folder, strlen(folder)) == 0);
	return 0;
}
