/* SPDX-License-Identifier: ISC */
/*
 * help: all commands on one screen of 80 by 24.
 *
 * How one of them is written, "mailseal help COMMAND" makes of the table of
 * commands and that of options.
 */
#ifndef CLIENT_MAILSEAL_HELP_H
#define CLIENT_MAILSEAL_HELP_H

extern const char help_text[];

#endif
