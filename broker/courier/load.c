/* SPDX-License-Identifier: ISC */
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker/courier/leash.h"
#include "broker/courier/load.h"
#include "broker/log.h"
#include "proto/error.h"

#define SYMBOL "mailseal_module"

static bool
is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len <= LOAD_NAME_MAX && name[len] == '\0';
}

/* Load the object behind a descriptor, and find its struct. */
static const struct mailseal_module *
link_in(int fd, char why[SAFEFILE_WHY_MAX])
{
	const struct mailseal_module *module;
	char path[48];
	void *object;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	leash_on(); /* a constructor is code of the module */
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	leash_off();
	if (object == NULL) {
		(void)snprintf(why, SAFEFILE_WHY_MAX,
		    "it is no shared object that can be loaded: %s",
		    printable(dlerror()));
		return NULL;
	}
	module = dlsym(object, SYMBOL);
	if (module == NULL)
		(void)snprintf(why, SAFEFILE_WHY_MAX, "it exports no " SYMBOL);
	return module;
}

/* What is wrong with the struct, or NULL. */
static const char *
fault_of(const struct mailseal_module *module, const char *name)
{
	if (module->magic != MAILSEAL_MODULE_MAGIC)
		return "it has another magic";
	if (module->major != MAILSEAL_MODULE_MAJOR)
		return "it was built for another major version of the ABI";
	if (module->size < sizeof(*module))
		return "it has too small a struct";
	if (module->name == NULL || strcmp(module->name, name) != 0)
		return "it calls itself by another name";
	if (module->step == NULL || module->operations == 0)
		return "it does nothing";
	return NULL;
}

int
load_module(const char *folder, const char *name,
    const struct mailseal_module **module, char why[SAFEFILE_WHY_MAX])
{
	const struct mailseal_module *found;
	const char *fault;
	char path[PATH_MAX];
	int fd, n;

	if (!is_name(name)) {
		(void)snprintf(why, SAFEFILE_WHY_MAX,
		    "that is not the name of a module");
		return MAILSEAL_E_MODULE;
	}
	n = snprintf(path, sizeof(path), "%s/%s.so", folder, name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		(void)snprintf(why, SAFEFILE_WHY_MAX,
		    "the module folder has too long a name");
		return MAILSEAL_E_MODULE;
	}
	if (safefile_open(path, 0, &fd, why) != MAILSEAL_OK)
		return MAILSEAL_E_MODULE;
	found = link_in(fd, why);
	(void)close(fd); /* it is mapped, or of no use */
	if (found == NULL)
		return MAILSEAL_E_MODULE;
	fault = fault_of(found, name);
	if (fault != NULL) {
		(void)snprintf(why, SAFEFILE_WHY_MAX, "%s", fault);
		return MAILSEAL_E_MODULE;
	}
	*module = found;
	return MAILSEAL_OK;
}
