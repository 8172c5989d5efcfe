// SPDX-License-Identifier: MIT

// The Go contender: GOMAXPROCS is the number of workers.
package main

import (
	"fmt"
	"os"
	"runtime"

	batch "weft/workload/batch/go"
	fib "weft/workload/fib/go"
	idle "weft/workload/idle/go"
	matmul "weft/workload/matmul/go"
	mutex "weft/workload/mutex/go"
	nqueens "weft/workload/nqueens/go"
	parked "weft/workload/parked/go"
	pingpong "weft/workload/ping_pong/go"
	"weft/workload/run/go/program"
	skynet "weft/workload/skynet/go"
	sleep "weft/workload/sleep/go"
	spawnjoin "weft/workload/spawn_join/go"
	spawnone "weft/workload/spawn_one/go"
	yield "weft/workload/yield/go"
)

func main() {
	p := program.FromArguments()
	runtime.GOMAXPROCS(p.Workers)
	bodies := map[string]func(*program.Program){
		"batch":      batch.Run,
		"fib":        fib.Run,
		"idle":       idle.Run,
		"matmul":     matmul.Run,
		"mutex":      mutex.Run,
		"nqueens":    nqueens.Run,
		"parked":     parked.Run,
		"ping_pong":  pingpong.Run,
		"skynet":     skynet.Run,
		"sleep":      sleep.Run,
		"spawn_join": spawnjoin.Run,
		"spawn_one":  spawnone.Run,
		"yield":      yield.Run,
	}
	run, there := bodies[p.Workload]
	if !there {
		fmt.Fprintf(os.Stderr, "this contender does not do %s\n", p.Workload)
		os.Exit(77)
	}
	run(p)
}
