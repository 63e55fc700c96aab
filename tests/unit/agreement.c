/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox, by a mistake that whoever wrote the
 * policy made in its tests, too.  So it was written twice, and the two are
 * asked ten thousand times; AGREEMENT_SEED repeats a run.
 */
#include <errno.h>
#include <sys/random.h>

#include "broker/policy.h"
#include "tests/unit/conf.h"
#include "tests/unit/drawn.h"

#define CASES 10000
#define QUESTIONS 5 /* to the same files */

static char text[SLOWLY_FILES][SLOWLY_TEXT];
static struct policy *policy;
static uint64_t seed;

static void
draw_files(void)
{
	struct rules_terms terms = { STRICT, true, note_alarm };

	policy_free(policy);
	policy = NULL;
	draw_cast();
	for (int i = 0; i < SLOWLY_FILES; i++) {
		char name[32];

		draw_file(text[i]);
		(void)snprintf(name, sizeof(name), "access.d/%d.conf", i);
		write_file(name, text[i]);
	}
	if (policy_read(path_of("access.d"), &terms, &policy, &fault) != 0)
		fail_msg("AGREEMENT_SEED=%llu %s:%u: %s",
		    (unsigned long long)seed, fault.file, fault.line,
		    fault.text);
}

static bool
find_unit(const struct peer *peer, char name[CGROUP_UNIT_MAX + 1])
{
	(void)peer;
	if (drawn_unit == NULL)
		return false;
	memcpy(name, drawn_unit, strlen(drawn_unit) + 1);
	return true;
}

/* What policy.c says, in the other's words. */
static struct slowly_answer
ask_policy(const struct policy *of, const struct slowly_question *q)
{
	gid_t others[COUNT(q->group)];
	struct peer peer = { .fd = -1,
		.uid = q->uid,
		.gid = q->group[0],
		.group_count = q->groups - 1,
		.groups = others };
	struct slowly_answer answer = { .file = -1 };
	enum service service = (enum service)service_by_name(q->service);
	struct caller caller;
	const struct rule *rule;

	for (size_t i = 1; i < q->groups; i++)
		others[i - 1] = q->group[i];
	caller_start(&caller, &peer);
	caller.find_unit = find_unit;
	if (of == NULL) {
		AUTO(policy) mine = NULL;

		assert_int_equal(policy_narrow(policy, &caller, &mine), 0);
		return ask_policy(mine, q);
	}
	rule = policy_match(of, &caller, q->name, service);
	if (rule != NULL) {
		answer.file = strrchr(rule->file, '/')[1] - '0';
		answer.line = rule->line;
		answer.password = rule->may_have_password;
	}
	if (!policy_preferred(of, &caller, service, answer.preferred))
		answer.preferred[0] = '\0';
	return answer;
}

static bool
is_same(const struct slowly_answer *a, const struct slowly_answer *b)
{
	return a->file == b->file && a->line == b->line &&
	    a->password == b->password &&
	    strcmp(a->preferred, b->preferred) == 0;
}

static void
print_answer(const char *who, const struct slowly_answer *a)
{
	print_error("%s: file %d line %u password %d preferred %s\n", who,
	    a->file, a->line, a->password, a->preferred);
}

/* How often the two disagree; the first time is shown where it is a fault. */
static unsigned
compare(unsigned cases, unsigned *allowed)
{
	unsigned differ = 0;

	drawn_numbers = seed;
	for (unsigned i = 0; i < cases; i++) {
		char name[SLOWLY_TEXT];
		struct slowly_question q;
		struct slowly_answer fast, narrow, slow;

		if (i % QUESTIONS == 0)
			draw_files();
		draw_question(&q, name);
		fast = ask_policy(policy, &q);
		narrow = ask_policy(NULL, &q);
		slow = slowly_ask(text, &q);
		*allowed += slow.file >= 0;
		if (is_same(&fast, &slow) && is_same(&narrow, &slow))
			continue;
		if (differ++ > 0 || slowly_mistake != SLOWLY_RIGHT)
			continue;
		for (int f = 0; f < SLOWLY_FILES; f++)
			print_error("-- %d.conf\n%s", f, text[f]);
		print_error("-- case %u: uid %u unit %s name %s for %s\n", i,
		    q.uid, q.unit != NULL ? q.unit : "-", q.name, q.service);
		print_answer("fast", &fast);
		print_answer("narrow", &narrow);
		print_answer("slow", &slow);
	}
	return differ;
}

static void
two_who_read_the_manual_agree(void **state)
{
	unsigned allowed = 0;

	(void)state;
	slowly_mistake = SLOWLY_RIGHT;
	print_message("AGREEMENT_SEED=%llu\n", (unsigned long long)seed);
	assert_int_equal(compare(CASES, &allowed), 0);
	/* Not for want of rules that hold, or of some that do not. */
	print_message("%u of %u are allowed\n", allowed, CASES);
	assert_in_range(allowed, CASES / 20, CASES * 19 / 20);
}

static void
a_mistake_of_one_of_them_is_found(void **state)
{
	(void)state;
	for (int i = SLOWLY_RIGHT + 1; i < SLOWLY_MISTAKES; i++) {
		unsigned allowed = 0, differ;

		slowly_mistake = (enum slowly_mistake)i;
		differ = compare(CASES / 5, &allowed);
		print_message("mistake %d is found %u times\n", i, differ);
		assert_true(differ > 0);
	}
}

static int
setup(void **state)
{
	const char *wanted = getenv("AGREEMENT_SEED");

	if (wanted != NULL)
		seed = strtoull(wanted, NULL, 10);
	else if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return -1;
	slowly_user_count = slowly_group_count = 0;
	slowly_look_around();
	if (fresh_folder(state) != 0)
		return -1;
	make_subfolder("access.d");
	return 0;
}

static int
teardown(void **state)
{
	policy_free(policy);
	policy = NULL;
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(two_who_read_the_manual_agree),
		HERE(a_mistake_of_one_of_them_is_found),
	};

	return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
