// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload fib.
package contender

import (
	"time"
	"weft/workload/run/go/program"
)

func forked(n int) int {
	if n < 2 {
		return n
	}
	a := make(chan int, 1)
	go func() { a <- forked(n - 1) }()
	b := forked(n - 2)
	return <-a + b
}

func rightAnswer(n int) int {
	a, b := 0, 1
	for i := 0; i < n; i++ {
		a, b = b, a+b
	}
	return a
}

// Run measures.
func Run(p *program.Program) {
	n := p.Size("n")
	p.Require(forked(n/2) == rightAnswer(n/2), "fib is wrong")
	begin := time.Now()
	answer := forked(n)
	ns := program.Since(begin)
	p.Require(answer == rightAnswer(n), "fib is wrong")
	p.Figure("call", "ns", ns/float64(2*rightAnswer(n+1)-1))
}
