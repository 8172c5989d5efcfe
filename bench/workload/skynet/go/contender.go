// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload skynet.
package contender

import (
	"sync"
	"time"
	"weft/workload/run/go/program"
)

func byJoins(first, leaves int) int {
	if leaves == 1 {
		return first
	}
	part := leaves / 10
	var sums [10]int
	var children sync.WaitGroup
	children.Add(10)
	for i := 0; i < 10; i++ {
		go func(i int) {
			sums[i] = byJoins(first+i*part, part)
			children.Done()
		}(i)
	}
	children.Wait()
	sum := 0
	for _, s := range sums {
		sum += s
	}
	return sum
}

func byChannel(out chan<- int, first, leaves int) {
	if leaves == 1 {
		out <- first
		return
	}
	sums := make(chan int, 10)
	part := leaves / 10
	for i := 0; i < 10; i++ {
		go byChannel(sums, first+i*part, part)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-sums
	}
	out <- sum
}

// Run measures.
func Run(p *program.Program) {
	leaves := p.Size("leaves")
	begin := time.Now()
	answer := byJoins(0, leaves)
	ns := program.Since(begin)
	p.Require(answer == leaves*(leaves-1)/2, "the sum by joins is wrong")
	p.Figure("joins", "ms", ns/1e6)
	begin = time.Now()
	whole := make(chan int, 1)
	go byChannel(whole, 0, leaves)
	answer = <-whole
	ns = program.Since(begin)
	p.Require(answer == leaves*(leaves-1)/2, "the sum by channels is wrong")
	p.Figure("channels", "ms", ns/1e6)
}
