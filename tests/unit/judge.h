/* SPDX-License-Identifier: ISC */
/* Allow lines in the test's folder, and callers whose unit the test tells. */
#ifndef TESTS_UNIT_JUDGE_H
#define TESTS_UNIT_JUDGE_H

#include "broker/policy.h"
#include "tests/unit/conf.h"

#define DAEMON 1
#define WWW_DATA 33
#define NOBODY 65534
#define STAFF 50 /* a group of Debian's */

static struct policy *policy;

/* What peer_unit() is to tell; NULL: it cannot be known. */
static const char *unit_of_peer;
static unsigned looks; /* how often it was asked */

static inline bool
find_unit(const struct peer *peer, char unit[CGROUP_UNIT_MAX + 1])
{
	(void)peer;
	looks++;
	if (unit_of_peer == NULL)
		return false;
	memcpy(unit, unit_of_peer, strlen(unit_of_peer) + 1);
	return true;
}

static inline void
accepts(const char *text)
{
	struct rules_terms terms = { STRICT, true, note_alarm };

	write_file("access.d/x.conf", text);
	policy_free(policy);
	policy = NULL;
	if (policy_read(path_of("access.d"), &terms, &policy, &fault) !=
	    MAILSEAL_OK)
		fail_msg("%u: %s", fault.line, fault.text);
}

static inline int
setup(void **state)
{
	if (fresh_folder(state) != 0)
		return -1;
	make_subfolder("access.d");
	return 0;
}

static inline int
teardown(void **state)
{
	policy_free(policy);
	policy = NULL;
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
