/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/sync/semaphore.cpp: three acquirers, two of which may give up (a deadline, or a stop), and two releases of one unit, on a
 * word of counter and queued and a list. The section is a lock of its own; the race of a waiter is its `ended`. The latch and the mutex
 * have the same rule for what was seen before a section.
 *
 * Claims: no unit is lost or made, and at the end nobody sleeps beside one; queued is set while somebody is in line, and only then.
 *
 * -DSTALE_LOOK lets a release that found nobody in the section go on with what it saw before: another may be queued by then. -DQUEUE_UNLOCKED
 * marks the word before the section. -DKEEP_MARK lets the last one who gives up leave the mark. -DSERVE_ENDED gives a unit to one who has
 * given up. All must fail.
 */
#define ACQUIRERS 3
#define RELEASES 2

bool section = false;
bool queued = false;              /* the word */
byte count = 0;
byte line[ACQUIRERS], length = 0; /* the list */
bool awake[ACQUIRERS], ended[ACQUIRERS];
byte acquired = 0;

inline enter_section() { atomic { !section -> section = true } }
inline leave_section() { section = false }

inline remove_at(at) {
    length--;
    for (k : at .. ACQUIRERS - 2) { line[k] = line[k + 1] }
}

proctype acquirer(byte me; bool timed) {
    byte k, at;
    bool ours;
    if
    :: atomic { count > 0 -> count-- } -> goto have /* try_acquire */
    :: true -> skip
    fi;
#ifdef QUEUE_UNLOCKED
    atomic { ours = count > 0; if :: ours -> count-- :: else -> queued = true fi }
    enter_section();
#else
    enter_section();
    atomic { ours = count > 0; if :: ours -> count-- :: else -> queued = true fi }
#endif
    atomic {
        if
        :: ours -> skip
        :: else -> line[length] = me; length++
        fi
    }
    leave_section();
    if
    :: ours -> goto have
    :: else -> skip
    fi;
end_asleep: /* for ever, if nobody releases */
    if
    :: awake[me] -> goto have
    :: timed ->
        atomic { ours = ended[me]; ended[me] = true };
        if
        :: ours -> awake[me]; goto have /* a release came first: the unit is ours */
        :: else -> skip
        fi;
        enter_section();
        atomic {
            at = 0;
            do
            :: at < length && line[at] != me -> at++
            :: else -> break
            od;
            if
            :: at < length ->
                remove_at(at);
                if
#ifndef KEEP_MARK
                :: length == 0 -> queued = false; count = 0
#endif
                :: else -> skip
                fi
            :: else -> skip
            fi
        }
        leave_section();
        goto out
    fi;
have:
    acquired++;
out:
    skip
}

proctype releaser() {
    byte k, next, seen;
    bool saw_queued, done;
    atomic { saw_queued = queued; seen = count }
    do
    :: saw_queued ->
        enter_section();
        if
        :: queued ->
            atomic { /* the first in line whose race goes on */
                next = ACQUIRERS;
                do
                :: length == 0 -> break
                :: else ->
                    next = line[0];
                    remove_at(0);
                    if
#ifndef SERVE_ENDED
                    :: ended[next] -> next = ACQUIRERS
#endif
                    :: else -> ended[next] = true; break
                    fi
                od
            }
            atomic {
                count = (next == ACQUIRERS -> 1 : 0);
                queued = length > 0
            }
            leave_section();
            if
            :: next < ACQUIRERS -> awake[next] = true
            :: else -> skip
            fi;
            break
        :: else ->
#ifndef STALE_LOOK
            atomic { saw_queued = queued; seen = count }
#endif
            leave_section();
        fi;
        /* the compare-and-swap, with queued as it was seen */
        atomic {
            done = (queued == saw_queued && count == seen);
            if :: done -> count++ :: else -> saw_queued = queued; seen = count fi
        }
        if :: done -> break :: else -> skip fi
    :: !saw_queued ->
        atomic {
            done = (!queued && count == seen);
            if :: done -> count++ :: else -> saw_queued = queued; seen = count fi
        }
        if :: done -> break :: else -> skip fi
    od
}

init {
    atomic {
        run acquirer(0, false);
        run acquirer(1, true);
        run acquirer(2, true);
        run releaser();
        run releaser()
    }
    timeout ->
        assert(acquired + count == RELEASES);
        assert(length == 0 || count == 0);
        assert(queued == (length > 0))
}
