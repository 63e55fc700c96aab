/* SPDX-License-Identifier: ISC */
/*
 * slotfile: the file whose one line opens the master key.
 *
 * It is on disk and was read back before the broker relies on it.
 */
#ifndef CLIENT_MAILSEAL_SLOTFILE_H
#define CLIENT_MAILSEAL_SLOTFILE_H

#include "client/ask.h"

#define USUAL_FILE MAILSEAL_SYSCONFDIR "/slot/file.key"

/* Make one at path, or where it usually lies, and say so; an exit status. */
int slotfile_make(struct ask *ask, const char *path)
    __attribute__((warn_unused_result));

#endif
