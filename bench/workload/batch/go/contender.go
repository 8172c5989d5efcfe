// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload batch.
package contender

import (
	"sync"
	"time"
	"weft/workload/run/go/program"
)

// Run measures.
func Run(p *program.Program) {
	batches, tasks := p.Size("batches"), p.Size("tasks")
	answers := make([]int, tasks)
	sum := 0
	begin := time.Now()
	for b := 0; b < batches; b++ {
		var group sync.WaitGroup
		group.Add(tasks)
		for i := 0; i < tasks; i++ {
			go func(i int) {
				answers[i] = i
				group.Done()
			}(i)
		}
		group.Wait()
		for i, a := range answers {
			sum += a
			answers[i] = 0
		}
	}
	ns := program.Since(begin)
	p.Require(sum == batches*(tasks*(tasks-1)/2), "the sum is wrong")
	p.Figure("task", "ns", ns/float64(batches*tasks))
}
