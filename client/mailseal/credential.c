/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/credential.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/newfile.h"

#define FOLDER MAILSEAL_SYSCONFDIR "/slot/"
#define RUNNING "/run/systemd/system" /* sd_booted(3) looks for it */
#define CREDS "/usr/bin/systemd-creds"
#define SYSTEMCTL "/usr/bin/systemctl"
#define HOST_KEY "/var/lib/systemd/credential.secret"
#define SEALED_MAX 16384 /* bytes of an encrypted credential */
#define CREDS_S 90	 /* a TPM may be slow */
#define SYSTEMCTL_S 30

const char *
credential_obstacle(void)
{
	if (access(RUNNING, F_OK) != 0)
		return "systemd does not run here";
	if (access(CREDS, X_OK) != 0)
		return "there is no " CREDS;
	if (geteuid() != 0)
		return "only root can make one";
	return NULL;
}

bool
credential_is_name(const char *name)
{
	static const char inside[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-.";
	size_t len = strlen(name);

	return len > 0 && len <= CREDENTIAL_NAME_MAX &&
	    strspn(name, inside) == len && name[0] != '.' && name[0] != '-';
}

void
credential_path(const char *name, char path[CREDENTIAL_PATH_MAX])
{
	(void)snprintf(path, CREDENTIAL_PATH_MAX, FOLDER "%s.cred",
	    name); /* it fits */
}

/* ---- systemd-creds */

/* A credential as it lies on disk. */
struct envelope {
	char bytes[SEALED_MAX];
	size_t len;
};

static int
encrypt(const struct draft *draft, const char *name, const char *key,
    const char *pcrs, struct envelope *sealed)
{
	char named[CREDENTIAL_NAME_MAX + 16], with[32];
	struct spawn spawn = { .path = CREDS,
		.word = { "encrypt", named, with, pcrs, "-", "-" },
		.input = draft->bytes,
		.input_len = DRAFT_SECRET_LEN,
		.output = sealed->bytes,
		.output_size = sizeof(sealed->bytes) };

	(void)snprintf(named, sizeof(named), "--name=%s", name);
	(void)snprintf(with, sizeof(with), "--with-key=%s",
	    key != NULL ? key : "auto");
	if (!spawn_run(&spawn, CREDS_S) || spawn.output_len == 0)
		return complain(EX_UNAVAILABLE,
		    "systemd-creds cannot encrypt: %s; nothing was stored",
		    spawn.said);
	sealed->len = spawn.output_len;
	return EX_OK;
}

/* Whether this systemd opens what it made. */
static bool
opens(const char *name, const struct envelope *sealed)
{
	char named[CREDENTIAL_NAME_MAX + 16], plain[DRAFT_SECRET_LEN + 2];
	struct spawn spawn = { .path = CREDS,
		.word = { "decrypt", named, "-", "-" },
		.input = sealed->bytes,
		.input_len = sealed->len,
		.output = plain,
		.output_size = sizeof(plain) };
	bool good;

	(void)snprintf(named, sizeof(named), "--name=%s", name);
	good = spawn_run(&spawn, CREDS_S) &&
	    spawn.output_len == DRAFT_SECRET_LEN;
	explicit_bzero(plain, sizeof(plain));
	return good;
}

/*
 * To no PCR: one that a kernel update changes must lock nobody out.  systemd
 * 252 seals so to a TPM and cannot open it; then to PCR 23, into which neither
 * firmware nor boot loader nor kernel measures anything.
 */
static int
envelop(const struct draft *draft, const char *name, const char *key,
    struct envelope *sealed)
{
	int status = encrypt(draft, name, key, "--tpm2-pcrs=", sealed);

	if (status != EX_OK || opens(name, sealed))
		return status;
	(void)puts("systemd-creds cannot open what it binds to no PCR; PCR 23, "
		   "which nothing\nmeasures into, is taken.");
	return encrypt(draft, name, key, "--tpm2-pcrs=23", sealed);
}

/*
 * systemd 252 deletes a host key that was made under another machine-id, and
 * says just that it is not there.
 */
static void
explain(char said[SPAWN_SAID_MAX])
{
	if (strstr(said, "local credential key") != NULL &&
	    access(HOST_KEY, F_OK) != 0)
		(void)snprintf(said, SPAWN_SAID_MAX,
		    "the key of this host, " HOST_KEY
		    ", is gone: deleted, or made under another machine-id");
}

bool
credential_open(const char *name, char bytes[DRAFT_SECRET_LEN + 1],
    char said[SPAWN_SAID_MAX])
{
	char named[CREDENTIAL_NAME_MAX + 16], path[CREDENTIAL_PATH_MAX];
	char plain[DRAFT_SECRET_LEN + 2]; /* one more shows that it is more */
	struct spawn spawn = { .path = CREDS,
		.word = { "decrypt", named, path, "-" },
		.output = plain,
		.output_size = sizeof(plain) };
	bool good;

	credential_path(name, path);
	(void)snprintf(named, sizeof(named), "--name=%s", name);
	good = spawn_run(&spawn, CREDS_S);
	if (!good)
		explain(spawn.said);
	if (good && spawn.output_len != DRAFT_SECRET_LEN) {
		good = false;
		(void)snprintf(spawn.said, sizeof(spawn.said),
		    "what is in it is not the secret of a slot");
	}
	if (good)
		memcpy(bytes, plain, DRAFT_SECRET_LEN + 1);
	else
		memcpy(said, spawn.said, sizeof(spawn.said));
	explicit_bzero(plain, sizeof(plain));
	return good;
}

/* ---- the unit */

static bool
systemctl(const char *verb, const char *unit, char said[SPAWN_SAID_MAX])
{
	struct spawn spawn = { .path = SYSTEMCTL,
		.word = { "--no-ask-password", verb, unit } };
	bool good = spawn_run(&spawn, SYSTEMCTL_S);

	memcpy(said, spawn.said, sizeof(spawn.said));
	return good;
}

static void
name_unit(const char *name, char unit[NAME_MAX])
{
	(void)snprintf(unit, NAME_MAX, "mailseal-unlock@%s.service", name);
}

int
credential_enable(const char *name)
{
	char unit[NAME_MAX], said[SPAWN_SAID_MAX];

	name_unit(name, unit);
	if (!systemctl("enable", unit, said))
		return complain(EX_UNAVAILABLE,
		    "the slot is made, but its unit is not enabled (%s); until "
		    "you run \"systemctl enable %s\", nothing opens the master "
		    "key when mailseald starts",
		    said, unit);
	(void)printf("%s is enabled: it opens the master key\n"
		     "each time mailseald starts.\n",
	    unit);
	return EX_OK;
}

/* ---- a slot */

/* From an empty file to a slot. */
static int
fill(struct ask *ask, struct newfile *file, struct draft *draft,
    const char *name, const char *key)
{
	struct envelope sealed;
	char said[SPAWN_SAID_MAX], bytes[DRAFT_SECRET_LEN + 1] = "";
	int status = draft_begin(draft, ask, "credential", name);

	if (status == EX_OK)
		status = envelop(draft, name, key, &sealed);
	if (status == EX_OK)
		status = newfile_save(file, sealed.bytes, sealed.len);
	if (status == EX_OK && !credential_open(name, bytes, said))
		status = complain(EX_UNAVAILABLE,
		    "systemd-creds cannot decrypt %s: %s; nothing was stored",
		    file->path, said);
	if (status == EX_OK)
		status = draft_commit(draft, ask, bytes, DRAFT_SECRET_LEN);
	explicit_bzero(bytes, sizeof(bytes));
	return status;
}

int
credential_make(struct ask *ask, const char *name, const char *key)
{
	const char *obstacle = credential_obstacle();
	struct draft draft = { 0 };
	struct newfile file;
	char path[CREDENTIAL_PATH_MAX];
	int status;

	if (!credential_is_name(name))
		return complain(EX_USAGE,
		    "\"%s\" is no name of a credential: letters, digits, _ - "
		    "and . inside",
		    name);
	if (obstacle != NULL)
		return complain(EX_UNAVAILABLE,
		    "no credential: %s; a file does as well: --file FILE",
		    obstacle);
	credential_path(name, path);
	status = newfile_start(&file, path, "--name");
	if (status != EX_OK)
		return status;
	status = fill(ask, &file, &draft, name, key);
	draft_wipe(&draft);
	file.keep = status == EX_OK || draft.unsure;
	draft_warn(&draft, file.path);
	newfile_end(&file);
	if (status == EX_OK)
		(void)printf("Slot %u: the credential %s opens\n"
			     "the master key, on this host only.\n",
		    (unsigned)draft.slot, path);
	return status;
}

int
credential_discard(const char *name)
{
	char unit[NAME_MAX], path[CREDENTIAL_PATH_MAX], said[SPAWN_SAID_MAX];
	int status = EX_OK;

	if (!credential_is_name(name))
		return EX_OK; /* then no file and no unit bears it */
	name_unit(name, unit);
	credential_path(name, path);
	if (access(RUNNING, F_OK) == 0 && !systemctl("disable", unit, said))
		status = complain(EX_UNAVAILABLE,
		    "the slot is removed, but its unit is not disabled (%s); "
		    "run \"systemctl disable %s\"",
		    said, unit);
	if (access(RUNNING, F_OK) == 0)
		(void)systemctl("reset-failed", unit, said); /* it may not be */
	if (unlink(path) == 0)
		(void)printf("%s is deleted.\n", path);
	else if (errno != ENOENT)
		status = complain(EX_CANTCREAT,
		    "%s opens nothing any more, and is not deleted: %s", path,
		    strerror(errno));
	return status;
}
