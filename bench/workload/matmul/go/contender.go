// SPDX-License-Identifier: MIT

// Package contender is Go's part in the workload matmul.
package contender

import (
	"sync"
	"time"
	"weft/workload/run/go/program"
)

const tile = 32

func work(n int, a, b, c []float64, tileRow, tileColumn int) {
	row, column := tileRow*tile, tileColumn*tile
	for i := row; i < row+tile; i++ {
		into := c[i*n+column : i*n+column+tile]
		for k := 0; k < n; k++ {
			factor := a[i*n+k]
			from := b[k*n+column : k*n+column+tile]
			for j := range into {
				into[j] += factor * from[j]
			}
		}
	}
}

func times(n int, m, v []float64) []float64 {
	into := make([]float64, n)
	for i := range into {
		for j := range v {
			into[i] += m[i*n+j] * v[j]
		}
	}
	return into
}

// Run measures.
func Run(p *program.Program) {
	n := p.Size("n")
	a, b, c, x := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n), make([]float64, n)
	for i := range a {
		a[i], b[i] = float64(i*7%13), float64(i*5%11)
	}
	for i := range x {
		x[i] = float64(i%3 + 1)
	}
	tiles := n / tile
	var all sync.WaitGroup
	all.Add(tiles * tiles)
	begin := time.Now()
	for i := 0; i < tiles*tiles; i++ {
		go func(i int) {
			work(n, a, b, c, i/tiles, i%tiles)
			all.Done()
		}(i)
	}
	all.Wait()
	ns := program.Since(begin)
	left, right := times(n, c, x), times(n, a, times(n, b, x))
	for i := range left {
		p.Require(left[i] == right[i], "the product is wrong")
	}
	p.Figure("whole", "ms", ns/1e6)
}
