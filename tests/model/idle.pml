/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/scheduler/idle.hpp: producers, workers that search and park, and one timed-out or poked wake.
 * Claim: when nothing can move any more, no queue holds a task (no lost wake-up), also where each task keeps its worker until all
 * have run (so no worker sleeps beside a full queue), and the counts fit the list.
 *
 * The machine's store buffers are modelled where the code stands a fence against them: built with -DWITHOUT_P2 a producer
 * reads the word before its push is visible, with -DWITHOUT_W2 a worker reads the queue before its own parking is. Both must
 * then fail, so the model is able to see the fault. So must -DWITHOUT_LAST_FENCE, where the last searcher reads the queue before it is
 * seen to have stopped, and -DWITHOUT_CHAIN, which drops the rule that the last searcher hands on.
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#define PRODUCERS 2
#define TASKS 1 /* by each producer */

byte queue = 0, ran = 0;
byte parked = 0, searching = 0;
bool listed[WORKERS], is_searching[WORKERS];
byte token[WORKERS];

/* claim_for_work(), from the recheck under the lock on */
inline claim() {
    atomic {
        if
        :: searching == 0 && listed[0] -> victim = 0
        :: searching == 0 && listed[1] -> victim = 1
        :: else -> victim = WORKERS
        fi;
        if
        :: victim < WORKERS ->
            listed[victim] = false; parked--; searching++; is_searching[victim] = true
        :: else -> skip
        fi
    }
    if
    :: victim < WORKERS -> token[victim] = 1
    :: else -> skip
    fi
}

inline notify() {
    atomic { seen_parked = parked; seen_searching = searching }
    if
    :: seen_parked > 0 && seen_searching == 0 -> claim()
    :: else -> skip
    fi
}

active [PRODUCERS] proctype producer() {
    byte i, victim, seen_parked, seen_searching;
    for (i : 1 .. TASKS) {
#ifdef WITHOUT_P2
        atomic { seen_parked = parked; seen_searching = searching } /* P3 before P1 */
        queue++;                                                    /* P1 */
        if
        :: seen_parked > 0 && seen_searching == 0 -> claim()
        :: else -> skip
        fi
#else
        queue++;  /* P1, then the fence P2 */
        notify()  /* P3 */
#endif
    }
}

proctype worker(byte me) {
    byte victim, seen_parked, seen_searching, seen_queue;
    bool got, last;
again:
    got = false;
    atomic { if :: queue > 0 -> queue--; got = true :: else -> skip fi }
    if
    :: !got && !is_searching[me] && 2 * searching < WORKERS ->
        if
        :: true -> is_searching[me] = true; searching++ /* try_begin_search; counted in one step below */
        :: true -> skip
        fi
    :: else -> skip
    fi;
    if
    :: !got && is_searching[me] -> /* one look while searching, it may come too early */
        atomic { if :: queue > 0 -> queue--; got = true :: else -> skip fi }
    :: else -> skip
    fi;
    if
    :: got ->
        if
        :: is_searching[me] -> /* end_search */
#ifdef WITHOUT_LAST_FENCE
            seen_queue = queue;
#endif
            atomic { is_searching[me] = false; searching--; last = (searching == 0) }
#ifndef WITHOUT_LAST_FENCE
            seen_queue = queue; /* after a fence */
#endif
#ifndef WITHOUT_CHAIN
            if
            :: last && seen_queue > 0 -> notify()
            :: else -> skip
            fi
#endif
        :: else -> skip
        fi;
        ran++;
        ran == PRODUCERS * TASKS; /* a task that waits for all the others without suspending: each needs a worker of its own */
        goto again
    :: else -> skip
    fi;
#ifdef WITHOUT_W2
    seen_queue = queue; /* W3 before W1 */
#endif
    atomic { /* W1 */
        listed[me] = true; parked++;
        if :: is_searching[me] -> is_searching[me] = false; searching-- :: else -> skip fi
    }
#ifndef WITHOUT_W2
    seen_queue = queue; /* the fence W2, then W3 */
#endif
    if
    :: seen_queue > 0 ->
        atomic {
            if
            :: listed[me] -> listed[me] = false; parked--; searching++; is_searching[me] = true; goto again
            :: else -> skip /* claimed: the token is under way */
            fi
        }
    :: else -> skip
    fi;
end_sleep:
    atomic { token[me] == 1 -> token[me] = 0 }
    atomic { /* withdraw, in case the token was a poke */
        if
        :: listed[me] -> listed[me] = false; parked--; searching++; is_searching[me] = true
        :: else -> skip
        fi
    }
    goto again
}

/* A deadline or the timekeeper's poke: wakes a worker that nobody claimed. */
active proctype poke() {
    if
    :: token[0] = 1
    :: token[1] = 1
    :: skip
    fi
}

init {
    byte i;
    atomic { for (i : 0 .. WORKERS - 1) { run worker(i) } }
    timeout -> /* nothing else can move */
        assert(queue == 0);
        assert(ran == PRODUCERS * TASKS);
        assert(parked == WORKERS && searching == 0)
}
