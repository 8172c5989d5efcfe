// SPDX-License-Identifier: MIT

// Package program is what the contenders in Go share: the command line, the lines that they print, and the check (see program.hpp).
package program

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Program is one call of a contender.
type Program struct {
	Workload string
	Workers  int
	sizes    map[string]int
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: PROGRAM WORKLOAD --workers N --NAME NUMBER ...")
	os.Exit(2)
}

// FromArguments reads the command line.
func FromArguments() *Program {
	if len(os.Args)%2 != 0 {
		usage()
	}
	p := &Program{Workload: os.Args[1], Workers: 1, sizes: map[string]int{}}
	for i := 2; i < len(os.Args); i += 2 {
		number, err := strconv.Atoi(os.Args[i+1])
		if err != nil || !strings.HasPrefix(os.Args[i], "--") {
			usage()
		}
		p.sizes[os.Args[i][2:]] = number
	}
	if n, there := p.sizes["workers"]; there {
		p.Workers = n
	}
	return p
}

// Size is what the driver asks for.
func (p *Program) Size(name string) int {
	n, there := p.sizes[name]
	if !there {
		fmt.Fprintf(os.Stderr, "--%s is missing\n", name)
		os.Exit(2)
	}
	return n
}

// Figure prints one.
func (p *Program) Figure(name, unit string, value float64) {
	fmt.Printf("{\"figure\":\"%s\",\"unit\":\"%s\",\"value\":%g}\n", name, unit, value)
}

// Require ends the program when the answer is wrong.
func (p *Program) Require(held bool, what string) {
	if !held {
		fmt.Fprintln(os.Stderr, what)
		os.Exit(3)
	}
}

// Since is the nanoseconds from begin to now.
func Since(begin time.Time) float64 { return float64(time.Since(begin).Nanoseconds()) }

// CPU is the user and system time of this process so far, in nanoseconds.
func CPU() float64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return float64(used.Utime.Nano() + used.Stime.Nano())
}

// Resident is the bytes of this process in memory now.
func Resident() float64 {
	text, _ := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return float64(pages * os.Getpagesize())
}
