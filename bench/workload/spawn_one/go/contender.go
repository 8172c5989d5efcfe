// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload spawn_one.
package contender

import (
	"time"
	"weft/workload/run/go/program"
)

// Run measures.
func Run(p *program.Program) {
	tasks := p.Size("tasks")
	done := make(chan int, 1)
	sum := 0
	begin := time.Now()
	for i := 0; i < tasks; i++ {
		go func(i int) { done <- i }(i)
		sum += <-done
	}
	ns := program.Since(begin)
	p.Require(sum == tasks*(tasks-1)/2, "the sum is wrong")
	p.Figure("spawn and wait", "ns", ns/float64(tasks))
}
