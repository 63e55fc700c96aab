/* SPDX-License-Identifier: ISC */
#include "broker/check.h"
#include "broker/place.h"
#include "proto/error.h"

/* Faults on their way to who asked. */
struct count {
	const struct alarm *alarm;
	enum strictness strictness;
	size_t faults;
};

static void
count_fault(void *arg, const struct fault *fault)
{
	struct count *count = arg;

	if (count->strictness == STRICT || !fault->unresolved)
		count->faults++;
	alarm_ring(count->alarm, fault);
}

size_t
check_run(const char *folder, const char *preset_folder,
    enum strictness strictness, const struct alarm *alarm,
    struct config **config)
{
	struct count count = { alarm, strictness, 0 };
	const struct alarm counted = { count_fault, &count };
	struct fault fault = { 0 };
	int error;

	config_look(folder, preset_folder, &counted);
	if (count.faults > 0)
		return count.faults;
	/* What the loose look let pass, a reload must, too. */
	error = config_read(folder, preset_folder, strictness, &alarm_silent,
	    config, &fault);
	if (error != MAILSEAL_OK)
		alarm_ring_error(&counted, error, folder, &fault);
	return count.faults;
}

void
check_notes(const struct config *config, const struct alarm *alarm)
{
	struct fault fault = { 0 };

	for (size_t i = 0; i < config->provider_count; i++)
		if (place_note(config->providers[i], &fault))
			alarm_ring(alarm, &fault);
}
