// SPDX-License-Identifier: MIT
use crate::program::{cpu_ns, Program};
use std::time::Duration;

pub fn run(p: &Program, pool: &rayon::ThreadPool) {
    p.require(pool.install(|| rayon::join(|| 1, || 2)) == (1, 2), "a task did not run");
    let before = cpu_ns();
    std::thread::sleep(Duration::from_millis(p.size("ms")));
    p.figure("CPU", "ms", (cpu_ns() - before) / 1e6);
}
