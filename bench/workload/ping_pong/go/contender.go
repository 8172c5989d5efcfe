// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload ping_pong.
package contender

import (
	"sync"
	"time"
	"weft/workload/run/go/program"
)

// Go has no semaphore in its library: what is usual there is made of its mutex and its condition.
type semaphore struct {
	lock    sync.Mutex
	changed *sync.Cond
	raised  bool
}

func newSemaphore() *semaphore {
	s := &semaphore{}
	s.changed = sync.NewCond(&s.lock)
	return s
}

func (s *semaphore) release() {
	s.lock.Lock()
	s.raised = true
	s.lock.Unlock()
	s.changed.Signal()
}

func (s *semaphore) acquire() {
	s.lock.Lock()
	for !s.raised {
		s.changed.Wait()
	}
	s.raised = false
	s.lock.Unlock()
}

func bySemaphores(rounds int) int {
	there, back := newSemaphore(), newSemaphore()
	ball := 0
	go func() {
		for i := 0; i < rounds; i++ {
			there.acquire()
			ball++
			back.release()
		}
	}()
	for i := 0; i < rounds; i++ {
		there.release()
		back.acquire()
	}
	return ball
}

func byChannels(rounds int) int {
	there, back := make(chan int, 1), make(chan int, 1)
	go func() {
		for i := 0; i < rounds; i++ {
			back <- <-there + 1
		}
	}()
	ball := 0
	for i := 0; i < rounds; i++ {
		there <- ball
		ball = <-back
	}
	return ball
}

// Run measures.
func Run(p *program.Program) {
	rounds := p.Size("rounds")
	begin := time.Now()
	ball := bySemaphores(rounds)
	ns := program.Since(begin)
	p.Require(ball == rounds, "the semaphores lost a round")
	p.Figure("semaphore", "ns", ns/float64(rounds))
	begin = time.Now()
	ball = byChannels(rounds)
	ns = program.Since(begin)
	p.Require(ball == rounds, "the channels lost a round")
	p.Figure("channel", "ns", ns/float64(rounds))
}
