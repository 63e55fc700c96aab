/* SPDX-License-Identifier: ISC */
/*
 * newfile: a file that is made for a slot, and is gone again if none relies
 * on it.
 *
 * One that is there already is never touched.  From its making to its end the
 * signals that end a program wait, so that no file is left behind that opens
 * nothing.
 */
#ifndef CLIENT_MAILSEAL_NEWFILE_H
#define CLIENT_MAILSEAL_NEWFILE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct newfile {
	char path[PATH_MAX]; /* the whole of it */
	bool keep;	     /* it is relied on, or might be */
	int fd;
	int folder;
	sigset_t mask; /* as it was */
};

/*
 * Make an empty file, mode 0600, and its folder, mode 0755, where that lacks;
 * remedy is the option that names another one.  An exit status, after having
 * complained; newfile_end() is due after EX_OK only.
 */
int newfile_start(struct newfile *file, const char *path, const char *remedy)
    __attribute__((warn_unused_result));

/* Write it whole and sync it, and its folder; an exit status. */
int newfile_save(struct newfile *file, const char *bytes, size_t len)
    __attribute__((warn_unused_result));

/*
 * What lies in it now, as somebody would read it who opens it: exactly len
 * bytes; an exit status.
 */
int newfile_read_back(const struct newfile *file, char *bytes, size_t len)
    __attribute__((warn_unused_result));

/* Close it, and take it away unless it is to be kept. */
void newfile_end(struct newfile *file);

#endif
