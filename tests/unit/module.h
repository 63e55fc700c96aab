/* SPDX-License-Identifier: ISC */
/*
 * module: a module as it was built, beside the program that tries it.
 */
#ifndef TESTS_UNIT_MODULE_H
#define TESTS_UNIT_MODULE_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/courier/steps.h"
#include "proto/module.h"

static const struct mailseal_host module_host = { sizeof(module_host),
	steps_put };

/* The module of this name, from the folder this program was built into. */
static inline const struct mailseal_module *
module_open(const char *name)
{
	char path[1024];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);
	void *object = NULL;
	char *tests;

	path[len > 0 ? len : 0] = '\0';
	tests = strstr(path, "/tests/");
	while (tests != NULL && strstr(tests + 1, "/tests/") != NULL)
		tests = strstr(tests + 1, "/tests/");
	if (tests != NULL) {
		(void)snprintf(tests, 64, "/module/%s.so", name);
		object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	if (object == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, dlerror());
		exit(2);
	}
	return dlsym(object, "mailseal_module");
}

/* The bytes of a field of an ask; NULL when it is not there. */
static inline const char *
module_field(const struct mailseal_ask *ask, uint32_t where, const char *name)
{
	static char text[4][2048];
	static unsigned turn;
	char *to = text[turn++ % 4];

	for (uint32_t i = 0; i < ask->count; i++) {
		if (ask->field[i].where != where ||
		    strcmp(ask->field[i].name, name) != 0)
			continue;
		(void)snprintf(to, sizeof(text[0]), "%.*s",
		    (int)ask->field[i].len, ask->pool + ask->field[i].offset);
		return to;
	}
	return NULL;
}

#endif
