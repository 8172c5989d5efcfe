// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload idle.
package contender

import (
	"time"
	"weft/workload/run/go/program"
)

// Run measures.
func Run(p *program.Program) {
	ran := make(chan int)
	go func() { ran <- 1 }()
	p.Require(<-ran == 1, "a goroutine did not run")
	before := program.CPU()
	time.Sleep(time.Duration(p.Size("ms")) * time.Millisecond)
	p.Figure("CPU", "ms", (program.CPU()-before)/1e6)
}
