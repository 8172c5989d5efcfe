/* SPDX-License-Identifier: MIT
 *
 * Model of the end of a runtime: stop() in runtime/scheduler/runtime_core.cpp against workers that finish the last tasks and park.
 * Claim: stop() does not sleep for ever, and does not go on while a task is unfinished.
 *
 *   stop()                               worker
 *   S1  closing_ = true                  C1  finished + 1
 *   S2  fence                            W1, W2  onto the idle list; fence
 *   S3  add up: all finished? leave      C3  closing_? then wake stop()
 *       else sleep on the token
 *
 * -DWITHOUT_STOP_FENCE lets S3 come before S1 is visible, -DWITHOUT_PARK_FENCE lets C3 come before C1 is. Both must then fail.
 * -DCOUNT_STARTS_FIRST adds up the starts before the ends: a task that another one starts in between is missed.
 */
#define WORKERS 2

byte started[WORKERS];
byte finished[WORKERS];
byte queue = 0;
bool closing = false;
bool token = false;
bool left = false; /* stop() believes that all is done */

proctype worker(byte me) {
    bool seen_closing, children;
    children = (me == 0); /* the first task of worker 0 starts another, which anybody may run */
work:
    atomic { if :: queue > 0 -> queue-- :: else -> goto idle fi }
    if
    :: children -> children = false; started[me]++; queue++
    :: else -> skip
    fi;
    assert(!left); /* a task runs in a runtime that is gone */
#ifdef WITHOUT_PARK_FENCE
    seen_closing = closing; /* C3 before C1 */
#endif
    finished[me]++; /* C1 */
idle:
#ifndef WITHOUT_PARK_FENCE
    seen_closing = closing; /* C3, after the fence */
#endif
    if
    :: seen_closing -> token = true
    :: else -> skip
    fi;
end_parked:
    queue > 0 -> goto work /* woken for work; the last parking is what the claim is about */
}

proctype stop() {
    byte starts, ends, i;
#ifndef WITHOUT_STOP_FENCE
    closing = true; /* S1, then the fence S2 */
#endif
again:
    starts = 0;
    ends = 0;
#ifdef COUNT_STARTS_FIRST
    for (i : 0 .. WORKERS - 1) { starts = starts + started[i] }
    for (i : 0 .. WORKERS - 1) { ends = ends + finished[i] }
#else
    for (i : 0 .. WORKERS - 1) { ends = ends + finished[i] }
    for (i : 0 .. WORKERS - 1) { starts = starts + started[i] }
#endif
#ifdef WITHOUT_STOP_FENCE
    closing = true; /* S1 becomes visible after S3's reads */
#endif
    if
    :: starts == ends -> goto done
    :: else -> skip
    fi;
    atomic { token -> token = false }
    goto again;
done:
    left = true;
    assert(queue == 0)
}

init {
    byte i;
    atomic {
        started[0] = 2; /* two tasks wait */
        queue = 2;
        for (i : 0 .. WORKERS - 1) { run worker(i) }
        run stop()
    }
    timeout -> assert(left)
}
