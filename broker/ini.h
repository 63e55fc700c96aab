/* SPDX-License-Identifier: ISC */
/*
 * ini: read a configuration file strictly.
 *
 * The file must be safe (broker/safefile.h).  Sections may not repeat, keys
 * may; a line that is no section, key or comment is an error.  " #" ends a
 * value.  Every fault names file and line.  What a key means is the reader's.
 */
#ifndef BROKER_INI_H
#define BROKER_INI_H

#include <stdbool.h>
#include <stddef.h>

#define INI_FILE_MAX 65536 /* bytes of one file */
#define INI_VALUE_MAX 4096 /* bytes of one value */

/* What is wrong, where; an empty text: nothing. */
struct fault {
	char file[1024];
	unsigned line; /* 0: the file as a whole */
	char text[1024];
	bool unresolved; /* nothing else than that a user or group is unknown */
};

/* What becomes of a line, or a file, with a fault. */
enum strictness {
	LENIENT,	  /* it is off, and the rest holds: at start */
	STRICT,		  /* it is an error: for a reload, and -t */
	STRICT_BUT_NAMES, /* likewise, but for a user or group not known */
};

/* Where a value stands; no file: nowhere, it is the default. */
struct origin {
	const char *file;
	unsigned line;
};

/* Who hears of a fault that turns off just the line or file it is in. */
struct alarm {
	void (*hear)(void *arg, const struct fault *fault);
	void *arg;
};

struct ini_entry {
	const char *section;
	const char *key; /* in lower case */
	const char *value;
	unsigned line;
};

void alarm_ring(const struct alarm *alarm, const struct fault *fault);

/* The same of an error that left no fault behind, or one: then of that. */
void alarm_ring_error(const struct alarm *alarm, int error, const char *file,
    struct fault *fault);

/* For what was heard before: nothing is done about it. */
extern const struct alarm alarm_silent;

/*
 * What a reader makes of the error of a line or a file: where that is just off
 * by this strictness, the alarm is rung, *off counts it, and all is well; else,
 * and without memory always, the error.  fault still says what it was.
 */
int fault_forgive(const struct fault *fault, int error,
    enum strictness strictness, const struct alarm *alarm, size_t *off)
    __attribute__((warn_unused_result));

/* Note what is wrong at a place; returns MAILSEAL_E_CONFIG. */
int fault_set(struct fault *fault, const char *file, unsigned line,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* In words: "FILE:LINE: TEXT", without the line where it is the whole file. */
#define FAULT_WORDS_MAX 2080 /* bytes of them, with the NUL */
void fault_say(const struct fault *fault, char words[FAULT_WORDS_MAX]);

/*
 * Hand every entry of a file to use, in the order of the file within each
 * section.  use returns an error and notes the fault to stop.
 *
 * MAILSEAL_E_UNSAFE  others could have changed the file
 * MAILSEAL_E_IO      it cannot be read
 * MAILSEAL_E_TOOLONG it is over INI_FILE_MAX bytes
 * MAILSEAL_E_CONFIG  it is no configuration file, or what use returned
 */
typedef int ini_use(void *arg, const struct ini_entry *entry,
    struct fault *fault);
int ini_read(const char *path, ini_use *use, void *arg, struct fault *fault)
    __attribute__((warn_unused_result));

/*
 * The names of the files of a folder that end in ".conf", sorted, as an array
 * ended by NULL that ini_names_free() frees.  An absent folder has none.
 *
 * MAILSEAL_E_UNSAFE, MAILSEAL_E_IO, MAILSEAL_E_NOMEM
 */
int ini_names(const char *folder, char ***names, struct fault *fault)
    __attribute__((warn_unused_result));
void ini_names_free(char **names);

/* "Y", "yes", "true", "1" or "on" is 1; their opposites and "" 0; else -1. */
int ini_bool(const char *value);

#endif
