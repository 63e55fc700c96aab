/* SPDX-License-Identifier: ISC */
/*
 * enroll: what each answer to enroll_begin starts with.
 */
#ifndef BROKER_OP_ENROLL_H
#define BROKER_OP_ENROLL_H

#include "broker/enrolment.h"

/* Begin the line: id, type, account, provider, server and warning. */
void enroll_put_begun(const struct enrolment *enrolment,
    struct line_writer *writer, char *bytes, size_t size);

#endif
