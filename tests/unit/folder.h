/* SPDX-License-Identifier: ISC */
/* A folder of its own for each test that needs a store; gone afterwards. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/store/store.h"
#include "proto/error.h"

#define FOLDER_MAX 64
#define PATH_LEN 128

static char folder[FOLDER_MAX];

/* The path of a file in it, until the next call. */
static inline const char *
path_of(const char *name)
{
	static char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static inline int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/mailseal-unit-XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline int
remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The store in it. */
static inline struct store *
opened(void)
{
	struct store *store = NULL;

	assert_int_equal(store_open(folder, &store), MAILSEAL_OK);
	return store;
}

#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

#endif
