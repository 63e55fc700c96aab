/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/draft.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/intake.h"
#include "client/mailseal/newfile.h"
#include "client/mailseal/recoverycode.h"
#include "client/mailseal/terminal.h"

bool
recoverycode_can_ask(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

bool
recoverycode_again(int status)
{
	return status == EX_DATAERR || status == EX_PROTOCOL ||
	    status == EX_NOPERM;
}

/* What tells this paper from another one. */
static void
name_label(char label[64])
{
	time_t now = time(NULL);
	struct tm day;

	if (localtime_r(&now, &day) == NULL ||
	    strftime(label, 64, "paper of %Y-%m-%d", &day) == 0)
		(void)snprintf(label, 64, "paper");
}

/* Not on stdout, which may be a file. */
static void
show(const struct draft *draft)
{
	(void)fputs("\nThe recovery code of the master key:\n\n    ", stderr);
	glyph_print(stderr, draft->bytes);
	(void)fputs("\n\nWrite it on paper, and keep that away from this "
		    "machine.  With the code and a\n"
		    "copy of the store every mailbox can be had when all else "
		    "is lost.  It is shown\n"
		    "this once.  Then type it back.\n\n",
	    stderr);
}

/* Have it typed back; a wrong one is told by the broker, with its group. */
static int
type_back(struct draft *draft, struct ask *ask, int *signal)
{
	struct intake typed;
	int status = EX_DATAERR;

	for (int tries = 0;
	     tries < RECOVERYCODE_TRIES && recoverycode_again(status);
	     tries++) {
		status = intake_take_shown(&typed, "Recovery code");
		*signal = typed.signal;
		if (typed.signal != 0)
			return status;
		if (status == EX_OK)
			status = draft_commit(draft, ask, typed.bytes,
			    typed.len);
		intake_wipe(&typed);
	}
	return status;
}

static int
make_on_paper(struct ask *ask)
{
	struct draft draft = { 0 };
	char label[64];
	int signal = 0, status;

	name_label(label);
	status = draft_begin(&draft, ask, "recovery", label);
	if (status != EX_OK)
		return status;
	ask_hang_up(ask); /* minutes may pass now */
	show(&draft);
	status = type_back(&draft, ask, &signal);
	draft_wipe(&draft);
	if (status != EX_OK && !draft.unsure)
		(void)complain(EX_OK,
		    "the code above opens nothing; for another one run "
		    "\"mailseal slot add recovery\"");
	if (draft.unsure)
		(void)complain(EX_OK,
		    "keep the paper: it may open the master key; \"mailseal "
		    "status\" tells");
	if (signal != 0)
		terminal_die(signal);
	if (status == EX_OK)
		(void)printf("Slot %u: the recovery code opens the master "
			     "key.\n",
		    (unsigned)draft.slot);
	return status;
}

/* From an empty file to a slot. */
static int
fill(struct ask *ask, struct newfile *file, struct draft *draft)
{
	char line[DRAFT_CODE_LEN + 1];
	int status = draft_begin(draft, ask, "recovery", file->path);

	if (status != EX_OK)
		return status;
	memcpy(line, draft->bytes, DRAFT_CODE_LEN);
	line[DRAFT_CODE_LEN] = '\n';
	status = newfile_save(file, line, sizeof(line));
	explicit_bzero(line, sizeof(line));
	if (status == EX_OK)
		status = newfile_read_back(file, line, sizeof(line));
	if (status == EX_OK)
		status = draft_commit(draft, ask, line, DRAFT_CODE_LEN);
	explicit_bzero(line, sizeof(line));
	return status;
}

static int
make_in_file(struct ask *ask, const char *path)
{
	struct draft draft = { 0 };
	struct newfile file;
	int status = newfile_start(&file, path, "--recovery-file");

	if (status != EX_OK)
		return status;
	status = fill(ask, &file, &draft);
	draft_wipe(&draft);
	file.keep = status == EX_OK || draft.unsure;
	draft_warn(&draft, file.path);
	if (status == EX_OK) {
		(void)printf("Slot %u: the recovery code in ",
		    (unsigned)draft.slot);
		glyph_print(stdout, file.path);
		(void)puts(" opens the master key.\n"
			   "Take it away from this machine.");
	}
	newfile_end(&file);
	return status;
}

int
recoverycode_make(struct ask *ask, const char *file)
{
	return file != NULL ? make_in_file(ask, file) : make_on_paper(ask);
}
