/* SPDX-License-Identifier: ISC */
/*
 * rules: the allow lines of access.d, read and kept as they stand.
 *
 * A line says who, and never who not: one that is left out for a fault takes
 * rights away and gives none.  What the lines mean together is policy's.
 */
#ifndef BROKER_RULES_H
#define BROKER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "broker/ini.h"
#include "broker/own.h"

/* One allow line: where it stands, and what it grants. */
struct rule {
	const char *file;
	unsigned line;
	bool may_have_password;
};

/* The words of an allow line, all of which must hold. */
struct allow {
	struct rule rule;
	char *pattern; /* an address, or *@domain; in lower case */
	char *words;   /* as they stand there */
	bool by_user;
	bool by_group;
	bool by_service;
	bool owner;	/* his login name is the local part */
	bool preferred; /* not a condition: it is his default account */
	uid_t uid;
	gid_t gid;
	char *group;	   /* as it was written */
	char *unit;	   /* a glob, or NULL */
	unsigned services; /* bits of enum service */
};

/* Of all files, in the order of their names and lines. */
struct rules {
	size_t count;
	size_t room;
	struct allow *at;
	size_t file_count;
	char **files; /* the names that rules point to */
	size_t off;   /* lines, and whole files, that were left out */
};

void rules_free(struct rules *rules);
AUTO_DEFINE(rules, struct rules)

/* On what terms files are read. */
struct rules_terms {
	enum strictness strictness;
	bool units_are_known; /* peer_units_are_known(), or as a test has it */
	const struct alarm *alarm;
};

/*
 * Read every file of a folder.
 *
 * An unknown word, user or group, and unit: where the kernel cannot tell
 * units, is a fault that names file and line.  By strictness it is an error, or
 * its line is off and alarm is told of it.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_UNSAFE, MAILSEAL_E_IO, MAILSEAL_E_NOMEM
 */
int rules_read(const char *folder, const struct rules_terms *terms,
    struct rules **rules, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
