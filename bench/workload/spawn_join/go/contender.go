// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload spawn_join.
package contender

import (
	"sync"
	"time"
	"weft/workload/run/go/program"
)

func all(tasks int) int {
	answers := make([]int, tasks)
	var group sync.WaitGroup
	group.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func(i int) {
			answers[i] = i
			group.Done()
		}(i)
	}
	group.Wait()
	sum := 0
	for _, a := range answers {
		sum += a
	}
	return sum
}

// Run measures.
func Run(p *program.Program) {
	tasks := p.Size("tasks")
	for _, which := range []string{"cold", "warm"} {
		begin := time.Now()
		sum := all(tasks)
		ns := program.Since(begin)
		p.Require(sum == tasks*(tasks-1)/2, "the sum is wrong")
		p.Figure(which, "ns", ns/float64(tasks))
	}
}
