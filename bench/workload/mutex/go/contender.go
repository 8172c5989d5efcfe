// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload mutex.
package contender

import (
	"fmt"
	"sync"
	"time"
	"weft/workload/run/go/program"
)

// Run measures.
func Run(p *program.Program) {
	locks := p.Size("locks")
	for _, tasks := range []int{4, 8} {
		each := locks / tasks
		counted := 0
		var lock sync.Mutex
		var all sync.WaitGroup
		begin := time.Now()
		for t := 0; t < tasks; t++ {
			all.Add(1)
			go func() {
				for i := 0; i < each; i++ {
					lock.Lock()
					counted++
					lock.Unlock()
				}
				all.Done()
			}()
		}
		all.Wait()
		ns := program.Since(begin)
		p.Require(counted == each*tasks, "a lock let two in")
		p.Figure(fmt.Sprintf("%d tasks", tasks), "ns", ns/float64(each*tasks))
	}
}
