/* SPDX-License-Identifier: ISC */
/*
 * log: what the programs tell their admin, on standard error.
 *
 * An event of two or three fixed words, then key=value.  It never blocks for
 * long and never takes a secret.  Under systemd each line carries its level
 * as a <N> prefix (sd-daemon(3)).
 */
#ifndef BROKER_LOG_H
#define BROKER_LOG_H

#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Say who is speaking and from which level on; before that: warnings. */
void log_open(const char *program, enum log_level level);

void log_error(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Foreign bytes made fit to print: controls, non-ASCII and backslash become
 * \xNN, and what is over 240 bytes is cut.  Four results live at a time.
 */
const char *printable(const char *text);
const char *printable_bytes(const void *bytes, size_t len);

#endif
