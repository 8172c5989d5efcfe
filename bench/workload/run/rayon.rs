// SPDX-License-Identifier: MIT
// The Rayon contender: a pool of N workers, in which the body runs.
#[path = "program.rs"]
mod program;
#[path = "../batch/rayon.rs"]
mod batch;
#[path = "../fib/rayon.rs"]
mod fib;
#[path = "../idle/rayon.rs"]
mod idle;
#[path = "../matmul/rayon.rs"]
mod matmul;
#[path = "../nqueens/rayon.rs"]
mod nqueens;
#[path = "../skynet/rayon.rs"]
mod skynet;
#[path = "../spawn_join/rayon.rs"]
mod spawn_join;
#[path = "../spawn_one/rayon.rs"]
mod spawn_one;

use program::Program;

fn main() {
    let p = Program::from_arguments();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(p.workers).build().expect("a pool");
    if p.workload == "idle" {
        return idle::run(&p, &pool);
    }
    pool.install(|| match p.workload.as_str() {
        "batch" => batch::run(&p),
        "fib" => fib::run(&p),
        "matmul" => matmul::run(&p),
        "nqueens" => nqueens::run(&p),
        "skynet" => skynet::run(&p),
        "spawn_join" => spawn_join::run(&p),
        "spawn_one" => spawn_one::run(&p),
        _ => p.unknown(),
    });
}
