/* SPDX-License-Identifier: ISC */
/*
 * vectors [FOLDER]: every labelled input of a folder laid out like
 * tests/vectors, through the code that the programs use.
 *
 * It names each miss and ends with "N passed, N failed"; status 1 when one
 * failed, or when there was nothing at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/vectors/walk.h"

static const struct {
	const char *name;
	void (*walk)(void);
} parts[] = {
	{ "token", walk_token },
	{ "device", walk_device },
	{ "form", walk_form },
	{ "pkce", walk_pkce },
	{ "callbacks", walk_callbacks },
	{ "idtokens", walk_idtokens },
	{ "jwt", walk_jwt },
	{ "sasl", walk_sasl },
	{ "smtp", walk_smtp },
	{ "imap", walk_imap },
};

int
main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "tests/vectors";
	struct stat st;

	if (argc > 2 || stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
		(void)fprintf(stderr, "usage: vectors [FOLDER]\n");
		return 64;
	}
	if (secret_arena_open(4 * 1024 * 1024) != MAILSEAL_OK)
		return 71;
	walk_open(folder);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		walk_part(parts[i].name);
		parts[i].walk();
	}
	return walk_end() == 0 ? 0 : 1;
}
