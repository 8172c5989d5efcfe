// SPDX-License-Identifier: MIT
// What the contenders in Rust share: the command line, the lines that they print, and the check (see program.hpp).
use std::collections::HashMap;
use std::process::exit;
use std::time::Instant;

pub struct Program {
    pub workload: String,
    pub workers: usize,
    sizes: HashMap<String, u64>,
}

#[allow(dead_code)]
impl Program {
    pub fn from_arguments() -> Program {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let usage = || -> ! {
            eprintln!("usage: PROGRAM WORKLOAD --workers N --NAME NUMBER ...");
            exit(2)
        };
        if words.len() % 2 == 0 {
            usage();
        }
        let mut program = Program { workload: words[0].clone(), workers: 1, sizes: HashMap::new() };
        for pair in words[1..].chunks(2) {
            match (pair[0].strip_prefix("--"), pair[1].parse::<u64>()) {
                (Some("workers"), Ok(n)) if n > 0 => program.workers = n as usize,
                (Some(name), Ok(n)) => {
                    program.sizes.insert(name.to_string(), n);
                }
                _ => usage(),
            }
        }
        program
    }

    pub fn size(&self, name: &str) -> u64 {
        match self.sizes.get(name) {
            Some(n) => *n,
            None => {
                eprintln!("--{} is missing", name);
                exit(2)
            }
        }
    }

    pub fn figure(&self, name: &str, unit: &str, value: f64) {
        println!("{{\"figure\":\"{}\",\"unit\":\"{}\",\"value\":{}}}", name, unit, value);
    }

    pub fn require(&self, held: bool, what: &str) {
        if !held {
            eprintln!("{}", what);
            exit(3)
        }
    }

    pub fn unknown(&self) -> ! {
        eprintln!("this contender does not do {}", self.workload);
        exit(77)
    }
}

#[allow(dead_code)]
pub fn ns_since(begin: Instant) -> f64 {
    begin.elapsed().as_nanos() as f64
}

extern "C" {
    fn clock() -> std::os::raw::c_long; // the C library's: CPU time of the process in microseconds
}

/// User and system time of this process so far.
#[allow(dead_code)]
pub fn cpu_ns() -> f64 {
    unsafe { clock() as f64 * 1e3 }
}

/// Bytes of this process in memory now.
#[allow(dead_code)]
pub fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0
}
