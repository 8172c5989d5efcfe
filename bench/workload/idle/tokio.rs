// SPDX-License-Identifier: MIT
use crate::program::{cpu_ns, Program};
use std::time::Duration;

pub fn run(p: &Program, runtime: &tokio::runtime::Runtime) {
    let sum = runtime.block_on(async { tokio::spawn(async { 1 }).await.unwrap() + tokio::spawn(async { 2 }).await.unwrap() });
    p.require(sum == 3, "a task did not run");
    let before = cpu_ns();
    std::thread::sleep(Duration::from_millis(p.size("ms")));
    p.figure("CPU", "ms", (cpu_ns() - before) / 1e6);
}
