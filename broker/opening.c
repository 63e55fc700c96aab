/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/log.h"
#include "broker/opening.h"
#include "broker/safefile.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

static struct opening_slot *
find(struct opening *opening, int64_t slot)
{
	for (size_t i = 0; i < opening->count; i++)
		if (opening->at[i].id == slot)
			return &opening->at[i];
	return NULL;
}

/* The same, made where it is not; NULL beyond the last that there can be. */
static struct opening_slot *
find_room(struct opening *opening, int64_t slot)
{
	struct opening_slot *found = find(opening, slot);

	if (found != NULL || opening->count == SLOTS_MAX)
		return found;
	found = &opening->at[opening->count++];
	*found = (struct opening_slot){ .id = slot };
	return found;
}

void
opening_worked(struct opening *opening, int64_t slot)
{
	struct opening_slot *s = find_room(opening, slot);

	if (s == NULL)
		return;
	s->end = OPENING_WORKED;
	s->why[0] = '\0';
}

void
opening_failed(struct opening *opening, int64_t slot, const char *why)
{
	struct opening_slot *s = find_room(opening, slot);

	if (s == NULL)
		return;
	s->end = OPENING_FAILED;
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
}

void
opening_forget(struct opening *opening, int64_t slot)
{
	struct opening_slot *s = find(opening, slot);

	if (s != NULL)
		*s = opening->at[--opening->count];
}

enum opening_end
opening_of(const struct opening *opening, int64_t slot, const char **why)
{
	for (size_t i = 0; i < opening->count; i++) {
		if (opening->at[i].id != slot)
			continue;
		*why = opening->at[i].why;
		return opening->at[i].end;
	}
	*why = "";
	return OPENING_UNTRIED;
}

/* The file slots of a store. */
struct files {
	size_t count;
	struct {
		int64_t slot;
		char path[SLOT_LABEL_MAX + 1];
	} at[SLOTS_MAX];
};

static int
note_file(void *arg, int64_t slot, const char *kind, const char *label)
{
	struct files *files = arg;

	if (strcmp(kind, SLOT_FILE) != 0 || files->count == SLOTS_MAX)
		return MAILSEAL_OK;
	files->at[files->count].slot = slot;
	(void)snprintf(files->at[files->count].path, SLOT_LABEL_MAX + 1, "%s",
	    label);
	files->count++;
	return MAILSEAL_OK;
}

/* Open the key with a file; *slot is which one it opened, or why it did not. */
static int
try_file(struct keyring *keyring, const char *path, int64_t *slot,
    char why[SAFEFILE_WHY_MAX])
{
	AUTO(secret) hex = NULL;
	AUTO(secret) secret = secret_new(SLOT_SECRET_LEN);
	int error;

	error = safefile_read_secret(path, SLOT_SECRET_LEN * 2 + 1, &hex, why);
	if (error == MAILSEAL_OK && secret == NULL)
		error = MAILSEAL_E_NOMEM;
	if (error == MAILSEAL_OK && !secret_from_hex(hex, secret))
		error = MAILSEAL_E_WRONGKEY;
	if (error == MAILSEAL_OK)
		error = keyring_unlock(keyring, secret, slot);
	if (error != MAILSEAL_OK && why[0] == '\0')
		(void)snprintf(why, SAFEFILE_WHY_MAX, "%s: %s", path,
		    mailseal_error_text(error));
	return error;
}

static void
fail(struct opening *opening, int64_t slot, const char *why)
{
	opening_failed(opening, slot, why);
	log_warn("slot failed", "slot=%lld: %s", (long long)slot, why);
}

/* One file for whichever slot it is. */
static void
try_key_file(struct opening *opening, struct keyring *keyring,
    const struct files *files, const char *key_file)
{
	char why[SAFEFILE_WHY_MAX] = "";
	int64_t slot = 0;

	if (try_file(keyring, key_file, &slot, why) == MAILSEAL_OK) {
		opening_worked(opening, slot);
		return;
	}
	for (size_t i = 0; i < files->count; i++)
		fail(opening, files->at[i].slot, why);
}

void
opening_try_file(struct opening *opening, struct keyring *keyring, int64_t own,
    const char *path)
{
	char why[SAFEFILE_WHY_MAX] = "";
	int64_t slot = 0;

	if (try_file(keyring, path, &slot, why) != MAILSEAL_OK) {
		fail(opening, own, why);
		return;
	}
	opening_worked(opening, slot);
	if (slot == own)
		return;
	(void)snprintf(why, sizeof(why), "%s opens slot %lld, not this one",
	    path, (long long)slot);
	fail(opening, own, why);
}

int
opening_try_files(struct opening *opening, struct keyring *keyring,
    const char *key_file)
{
	struct files *files = calloc(1, sizeof(*files));
	int error;

	if (files == NULL)
		return MAILSEAL_E_NOMEM;
	/* First the list, then each: the store is not asked while it tells. */
	error = keyring_each_slot(keyring, note_file, files);
	if (error == MAILSEAL_OK && key_file != NULL && files->count > 0)
		try_key_file(opening, keyring, files, key_file);
	else if (error == MAILSEAL_OK)
		for (size_t i = 0; i < files->count; i++)
			opening_try_file(opening, keyring, files->at[i].slot,
			    files->at[i].path);
	free(files);
	return error;
}
