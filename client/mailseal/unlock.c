/* SPDX-License-Identifier: ISC */
/*
 * unlock: bring the broker what opens its master key, or tell it why not.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/channel.h"
#include "client/mailseal/command.h"
#include "client/mailseal/credential.h"
#include "client/mailseal/intake.h"
#include "client/mailseal/recoverycode.h"
#include "client/mailseal/slotfile.h"
#include "client/mailseal/terminal.h"

#define BROKER_WAIT_MS 10000 /* for a broker that has just been started */
#define PAUSE_MS 100

/* Hand over what opens the key; an exit status. */
static int
hand_over(struct ask *ask, const char *key, const char *bytes, size_t len)
{
	line_put_bytes(ask_begin(ask, "unlock"), key, bytes, len);
	return ask_once(ask, SHORT_S) ? EX_OK : failure_exit(ask_failure(ask));
}

/*
 * The same for a unit, which may be quicker than the broker that it is
 * started with, or come while that is started again.
 */
static int
hand_over_early(struct ask *ask, const char *bytes, size_t len)
{
	int64_t deadline = channel_now_ms() + BROKER_WAIT_MS;
	int status;

	while ((status = hand_over(ask, "secret", bytes, len)) != EX_OK &&
	    strcmp(ask_failure(ask)->reason, "no_broker") == 0 &&
	    channel_now_ms() < deadline)
		(void)poll(NULL, 0, PAUSE_MS);
	return status;
}

/* ---- by a file, stdin or the terminal */

static int
unlock_by_secret(struct ask *ask, const struct options *options)
{
	const char *file = options->file != NULL ? options->file : USUAL_FILE;
	struct intake secret;
	int status;

	if (options->count == 1)
		file = isatty(STDIN_FILENO) == 1 ? NULL : "-";
	status = intake_take(&secret, file, "Secret of a slot");
	if (secret.signal != 0)
		terminal_die(secret.signal);
	if (status == EX_NOINPUT && options->file == NULL)
		return complain(status,
		    "name the file of a slot with --file, or say --recovery; "
		    "\"mailseal status\" tells which slots there are");
	if (status != EX_OK)
		return status;
	status = hand_over(ask, "secret", secret.bytes, secret.len);
	intake_wipe(&secret);
	return status == EX_OK ? EX_OK : complain_failure(ask_failure(ask));
}

/* ---- by the code on paper */

static int
unlock_by_code(struct ask *ask)
{
	int tries = recoverycode_can_ask() ? RECOVERYCODE_TRIES : 1;
	int status = EX_DATAERR;
	struct intake code;

	while (tries-- > 0 && recoverycode_again(status)) {
		status = intake_take_shown(&code, "Recovery code");
		if (code.signal != 0)
			terminal_die(code.signal);
		if (status != EX_OK)
			continue;
		status = hand_over(ask, "code", code.bytes, code.len);
		intake_wipe(&code);
		if (status != EX_OK)
			(void)complain_failure(ask_failure(ask));
	}
	return status;
}

/* ---- by a credential of systemd, for its units */

/* mailseal-unlock@.service: systemd decrypted it for us. */
static int
unlock_by_credential(struct ask *ask, const char *name)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	struct intake secret;
	int n, status;

	if (folder == NULL)
		return complain(EX_USAGE,
		    "--credential is for mailseal-unlock@.service, which is "
		    "given one");
	n = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (n < 0 || n >= PATH_MAX)
		return complain(EX_USAGE, "%s: the path is too long", name);
	status = intake_take(&secret, path, name);
	if (status != EX_OK)
		return status;
	status = hand_over_early(ask, secret.bytes, secret.len);
	intake_wipe(&secret);
	return status == EX_OK ? EX_OK : complain_failure(ask_failure(ask));
}

/* Why a credential does not open, as it looks now; false when it does. */
static bool
find_fault(struct ask *ask, const char *name, char why[TEXT_MAX])
{
	char path[CREDENTIAL_PATH_MAX], said[SPAWN_SAID_MAX];
	char bytes[DRAFT_SECRET_LEN + 1];
	struct stat st;
	int status;

	credential_path(name, path);
	if (stat(path, &st) != 0) {
		(void)snprintf(why, TEXT_MAX, "%s: %s", path, strerror(errno));
		return true;
	}
	if (!credential_open(name, bytes, said)) {
		(void)snprintf(why, TEXT_MAX, "%s does not decrypt: %s", path,
		    said);
		return true;
	}
	status = hand_over_early(ask, bytes, DRAFT_SECRET_LEN);
	explicit_bzero(bytes, sizeof(bytes));
	if (strcmp(ask_failure(ask)->reason, "wrong_key") == 0)
		(void)snprintf(why, TEXT_MAX,
		    "%s holds a secret that opens no slot of this store", path);
	else
		(void)snprintf(why, TEXT_MAX, "%s decrypts, but %.1500s", path,
		    ask_failure(ask)->message);
	return status != EX_OK;
}

/* mailseal-unlock-failed@.service: have the broker show why. */
static int
tell_failure(struct ask *ask, const char *name)
{
	char why[TEXT_MAX];
	struct line_writer *w;

	if (!credential_is_name(name))
		return complain(EX_USAGE, "\"%s\" is no name of a credential",
		    name);
	if (!find_fault(ask, name, why))
		return EX_OK; /* it opened at the second try */
	w = ask_begin(ask, "unlock_failed");
	line_put(w, "label", name);
	line_put(w, "message", why);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	return complain(EX_OK, "%s", why); /* for the journal */
}

int
command_unlock(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	bool recovery = options_have(options, OPTION_RECOVERY);
	int status;

	if (ask == NULL)
		return EX_USAGE;
	if ((options->count == 1) + (options->file != NULL) + recovery +
		(options->credential != NULL) + (options->failed != NULL) >
	    1)
		return complain(EX_USAGE,
		    "unlock takes one of --file FILE, --recovery, and - for "
		    "stdin");
	if (options->count == 1 && strcmp(options->word[0], "-") != 0)
		return complain(EX_USAGE,
		    "unlock takes --file FILE, --recovery, or - for stdin");
	if (options->failed != NULL)
		return tell_failure(ask, options->failed);
	if (recovery)
		status = unlock_by_code(ask);
	else if (options->credential != NULL)
		status = unlock_by_credential(ask, options->credential);
	else
		status = unlock_by_secret(ask, options);
	if (status != EX_OK)
		return status;
	(void)puts("The master key is open.");
	return finish_output(EX_OK);
}
