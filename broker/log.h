/* SPDX-License-Identifier: ISC */
/*
 * log: what the programs tell their admin, on standard error.
 *
 * An event of two or three fixed words, then key=value.  It never waits for
 * who reads it, and never takes a secret: a line that is not taken at once is
 * lost, which is counted and told with the next one.  Where standard error is
 * the journal's, each line carries its level as a <N> prefix (sd-daemon(3)).
 */
#ifndef BROKER_LOG_H
#define BROKER_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Say who is speaking and from which level on; before that: warnings. */
void log_open(const char *program, enum log_level level);

/*
 * Where lines that are said are offered first, with their syslog priority:
 * what it takes (true) is not printed.  NULL: nowhere.
 */
typedef bool log_taker(void *arg, int priority, const char *event,
    const char *text);
void log_offer(log_taker *taker, void *arg);

void log_error(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print bytes of at most PIPE_BUF as they are; false: they are not taken. */
bool log_print(const char *bytes, size_t len);

/* Whether lines were lost that were not told, and to try to tell it now. */
bool log_is_behind(void);
void log_catch_up(void);

/* Whether standard error is the journal's (JOURNAL_STREAM, systemd.exec(5)). */
bool log_is_journal(void);

/*
 * Foreign bytes made fit to print: controls, non-ASCII and backslash become
 * \xNN, and what is over 240 bytes is cut.  Four results live at a time.
 */
const char *printable(const char *text);
const char *printable_bytes(const void *bytes, size_t len);

/* The same with blanks as \x20: the value of a key=value among others. */
const char *printable_word(const char *text);

#endif
