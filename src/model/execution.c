/* execution.c - the life of an execution, as a table; see execution.h. */
#include "model/execution.h"

bool execution_has_ended(enum execution_status status) {
    return status == EXECUTION_SUCCEEDED || status == EXECUTION_FAILED ||
           status == EXECUTION_CANCELLED;
}

#define BIT(status) (1U << (status))

/* Rows: from. An end state goes nowhere. A Running execution goes back to Pending when its node
 * shuts down and hands it over; a Pending one fails without having run when its wait for other jobs
 * has taken too long, or when its job cannot be read any more. */
static const unsigned moves[] = {
    [EXECUTION_PENDING] = BIT(EXECUTION_RUNNING) | BIT(EXECUTION_CANCELLED) | BIT(EXECUTION_FAILED),
    [EXECUTION_RUNNING] = BIT(EXECUTION_SUCCEEDED) | BIT(EXECUTION_FAILED) |
                          BIT(EXECUTION_CANCELLED) | BIT(EXECUTION_PENDING),
    [EXECUTION_SUCCEEDED] = 0,
    [EXECUTION_FAILED] = 0,
    [EXECUTION_CANCELLED] = 0,
};

bool execution_may_move(enum execution_status from, enum execution_status to) {
    if (from < EXECUTION_PENDING || from > EXECUTION_CANCELLED) return false;
    if (to < EXECUTION_PENDING || to > EXECUTION_CANCELLED) return false;
    return (moves[from] & BIT(to)) != 0;
}
