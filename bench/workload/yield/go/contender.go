// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload yield.
package contender

import (
	"runtime"
	"sync"
	"time"
	"weft/workload/run/go/program"
)

// Run measures.
func Run(p *program.Program) {
	tasks, yields := p.Size("tasks"), p.Size("yields")
	had := make([]int, tasks)
	var all sync.WaitGroup
	begin := time.Now()
	for t := 0; t < tasks; t++ {
		all.Add(1)
		go func(t int) {
			defer all.Done()
			mine := 0
			for i := 0; i < yields; i++ {
				runtime.Gosched()
				mine++
			}
			had[t] = mine
		}(t)
	}
	all.Wait()
	ns := program.Since(begin)
	for _, n := range had {
		p.Require(n == yields, "a goroutine had not all of its turns")
	}
	p.Figure("yield", "ns", ns/float64(tasks*yields))
}
