// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload sleep.
package contender

import (
	"sort"
	"sync"
	"time"
	"weft/workload/run/go/program"
)

// Run measures.
func Run(p *program.Program) {
	sleepers := p.Size("sleepers")
	late := make([]float64, sleepers)
	used := program.CPU()
	var all sync.WaitGroup
	all.Add(sleepers)
	for i := 0; i < sleepers; i++ {
		go func(i int) {
			length := time.Duration(1+i*7919%1000) * time.Millisecond
			begin := time.Now()
			time.Sleep(length)
			late[i] = float64((time.Since(begin) - length).Nanoseconds())
			all.Done()
		}(i)
	}
	all.Wait()
	used = program.CPU() - used
	sort.Float64s(late)
	p.Require(late[0] >= 0, "a sleeper woke early")
	at := func(part float64) float64 { return late[int(part*float64(len(late)-1))] / 1e6 }
	p.Figure("late p50", "ms", at(0.5))
	p.Figure("late p99", "ms", at(0.99))
	p.Figure("late max", "ms", at(1))
	p.Figure("CPU", "ms", used/1e6)
}
