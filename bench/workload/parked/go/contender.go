// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload parked.
package contender

import (
	"sync"
	"sync/atomic"
	"time"
	"weft/workload/run/go/program"
)

// Run measures. A closed channel is what a gate for many is in Go.
func Run(p *program.Program) {
	tasks := p.Size("tasks")
	gate, arrived := make(chan struct{}), make(chan struct{})
	var begun, wentOn int64
	var all sync.WaitGroup
	all.Add(tasks)
	before := program.Resident()
	begin := time.Now()
	for i := 0; i < tasks; i++ {
		go func() {
			if atomic.AddInt64(&begun, 1) == int64(tasks) {
				close(arrived)
			}
			<-gate
			atomic.AddInt64(&wentOn, 1)
			all.Done()
		}()
	}
	<-arrived
	made := program.Since(begin)
	bytes := program.Resident() - before
	p.Require(atomic.LoadInt64(&wentOn) == 0, "a goroutine did not wait")
	begin = time.Now()
	close(gate)
	all.Wait()
	released := program.Since(begin)
	p.Require(atomic.LoadInt64(&wentOn) == int64(tasks), "a goroutine did not go on")
	p.Figure("memory", "bytes", bytes/float64(tasks))
	p.Figure("make", "ns", made/float64(tasks))
	p.Figure("release", "ns", released/float64(tasks))
}
