// SPDX-License-Identifier: MIT
// All of std's <future> for tasks: future, shared_future, promise, packaged_task, async; the errors are std's own.
#pragma once
#include <weft/async.hpp>
#include <weft/packaged_task.hpp>
#include <weft/promise.hpp>
#include <weft/shared_future.hpp>
