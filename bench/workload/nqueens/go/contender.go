// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload nqueens.
package contender

import (
	"sync"
	"time"
	"weft/workload/run/go/program"
)

type row struct{ all, columns, left, right uint32 }

func (r row) with(queen uint32) row {
	return row{r.all, r.columns | queen, (r.left | queen) << 1, (r.right | queen) >> 1}
}

func solutions(r row) int {
	if r.columns == r.all {
		return 1
	}
	var found [32]int
	var children sync.WaitGroup
	place := 0
	for free := r.all &^ (r.columns | r.left | r.right); free != 0; free &= free - 1 {
		children.Add(1)
		go func(place int, queen uint32) {
			found[place] = solutions(r.with(queen))
			children.Done()
		}(place, free&-free)
		place++
	}
	children.Wait()
	sum := 0
	for _, f := range found[:place] {
		sum += f
	}
	return sum
}

// Run measures.
func Run(p *program.Program) {
	n := p.Size("n")
	known := []int{1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596}
	begin := time.Now()
	answer := solutions(row{1<<n - 1, 0, 0, 0})
	ns := program.Since(begin)
	p.Require(answer == known[n], "the number of solutions is wrong")
	p.Figure("whole", "ms", ns/1e6)
}
