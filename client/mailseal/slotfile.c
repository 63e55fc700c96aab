/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/draft.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/newfile.h"
#include "client/mailseal/slotfile.h"

/* The broker must be able to read it: root gives it to the broker's user. */
static bool
hand_over(const struct draft *draft, const struct newfile *file)
{
	if (geteuid() != 0)
		return true;
	if (draft->uid != 0 && fchown(file->fd, draft->uid, draft->gid) != 0)
		return false;
	return fchmod(file->fd, 0400) == 0;
}

/* From an empty file to a slot. */
static int
fill(struct ask *ask, struct newfile *file, struct draft *draft)
{
	char line[DRAFT_SECRET_LEN + 1];
	int status = draft_begin(draft, ask, "file", file->path);

	if (status != EX_OK)
		return status;
	memcpy(line, draft->bytes, DRAFT_SECRET_LEN);
	line[DRAFT_SECRET_LEN] = '\n';
	if (!hand_over(draft, file))
		status = complain(EX_CANTCREAT,
		    "%s: it cannot be given to the user of mailseald",
		    file->path);
	if (status == EX_OK)
		status = newfile_save(file, line, sizeof(line));
	explicit_bzero(line, sizeof(line));
	if (status == EX_OK)
		status = newfile_read_back(file, line, sizeof(line));
	if (status == EX_OK)
		status = draft_commit(draft, ask, line, DRAFT_SECRET_LEN);
	explicit_bzero(line, sizeof(line));
	return status;
}

int
slotfile_make(struct ask *ask, const char *path)
{
	struct draft draft = { 0 };
	struct newfile file;
	int status = newfile_start(&file, path != NULL ? path : USUAL_FILE,
	    "--file");

	if (status != EX_OK)
		return status;
	status = fill(ask, &file, &draft);
	draft_wipe(&draft);
	file.keep = status == EX_OK || draft.unsure;
	draft_warn(&draft, file.path);
	if (status == EX_OK) {
		(void)printf("Slot %u: ", (unsigned)draft.slot);
		glyph_print(stdout, file.path);
		(void)puts(" opens the master key.\n"
			   "Keep a copy where only those can read it who may "
			   "read the mailboxes.");
	}
	newfile_end(&file);
	return status;
}
