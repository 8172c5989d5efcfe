// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::time::Instant;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

const TILE: usize = 32;

struct Shared(*mut f64);
unsafe impl Sync for Shared {} // each tile of the result belongs to one task

fn work(n: usize, a: &[f64], b: &[f64], c: &Shared, tile_row: usize, tile_column: usize) {
    let (row, column) = (tile_row * TILE, tile_column * TILE);
    for i in row..row + TILE {
        let into = unsafe { std::slice::from_raw_parts_mut(c.0.add(i * n + column), TILE) };
        for k in 0..n {
            let factor = a[i * n + k];
            for (x, y) in into.iter_mut().zip(&b[k * n + column..k * n + column + TILE]) {
                *x += factor * y;
            }
        }
    }
}

fn times(n: usize, m: &[f64], v: &[f64]) -> Vec<f64> {
    (0..n).map(|i| (0..n).map(|j| m[i * n + j] * v[j]).sum()).collect()
}

pub fn run(p: &Program) {
    let n = p.size("n") as usize;
    let a: Vec<f64> = (0..n * n).map(|i| (i * 7 % 13) as f64).collect();
    let b: Vec<f64> = (0..n * n).map(|i| (i * 5 % 11) as f64).collect();
    let mut c = vec![0f64; n * n];
    let tiles = n / TILE;
    let shared = Shared(c.as_mut_ptr());
    let shared = &shared;
    let begin = Instant::now();
    (0..tiles * tiles).into_par_iter().with_max_len(1).for_each(|i| work(n, &a, &b, shared, i / tiles, i % tiles));
    let ns = ns_since(begin);
    let x: Vec<f64> = (0..n).map(|i| (i % 3 + 1) as f64).collect();
    p.require(times(n, &c, &x) == times(n, &a, &times(n, &b, &x)), "the product is wrong");
    p.figure("whole", "ms", ns / 1e6);
}
