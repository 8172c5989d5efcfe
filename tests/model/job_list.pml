/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/scheduler/job_list.hpp: who asks for jobs, and who answers. One worker runs a task that forks again and again; two others
 * fall idle, steal what is ready, and park or fall idle again. The forker's store to the flag passes through a store buffer.
 * Claim: when all have come to rest, either the flag is up, so that the next fork answers, or there are as many ready tasks as idle
 * workers, and at least one.
 *
 * Each of these must fail:
 * -DWITHOUT_FENCE lets the second look at the idle workers pass the store that takes the flag down (J2).
 * -DWITHOUT_SECOND_LOOK leaves that look out (J3).
 * -DTHIEF_IS_SILENT lets a thief take a ready task without raising the flag.
 * -DASK_BEFORE_IDLE raises the flag before the idle word is changed (H2 before H1).
 */
bool hungry = true;    /* as others see it */
bool buffered = false; /* the forker's store of false that they do not see yet */
byte idle = 0, ready = 0;
byte at_rest = 0;
#define FORKS 4
#define WANTED (idle > 1 -> idle : 1)

inline raise() { /* H2: a load and a store, both seq_cst */
    if
    :: !hungry -> hungry = true
    :: else -> skip
    fi
}

proctype worker() {
    byte times = 0;
again:
#ifdef ASK_BEFORE_IDLE
    raise();
    idle++;
#else
    idle++; /* H1 */
    raise();
#endif
    if
    :: atomic { ready > 0 -> ready--; idle-- } /* H1: the deque's top, and no longer idle */
#ifndef THIEF_IS_SILENT
        raise();
#endif
        if
        :: times < 1 -> times++; goto again
        :: true -> skip
        fi
    :: true -> skip /* parks */
    fi;
    at_rest++
}

proctype forker() {
    byte forks = 0, wanted;
    bool seen;
    do
    :: forks < FORKS ->
        forks++;
        seen = (buffered -> false : hungry);
        if
        :: seen ->
            wanted = WANTED;
            do
            :: ready < wanted -> ready++ /* promotes its oldest job */
            :: else -> break
            od;
            buffered = true; /* J1 */
#ifndef WITHOUT_FENCE
            atomic { if :: buffered -> buffered = false; hungry = false :: else -> skip fi } /* J2 */
#endif
#ifndef WITHOUT_SECOND_LOOK
            wanted = WANTED; /* J3 */
            if
            :: ready < wanted -> atomic { buffered = false; hungry = true }
            :: else -> skip
            fi
#endif
        :: else -> skip
        fi
    :: true -> break /* the rest of the task forks no more; its jobs are its own */
    od;
    at_rest++
}

active proctype store_buffer() {
end:
    do
    :: atomic { buffered -> buffered = false; hungry = false }
    od
}

init {
    atomic { run worker(); run worker(); run forker() }
    (at_rest == 3 && !buffered);
    assert(hungry || ready >= WANTED)
}
