/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/scheduler/timers.hpp: who watches the clock. Two workers park, wake (by a deadline, a poke, a claim), run tasks that
 * are short or never end, and one of them may go on the idle list without a kernel thread; beside them somebody inserts two timers.
 * Claim: when nothing can move any more, timers are pending and a worker is parked, then somebody keeps the time: a worker that
 * sleeps no longer than until the earliest deadline. (When every worker runs a task that never ends, nobody can.)
 *
 * Each of these must fail:
 * -DWITHOUT_POKE inserts an earlier timer without waking the keeper.
 * -DWITHOUT_SUCCESSOR lets a worker that was woken begin a task without looking whether there is a keeper.
 * -DONLY_THE_KEEPER_LOOKS does so for workers that were woken without having kept the time (to become keeper, for instance).
 * -DROLE_BEFORE_LIST lets a worker ask for the role only before it is on the idle list.
 * -DWITHOUT_FENCE lets an inserter that found no keeper look for parked workers before its timer is visible.
 */
#define NONE 2
#define NEVER 9
bool in5, in3;                                   /* the heap: deadlines 5 and 3 */
#define EARLIEST (in3 -> 3 : (in5 -> 5 : NEVER))
byte keeper = NONE, keeper_deadline = NEVER;     /* under the timers' lock */
bool parked[2], token[2], asleep[2];
byte until[2];
byte tasks_left = 2;       /* that come from elsewhere */
bool deadline_left = true; /* one deadline passes; the others lie in the future */
bool section_left = true;  /* one worker gives its kernel thread away */

inline claim_any() {
    atomic {
        if
        :: parked[0] -> parked[0] = false; other = 0
        :: parked[1] -> parked[1] = false; other = 1
        :: else -> other = NONE
        fi
    }
    atomic {
        if :: other != NONE -> token[other] = true :: else -> skip fi;
        other = 0 /* locals that are done with go back to one value: fewer states */
    }
}

inline insert(which) {
#ifdef WITHOUT_FENCE
    seen_parked = parked[0] || parked[1];
#endif
    atomic { /* under the lock */
        which = true;
        found = (keeper != NONE);
#ifndef WITHOUT_POKE
        if
        :: found && EARLIEST < keeper_deadline -> keeper_deadline = EARLIEST; token[keeper] = true
        :: else -> skip
        fi
#endif
    }
#ifndef WITHOUT_FENCE
    seen_parked = parked[0] || parked[1];
#endif
    if
    :: atomic { !found && seen_parked -> found = false; seen_parked = false } claim_any() /* find_keeper */
    :: else -> found = false; seen_parked = false
    fi
}

proctype inserter() {
    bool found, seen_parked;
    byte other;
    insert(in5);
    insert(in3)
}

inline become_keeper() {
    atomic {
        if
        :: keeper == NONE || keeper == me -> keeper = me; keeper_deadline = EARLIEST; until[me] = EARLIEST
        :: else -> until[me] = NEVER
        fi;
        asleep[me] = true
    }
}

proctype worker(byte me) {
    byte other;
    bool kept_time = false, task;
again:
    if
    :: true ->
#ifdef ROLE_BEFORE_LIST
        become_keeper();
        parked[me] = true;
#else
        parked[me] = true; /* W1 */
        become_keeper();
#endif
    :: me == 1 && section_left -> /* enter_blocking: on the list, but nobody sleeps there; who claims it wakes a spare */
        atomic { section_left = false; parked[me] = true } /* W1, then the fence W2 */
        if
        :: EARLIEST != NEVER && keeper == NONE -> claim_any()
        :: else -> skip
        fi;
        atomic { until[me] = NEVER; asleep[me] = true }
    fi;
end_sleep:
    atomic {
        if
        :: token[me] -> token[me] = false
        :: deadline_left && until[me] != NEVER -> /* it has passed: fire_due */
            deadline_left = false;
            task = in3 || in5 && until[me] >= 5;
            in3 = false;
            in5 = (until[me] >= 5 -> false : in5)
        fi;
        asleep[me] = false;
        until[me] = 0
    }
    atomic { /* resign_keeper */
        if
        :: keeper == me -> keeper = NONE; keeper_deadline = NEVER; kept_time = true
        :: else -> skip
        fi
    }
    atomic {
        parked[me] = false; /* withdraw */
        if
        :: tasks_left > 0 -> tasks_left--; task = true
        :: true -> skip
        fi
    }
    if
    :: task ->
        task = false;
#ifndef WITHOUT_SUCCESSOR
        if
#ifdef ONLY_THE_KEEPER_LOOKS
        :: !kept_time -> skip
#endif
        :: keeper == NONE && EARLIEST != NEVER -> claim_any() /* find_keeper */
        :: else -> skip
        fi;
#endif
        kept_time = false;
        if
        :: goto again
        :: skip /* runs for ever */
        fi
    :: else -> goto again
    fi
}

/* Work from elsewhere claims a parked worker. */
proctype claimer() {
    byte other;
    claim_any()
}

init {
    atomic { run worker(0); run worker(1); run inserter(); run claimer() }
    timeout -> /* nothing can move any more */
        assert(!(EARLIEST != NEVER && (parked[0] || parked[1])) ||
               (keeper != NONE && asleep[keeper] && until[keeper] <= EARLIEST))
}
