/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/scheduler/blocking.cpp on top of idle.hpp: workers are rights to run, carriers are kernel threads, and a task in
 * blocking() keeps its carrier while its worker goes to a spare or on the idle list without one. Two workers, two or three carriers
 * (there is a spare or there is none, both are tried), one task in the queue and one that a producer brings, and a wake that nobody
 * ordered (a deadline, a left-over token).
 * A task may wait inside its section until all others have run.
 *
 * Claims: no task is left in a queue while a carrier could run it, a worker is never held by two carriers, and all tasks end.
 *
 * -DWITHOUT_W2 looks at the queue before the worker is on the list (park and enter_blocking): must fail.
 * -DWITHOUT_RELOOK puts a worker for which no spare was to be had back on the list without the look W3: must fail.
 * -DWITHOUT_I3 lets the claimer ask for the worker's carrier after it has left the lock: must fail.
 */
#define NONE 9
#define TASKS 2

byte queue = 1, back = 0; /* tasks that have not run yet; tasks that come back from a section */
byte ran = 0;
byte parked = 0, searching = 0;
bool listed[2], is_searching[2];
byte on[2];       /* the worker's carrier */
bool token[3];    /* the carriers' parkers */
bool spare[3];
byte assigned[3];
bool section_left = true; /* one task runs a blocking section; it suffices to break every mutation */

/* Under the idle list's lock. */
inline claim(condition_0, condition_1) {
    atomic {
        if
        :: listed[0] && (condition_0) -> victim = 0
        :: listed[1] && (condition_1) -> victim = 1
        :: else -> victim = NONE
        fi;
        victim_on = NONE;
        if
        :: victim != NONE ->
            listed[victim] = false; parked--; searching++; is_searching[victim] = true;
            victim_on = on[victim] /* I3 */
        :: else -> skip
        fi
    }
}

/* Under the carriers' lock. */
inline give_to_spare(which) {
    atomic {
        gave = true;
        if
        :: spare[0] -> spare[0] = false; assigned[0] = which
        :: spare[1] -> spare[1] = false; assigned[1] = which
        :: spare[2] -> spare[2] = false; assigned[2] = which
        :: else -> gave = false
        fi
    }
}

inline wake() {
#ifdef WITHOUT_I3
    if :: victim != NONE -> victim_on = on[victim] :: else -> skip fi;
#endif
    if
    :: atomic { victim == NONE -> skip }
    :: atomic { victim != NONE && victim_on != NONE -> token[victim_on] = true }
    :: atomic { victim != NONE && victim_on == NONE -> skip }
        give_to_spare(victim);
        if
        :: gave -> skip
        :: else ->
            atomic { listed[victim] = true; parked++; searching--; is_searching[victim] = false }
#ifndef WITHOUT_RELOOK
            if
            :: queue + back > 0 ->
                claim(on[0] != NONE, on[1] != NONE);
                atomic { if :: victim != NONE -> token[victim_on] = true :: else -> skip fi }
            :: else -> skip
            fi
#endif
        fi
    fi;
    atomic { victim = NONE; victim_on = NONE; gave = false } /* locals that are done with go back to one value: fewer states */
}

inline notify() {
    if
    :: atomic { parked > 0 && searching == 0 -> skip } /* P3 */
        claim(searching == 0, searching == 0); /* looks again under the lock */
        wake()
    :: atomic { else -> skip }
    fi
}

proctype producer() {
    byte victim = NONE, victim_on = NONE;
    bool gave;
    queue++;
    notify()
}

inline take(which) {
    assert(on[which] == NONE && !listed[which]);
    on[which] = me;
    held = which
}

proctype carrier(byte me) {
    byte held = NONE, victim = NONE, victim_on = NONE, seen_queue, given, got;
    bool gave, last, waits;
again:
    if
    :: held == NONE ->
        atomic { if :: assigned[me] == NONE -> spare[me] = true :: else -> skip fi }
end_spare:
        atomic { assigned[me] != NONE -> take(assigned[me]); assigned[me] = NONE }
    :: else -> skip
    fi;
    atomic { /* the last look of a search; it may come too early */
        got = 0;
        if
        :: queue > 0 -> queue--; got = 1; goto runs
        :: back > 0 -> back--; got = 2; goto runs
        :: else -> skip
        fi
    }
#ifdef WITHOUT_W2
    seen_queue = queue + back;
#endif
    atomic { /* W1 */
        listed[held] = true; parked++;
        if :: is_searching[held] -> is_searching[held] = false; searching-- :: else -> skip fi
    }
#ifndef WITHOUT_W2
    seen_queue = queue + back; /* the fence W2, then W3 */
#endif
    atomic {
        if
        :: seen_queue > 0 && listed[held] ->
            listed[held] = false; parked--; searching++; is_searching[held] = true; seen_queue = 0; goto again
        :: else -> seen_queue = 0 /* or claimed: the token is under way */
        fi
    }
end_sleep:
    atomic {
        token[me] -> token[me] = false;
        if /* withdraw, in case nobody claimed us */
        :: listed[held] -> listed[held] = false; parked--; searching++; is_searching[held] = true
        :: else -> skip
        fi
    }
    goto again;

runs:
    if
    :: is_searching[held] -> /* end_search */
        atomic { is_searching[held] = false; searching--; last = (searching == 0) }
        if
        :: atomic { last && queue + back > 0 -> last = false } notify()
        :: atomic { else -> last = false }
        fi
    :: else -> skip
    fi;
    atomic {
        if
        :: got == 1 && section_left -> section_left = false; got = 0; goto enter_blocking
        :: true -> got = 0; ran++; goto again
        fi
    }

enter_blocking:
    atomic { given = held; held = NONE; on[given] = NONE }
    if
    :: queue + back > 0 ->
        give_to_spare(given);
        atomic {
            if
            :: gave -> gave = false
            :: else -> take(given) /* keeps it, and blocks it */
            fi
        }
    :: else ->
#ifdef WITHOUT_W2
        seen_queue = queue + back;
#endif
        atomic { listed[given] = true; parked++ } /* W1 */
#ifndef WITHOUT_W2
        seen_queue = queue + back; /* the fence W2, then W3 */
#endif
        if
        :: atomic { seen_queue > 0 -> seen_queue = 0 } claim(true, true); wake()
        :: else -> skip
        fi
    fi;
    /* f, which may wait for all others */
    atomic { given = 0; waits = (held == NONE) }
    if
    :: waits -> ran == TASKS - 1
    :: true -> skip
    fi;
    /* leave_blocking */
    atomic {
        waits = false;
        if
        :: held == NONE && listed[0] && on[0] == NONE -> listed[0] = false; parked--; take(0)
        :: held == NONE && listed[1] && on[1] == NONE -> listed[1] = false; parked--; take(1)
        :: else -> skip
        fi;
        if
        :: held != NONE -> ran++; goto again
        :: else -> skip
        fi
    }
    back++; /* into the injector, on the carrier's own stack */
    notify();
    goto again
}

init {
    atomic {
        on[0] = NONE; on[1] = NONE;
        assigned[0] = 0; assigned[1] = 1; assigned[2] = NONE;
        run carrier(0);
        run carrier(1);
        if
        :: run carrier(2)
        :: true -> skip
        fi;
        run producer()
    }
    token[0] = true; /* a wake that nobody ordered */
    timeout -> /* nothing can move any more */
        assert(queue == 0 && back == 0);
        assert(ran == TASKS);
        assert(searching == 0)
}
