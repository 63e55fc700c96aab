/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/answer.h"
#include "broker/check.h"
#include "broker/gate.h"
#include "broker/op/op.h"
#include "broker/values.h"
#include "proto/error.h"

#define ITEM_ROOM 8192
#define VALUE_ROOM 20480 /* bytes of an item: INI_VALUE_MAX, encoded */

/* A check that is being answered. */
struct finding {
	struct list list;
	enum strictness strictness;
};

static void
add_finding(struct finding *f, const char *kind, const struct fault *fault)
{
	char bytes[ITEM_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", kind);
	line_put(&w, "file", fault->file);
	if (fault->line > 0)
		line_put_number(&w, "line", fault->line);
	line_put(&w, "message", fault->text);
	list_add(&f->list, &w);
}

static void
add_fault(void *arg, const struct fault *fault)
{
	struct finding *f = arg;
	bool off = f->strictness != STRICT && fault->unresolved;

	add_finding(f, off ? "off" : "fault", fault);
}

static void
add_note(void *arg, const struct fault *fault)
{
	add_finding(arg, "note", fault);
}

/* It is read as a reload would read it, and let go of. */
static void
look(const struct broker *b, struct finding *f)
{
	const struct alarm alarm = { add_fault, f }, notes = { add_note, f };
	AUTO(config) config = NULL;
	char bytes[ITEM_ROOM];
	struct line_writer w;
	bool sound;

	check_run(b->config_folder, b->preset_folder, f->strictness, &alarm,
	    &config);
	/* No file shows which accounts there are: that is known here alone. */
	sound = config != NULL && gate_check(config, b->accounts, &alarm) == 0;
	if (config != NULL)
		check_notes(config, &notes);
	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "configuration");
	line_put(&w, "folder", b->config_folder);
	if (sound) { /* there was no fault */
		line_put_number(&w, "providers", config->provider_count);
		line_put_number(&w, "rules", policy_count(config->policy));
	}
	list_add(&f->list, &w);
}

void
op_check(struct request *r)
{
	const char *allow = line_get(r->in, "allow_unresolved", LINE_KEY_MAX);
	struct finding f = { .strictness = allow == NULL ? STRICT :
							   STRICT_BUT_NAMES };

	if (allow != NULL && strcmp(allow, "yes") != 0)
		line_fail(r->in, MAILSEAL_E_UNKNOWN, "allow_unresolved");
	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	look(r->broker, &f);
	list_answer(&f.list, r->conn);
}

struct selection {
	struct list list;
	const char *pattern; /* NULL: all */
};

static void
add_value(void *arg, const struct value *value)
{
	struct selection *s = arg;
	char bytes[VALUE_ROOM];
	struct line_writer w;

	if (s->pattern != NULL && !values_match(s->pattern, value->key))
		return;
	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "key", value->key);
	line_put(&w, "value", value->text);
	if (value->origin.file == NULL)
		line_put(&w, "from", "default");
	else
		line_put(&w, "from", value->of_preset ? "preset" : "file");
	line_put(&w, "file", value->origin.file);
	if (value->origin.line > 0)
		line_put_number(&w, "line", value->origin.line);
	list_add(&s->list, &w);
}

void
op_config(struct request *r)
{
	struct selection s = { .pattern = line_get(r->in, "pattern",
				   VALUE_KEY_MAX) };

	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	values_each(r->broker->config, add_value, &s);
	list_answer(&s.list, r->conn);
}
