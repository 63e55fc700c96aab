/* SPDX-License-Identifier: ISC */
/* Configuration files in the test's folder, and what is said of them. */
#ifndef TESTS_UNIT_CONF_H
#define TESTS_UNIT_CONF_H

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/ini.h"
#include "tests/unit/folder.h"

/* The last fault, and how many were told to the alarm. */
static struct fault fault;
static unsigned alarms;
static struct fault alarmed; /* the last of them */

static inline void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path_of(name), 0644), 0);
}

static inline void
make_subfolder(const char *name)
{
	assert_int_equal(mkdir(path_of(name), 0755), 0);
	assert_int_equal(chmod(path_of(name), 0755), 0);
}

static inline void
hear_alarm(void *arg, const struct fault *what)
{
	(void)arg;
	alarms++;
	alarmed = *what;
}

static const struct alarm note_it = { hear_alarm, NULL };
static const struct alarm *const note_alarm __attribute__((unused)) = &note_it;

/* Whether a fault is about this file and line, and says so. */
static inline void
is_about(const struct fault *f, const char *file, unsigned line,
    const char *text)
{
	const char *base = strrchr(f->file, '/');

	assert_non_null(base);
	if (strcmp(base + 1, file) != 0 || f->line != line ||
	    strstr(f->text, text) == NULL)
		fail_msg("%s:%u: %s", f->file, f->line, f->text);
}

static inline int
fresh_folder(void **state)
{
	memset(&fault, 0, sizeof(fault));
	memset(&alarmed, 0, sizeof(alarmed));
	alarms = 0;
	return make_folder(state);
}

#define IN_FRESH_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, fresh_folder, remove_folder)

#endif
