// SPDX-License-Identifier: MIT
// The Tokio contender: its multi-threaded scheduler with N workers.
#[path = "program.rs"]
mod program;
#[path = "../batch/tokio.rs"]
mod batch;
#[path = "../fib/tokio.rs"]
mod fib;
#[path = "../idle/tokio.rs"]
mod idle;
#[path = "../mutex/tokio.rs"]
mod mutex;
#[path = "../parked/tokio.rs"]
mod parked;
#[path = "../ping_pong/tokio.rs"]
mod ping_pong;
#[path = "../skynet/tokio.rs"]
mod skynet;
#[path = "../sleep/tokio.rs"]
mod sleep;
#[path = "../spawn_join/tokio.rs"]
mod spawn_join;
#[path = "../spawn_one/tokio.rs"]
mod spawn_one;
#[path = "../yield/tokio.rs"]
mod yield_now;

use program::Program;
use std::sync::Arc;

fn main() {
    let p = Arc::new(Program::from_arguments());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(p.workers).enable_time().build().expect("a runtime");
    if p.workload == "idle" {
        return idle::run(&p, &runtime);
    }
    // The body is a task as all others, not the thread that waits for it.
    let body = runtime.spawn(async move {
        match p.workload.as_str() {
            "batch" => batch::run(p).await,
            "fib" => fib::run(p).await,
            "mutex" => mutex::run(p).await,
            "parked" => parked::run(p).await,
            "ping_pong" => ping_pong::run(p).await,
            "skynet" => skynet::run(p).await,
            "sleep" => sleep::run(p).await,
            "spawn_join" => spawn_join::run(p).await,
            "spawn_one" => spawn_one::run(p).await,
            "yield" => yield_now::run(p).await,
            _ => p.unknown(),
        }
    });
    runtime.block_on(body).expect("no panic");
}
