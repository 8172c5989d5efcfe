/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/sync/mutex.cpp: three lockers, one of which may give up (a timed try), on a word of locked, queued and woken and a list.
 * The section is a lock of its own; the race of a waiter is its `ended`.
 *
 * Claims: at most one holds the mutex, and at the end nobody sleeps: all have had it or have given up, and the mutex is free.
 *
 * -DQUEUE_UNLOCKED marks the word before the section, so that an unlock between looks into an empty list and takes the mark back.
 * -DKEEP_WOKEN lets a waiter that was overtaken go back to sleep without giving the woken bit back. -DLOOK_FIRST lets a locker decide by
 * what it saw before the section. -DFREE_AND_GRANT hands over without keeping the mutex locked. -DGIVE_UP_WOKEN lets a waiter whose time
 * is over go away though it was woken. All must fail.
 */
#define LOCKERS 3
#define PATIENCE 1

bool section = false;
bool locked = false, queued = false, woken = false;
byte line[LOCKERS], length = 0;   /* the list */
bool starving[LOCKERS], granted[LOCKERS], awake[LOCKERS], ended[LOCKERS];
byte inside = 0, finished = 0;

inline enter_section() { atomic { !section -> section = true } }
inline leave_section() { section = false }

inline remove_at(at) {
    length--;
    for (k : at .. LOCKERS - 2) { line[k] = line[k + 1] }
}

/* In the section: takes the first that still waits out of the list. */
inline take_next() {
    atomic {
        next = LOCKERS;
        do
        :: length == 0 -> break
        :: else ->
            next = line[0];
            remove_at(0);
            if
            :: ended[next] -> next = LOCKERS
            :: else -> ended[next] = true; granted[next] = starving[next]; break
            fi
        od
    }
}

inline unlock() {
    if
    :: atomic { locked && !queued -> locked = false } /* the fast path, and with woken set */
    :: atomic { locked && queued && woken -> locked = false }
    :: locked && queued && !woken ->
        enter_section();
        take_next();
        atomic {
            if
            :: next < LOCKERS && granted[next] ->
#ifdef FREE_AND_GRANT
                locked = false;
#endif
                skip
            :: else -> locked = false; woken = (next < LOCKERS)
            fi;
            queued = (length > 0)
        }
        leave_section();
        if
        :: next < LOCKERS -> awake[next] = true
        :: else -> skip
        fi
    fi
}

proctype locker(byte me; bool timed) {
    byte overtaken = 0, next, k, at;
    bool was_woken = false, mine, seen;
    if
    :: atomic { !locked -> locked = true } -> goto have /* whatever else is set; a spinner, too */
    :: true -> skip
    fi;
slow:
    ended[me] = false; granted[me] = false; awake[me] = false;
    starving[me] = (overtaken >= PATIENCE);
#ifdef QUEUE_UNLOCKED
    atomic {
        mine = !locked;
        if :: mine -> locked = true :: else -> queued = true fi;
        if :: was_woken -> woken = false :: else -> skip fi
    }
    enter_section();
#else
    seen = locked;
    enter_section();
    atomic {
#ifdef LOOK_FIRST
        mine = !seen && !locked;
#else
        mine = !locked;
#endif
        if
        :: mine -> locked = true
        :: else -> queued = true
        fi;
        if
#ifdef KEEP_WOKEN
        :: was_woken && mine -> woken = false
#else
        :: was_woken -> woken = false
#endif
        :: else -> skip
        fi
    }
#endif
    atomic {
        if
        :: mine -> skip
        :: else -> /* at the front, if it was overtaken */
            if
            :: was_woken ->
                for (k : 1 .. LOCKERS - 1) { line[LOCKERS - k] = line[LOCKERS - k - 1] }
                line[0] = me
            :: else -> line[length] = me
            fi;
            length++
        fi
    }
    leave_section();
    if
    :: mine -> goto have
    :: else -> skip
    fi;
    if
    :: awake[me] -> skip
    :: timed -> /* the deadline */
        atomic { mine = !ended[me]; ended[me] = true };
        if
        :: mine ->
            enter_section();
            atomic {
                at = 0;
                do
                :: at < length && line[at] != me -> at++
                :: else -> break
                od;
                if
                :: at < length -> remove_at(at)
                :: else -> skip
                fi
            }
            leave_section();
            goto out
        :: else -> awake[me]
        fi
    fi;
    if
    :: granted[me] -> goto have
#ifdef GIVE_UP_WOKEN
    :: timed && !granted[me] -> goto out
#endif
    :: else -> was_woken = true; overtaken++; goto slow
    fi;
have:
    inside++;
    assert(inside == 1);
    inside--;
    unlock();
out:
    finished++
}

init {
    atomic {
        run locker(0, false);
        run locker(1, false);
        run locker(2, true)
    }
    timeout ->
        assert(finished == LOCKERS);
        assert(!locked && length == 0)
}
